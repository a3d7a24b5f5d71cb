"""The common schema of the Parquet files of an output: of new parts and of existing files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

from glowray.errors import InexactColumn
from glowray.io.filesystem.location import Location
from glowray.io.parquet.table_file import StoredRows, TableRows

if TYPE_CHECKING:
    import pyarrow as pa

    from glowray.rows.tables.common_schema import Source

Fields: TypeAlias = "pa.Schema | pa.StructType"

_ELSE = 'write to another folder, or with mode="overwrite"'
_TYPE = "map the new rows to its type, or name that in schema="
_TYPE_OR_ELSE = f"map the new rows to its type, name that in schema=, or {_ELSE}"


def one_schema(new: Sequence[Source], kept: Sequence[Location], *, fixed: bool) -> pa.Schema:
    """Return the common schema of new rows and of the existing files `kept`.

    An existing file decides the widths of types and the order of columns. With `fixed` it is not written again, so new
    rows may have no column and no type that it lacks.

    Raises InexactColumn, which names the column and, if there is one, the existing file.
    """
    from glowray.rows.tables.column_errors import MAP_OR_SCHEMA
    from glowray.rows.tables.common_schema import common_schema

    schema = common_schema(new, MAP_OR_SCHEMA)
    if not new and fixed:
        return schema
    first: StoredRows | None = None
    for place in kept:
        file = StoredRows.of(place)
        if first is not None and fixed:
            _check_alike(first, file)
            continue
        first = file
        rows = [TableRows(schema.empty_table())] if not new else list(new)
        schema = fitting_schema(file, str(file.location), rows, fixed=fixed)
    return schema


def fitting_schema(there: Source, name: str, new: Sequence[Source], *, fixed: bool = True) -> pa.Schema:
    """Return the common schema of existing files and new rows. Errors call the existing files `name`.

    With `fixed` it is not written again, so new rows may have no column and no type that it lacks.
    """
    from glowray.rows.tables.common_schema import common_schema

    try:
        schema = common_schema([there, *new], _TYPE_OR_ELSE if fixed else _TYPE, first_wins=True)
    except InexactColumn as error:
        raise InexactColumn(f'"{name}" is there already: {error}') from None
    if fixed and (pair := _difference(there.schema, schema)) is not None:
        raise InexactColumn(f'"{name}" has {pair[0]}, the new rows have {pair[1]}: {_ELSE}')
    return schema.remove_metadata()


def _check_alike(first: StoredRows, other: StoredRows) -> None:
    """Raise InexactColumn if two existing files differ in schema: new rows cannot fit both."""
    if (pair := _difference(first.schema, other.schema)) is not None:
        raise InexactColumn(
            f'"{first.location}" has {pair[0]}, "{other.location}" has {pair[1]}:'
            f" what is added would be read with one of them only, so {_ELSE}"
        )


def _difference(one: Fields, other: Fields, path: str = "") -> tuple[str, str] | None:
    """Return texts that describe the first difference of two schemas or structs, at any depth; None if they are equal.

    >>> import pyarrow as pa
    >>> _difference(pa.schema({"a": pa.large_list(pa.int64())}), pa.schema({"a": pa.large_list(pa.large_string())}))
    ('column "a[]" of int', 'column "a[]" of str')
    """
    fields = [{field.name: field for field in each} for each in (one, other)]
    for name in dict.fromkeys([*fields[0], *fields[1]]):
        pair = _field_difference(fields[0].get(name), fields[1].get(name), path + name)
        if pair is not None:
            return pair
    names = [list(each) for each in fields]
    if names[0] == names[1]:
        return None
    name = next(mine for mine, its in zip(*names, strict=True) if mine != its)
    places = [each.index(name) + 1 for each in names]
    return f'"{path}{name}" as column {places[0]}', f'"{path}{name}" as column {places[1]}'


def _field_difference(one: pa.Field | None, other: pa.Field | None, path: str) -> tuple[str, str] | None:
    """Return texts that describe how two fields differ; None if they are equal."""
    import pyarrow.types as kinds

    if one is None or other is None:
        return _described(one, path), _described(other, path)
    if one == other:
        return None
    if one.nullable == other.nullable and type(one.type) is type(other.type):
        if kinds.is_struct(one.type):
            return _difference(one.type, other.type, f"{path}.")
        if kinds.is_list(one.type) or kinds.is_large_list(one.type):
            return _field_difference(one.type.value_field, other.type.value_field, f"{path}[]")
    texts = [_described(field, path) for field in (one, other)]
    if texts[0] == texts[1]:
        texts = [f"{text} ({field.type})" for text, field in zip(texts, (one, other), strict=True)]
    return texts[0], texts[1]


def _described(field: pa.Field | None, path: str) -> str:
    from glowray.rows.tables.common_schema import python_name

    if field is None:
        return f'no column "{path}"'
    if str(field.type) == "null":
        return f'column "{path}" of None only'
    return f'column "{path}" of {python_name(field.type)}{"" if field.nullable else " and never None"}'
