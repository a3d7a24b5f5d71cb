"""The one schema of Parquet files: of those that a job wrote, and of those that it adds to."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING

from glowray.errors import InexactColumn
from glowray.io.table_file import StoredRows, TableRows

if TYPE_CHECKING:
    import pyarrow as pa

    from glowray.rows.unify import Source

_ELSE = 'write to another folder, or with mode="overwrite"'


def one_schema(new: Sequence[Source], kept: Sequence[str], *, fixed: bool) -> pa.Schema:
    """Return the schema of new rows and of the files that are there.

    A file that is there has the say about widths and order of columns. When it is `fixed`, which it is where it stays
    as it is, new rows may have no type and no column that it lacks.

    Raises InexactColumn with the column, and with the file if it is one that is there.
    """
    from glowray.rows.inexact import MAP_OR_SCHEMA
    from glowray.rows.unify import common_schema

    schema = common_schema(new, MAP_OR_SCHEMA)
    if not new and fixed:
        return schema
    first: StoredRows | None = None
    for path in kept:
        file = StoredRows.of(path)
        if first is not None and fixed:
            _check_alike(first, file)
            continue
        first = file
        rows = [TableRows(schema.empty_table())] if not new else list(new)
        schema = _with_file(file, rows, fixed=fixed)
    return schema


def _with_file(file: StoredRows, new: Sequence[Source], *, fixed: bool) -> pa.Schema:
    from glowray.rows.inexact import MAP_OR_SCHEMA
    from glowray.rows.unify import common_schema

    try:
        schema = common_schema([file, *new], MAP_OR_SCHEMA, first_wins=True)
    except InexactColumn as error:
        raise InexactColumn(f'"{file.path}" is there already: {error}') from None
    if fixed and (name := _first_difference(schema, file.schema)) is not None:
        raise InexactColumn(
            f'"{file.path}" has {_described(file.schema, name)}, the new rows have {_described(schema, name)}: {_ELSE}'
        )
    return schema.remove_metadata()


def _check_alike(first: StoredRows, other: StoredRows) -> None:
    """Refuse to add to files that are no one table already."""
    if (name := _first_difference(first.schema, other.schema)) is not None:
        raise InexactColumn(
            f'"{first.path}" has {_described(first.schema, name)}, "{other.path}" has'
            f" {_described(other.schema, name)}: what is added would be read with one of them only, so {_ELSE}"
        )


def _first_difference(one: pa.Schema, other: pa.Schema) -> str | None:
    """Return the first column that is not the same in both, or not at the same place."""
    for field, other_field in zip_longest(one, other):
        if field is None or other_field is None or field != other_field:
            return str((other_field if field is None else field).name)
    return None


def _described(schema: pa.Schema, name: str) -> str:
    from glowray.rows.unify import python_name

    place = schema.get_field_index(name)
    if place < 0:
        return f'no column "{name}"'
    kind = schema.field(place).type
    return (
        f'column "{name}" of None only'
        if str(kind) == "null"
        else f'column "{name}" of {python_name(kind)} at place {place}'
    )
