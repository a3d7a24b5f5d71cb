"""Check that a table which exists keeps the values that are added to it: some databases convert them silently."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from glowray.errors import InexactColumn
from glowray.io.sql.identifiers import quoted

if TYPE_CHECKING:
    import pyarrow as pa

_NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*", re.IGNORECASE | re.ASCII)
_EXACT_INTS = 2**53
"""Each int up to this one is a float."""


def changed_by_sqlite(name: str, declared: str, values: Any) -> InexactColumn | None:
    """Return the error for values that a column of SQLite would convert, or that are not of its declared type.

    >>> changed_by_sqlite("zip", "VARCHAR(5)", [2139])
    InexactColumn('column "zip" of the table is VARCHAR(5), which would not keep 2139 (int): map it to that type')
    >>> changed_by_sqlite("day", "DATE", ["2024-05-01"]) is None
    True
    """
    keeps = _KEEPS[_affinity(declared)]
    for value in values:
        if value is not None and not keeps(value):
            return InexactColumn(
                f'column "{name}" of the table is {declared}, which would not keep {value!r:.80} '
                f"({type(value).__qualname__}): map it to that type"
            )
    return None


def sqlite_columns(cursor: Any, schema: str | None, table: str) -> dict[str, str]:
    """Return the declared types of a table's columns in SQLite, by names in lower case."""
    place = "" if schema is None else f"{quoted(schema)}."
    cursor.execute(f"PRAGMA {place}table_info({quoted(table)})")
    return {row[1].lower(): row[2] for row in cursor.fetchall()}


def _affinity(declared: str) -> str:
    """Return the affinity of a declared type: the rules of "Datatypes In SQLite", section 3.1, in their order."""
    kind = declared.upper()
    if "INT" in kind:
        return "INTEGER"
    if any(part in kind for part in ("CHAR", "CLOB", "TEXT")):
        return "TEXT"
    if not kind or "BLOB" in kind:
        return "BLOB"
    return "REAL" if any(part in kind for part in ("REAL", "FLOA", "DOUB")) else "NUMERIC"


def _is_kept_float(value: Any) -> bool:
    return isinstance(value, float) or (isinstance(value, int) and abs(value) <= _EXACT_INTS)


def _is_no_number(value: Any) -> bool:
    return not isinstance(value, str) or _NUMBER.fullmatch(value) is None


_KEEPS = {
    "INTEGER": lambda value: isinstance(value, int),
    "TEXT": lambda value: not isinstance(value, int | float | bytes),
    "BLOB": lambda value: True,
    "REAL": _is_kept_float,
    "NUMERIC": _is_no_number,
}


def for_duckdb(table: pa.Table, there: pa.Schema) -> pa.Table:
    """Return the rows in the types of DuckDB's columns. DuckDB itself rounds 1.5 to 2 for a column of ints.

    Raises InexactColumn for a column of another kind, and for a value that a type cannot hold. DuckDB converts text to
    its other types, and raises for text that it cannot read.
    """
    import pyarrow as pa

    from glowray.rows.tables.recast import recast_table, same_family

    kinds = {field.name.lower(): field.type for field in there}
    wanted = []
    for field in table.schema:
        kind = kinds[field.name.lower()]
        if _is_recast(field.type, kind) or same_family(field.type, kind):
            wanted.append(pa.field(field.name, kind))
        elif _duckdb_keeps(field.type, kind):
            wanted.append(field)
        else:
            raise InexactColumn(
                f'column "{field.name}" of the table is {kind}, but the rows hold {field.type}: map them to that type'
            )
    return recast_table(table, pa.schema(wanted))


def _is_recast(kind: pa.DataType, there: pa.DataType) -> bool:
    """Return whether Arrow converts values to the type of a column, or raises: ints to floats, Decimals to Decimals."""
    from pyarrow import types

    if types.is_integer(kind):
        return bool(types.is_floating(there))
    return bool(types.is_decimal(kind) and types.is_decimal(there))


def _duckdb_keeps(kind: pa.DataType, there: pa.DataType) -> bool:
    """Return whether DuckDB converts values to the type of a column exactly, or raises."""
    from pyarrow import types

    if types.is_integer(kind):
        return bool(types.is_decimal(there))
    if types.is_timestamp(kind) and types.is_timestamp(there) and kind.tz and there.tz:
        return True  # the same moment, shown in another zone
    if types.is_date(kind) or types.is_timestamp(kind) or types.is_time(kind):
        return bool(types.is_date(kind) and types.is_timestamp(there) and there.tz is None)
    if types.is_string(kind) or types.is_large_string(kind):
        return not _is_scalar(there)
    return not _is_scalar(kind) or bool(types.is_null(kind))


def _is_scalar(kind: pa.DataType) -> bool:
    """Return whether values of a type are numbers, bools, text or bytes, which DuckDB converts to each other."""
    from pyarrow import types

    tests = (types.is_boolean, types.is_integer, types.is_floating, types.is_decimal, types.is_string)
    return any(test(kind) for test in (*tests, types.is_large_string, types.is_binary, types.is_large_binary))
