"""Writes a table of a SQLite file."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from glowray.errors import InexactColumn
from glowray.io.arrow.table_rows import column_values
from glowray.io.sql.column_checks import changed_by_sqlite, sqlite_columns
from glowray.io.sql.identifiers import quoted
from glowray.io.sql.writer import AdbcWriter, Tables

if TYPE_CHECKING:
    import pyarrow as pa

_BUSY_MILLISECONDS = 30_000
"""How long a writer waits for another one. SQLite has one writer at a time."""


@dataclass(eq=False)
class SqliteWriter(AdbcWriter):
    """Writes a table of the file `path`."""

    path: str
    _is_new: bool = field(default=False, init=False)

    def check(self) -> None:
        if os.path.exists(self.path):
            super().check()
        elif not os.path.isdir(folder := os.path.dirname(self.path)):
            raise FileNotFoundError(f'{self.verb}(): there is no folder "{folder}"')

    def write(self, schema: pa.Schema | None, tables: Tables) -> None:
        self._is_new = not os.path.exists(self.path)
        super().write(schema, tables)

    def abort(self) -> None:
        super().abort()
        if self._is_new and os.path.exists(self.path) and not os.path.getsize(self.path):
            os.remove(self.path)

    def exists(self, cursor: Any) -> bool:
        cursor.execute(f"PRAGMA busy_timeout = {_BUSY_MILLISECONDS}")
        cursor.fetchall()
        place = "" if self.schema_name is None else f"{quoted(self.schema_name)}."
        cursor.execute(
            f"SELECT count(*) FROM {place}sqlite_master WHERE type IN ('table', 'view') AND name = ? COLLATE NOCASE",
            (self.table_name,),
        )
        return bool(cursor.fetchone()[0])

    def store(self, cursor: Any, schema: pa.Schema, tables: Tables, exists: bool) -> None:
        import pyarrow as pa

        stored = pa.schema([(field.name, _storable(field)) for field in schema])
        self.replace_or_create(cursor.execute, exists, {field.name: _sql_type(field.type) for field in stored})
        place = {} if self.schema_name is None else {"catalog_name": self.schema_name}
        rows: Tables = (_stored(table, stored) for table in tables)
        if exists and self.mode == "append":
            rows = self._checked(rows, sqlite_columns(cursor, self.schema_name, self.table_name), stored)
        self.ingest(cursor, stored, rows, self.table_name, **place)

    def _checked(self, tables: Tables, declared: dict[str, str], schema: pa.Schema) -> Tables:
        """Return the tables, each checked when it is taken. Raises ValueError for a column that the table lacks."""
        for name in schema.names:
            if name.lower() not in declared:
                raise self.missing_column(name)
        return (_kept(table, declared) for table in tables)


def _kept(table: pa.Table, declared: dict[str, str]) -> pa.Table:
    """Return the rows. Raises InexactColumn for a value that its column would change."""
    for name, column in zip(table.column_names, table.columns, strict=True):
        if changed := changed_by_sqlite(name, declared[name.lower()], column_values(name, column)):
            raise changed
    return table


def _stored(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return the rows in types that SQLite has: dates and times as text in the ISO format."""
    import pyarrow as pa

    columns = [_column(field, column) for field, column in zip(schema, table.columns, strict=True)]
    return pa.Table.from_arrays(columns, schema=schema)


def _column(field: pa.Field, column: pa.ChunkedArray) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    from glowray.rows.tables.recast import recast

    if pa.types.is_temporal(column.type):
        values = column_values(field.name, column)
        return pa.array([None if value is None else value.isoformat() for value in values], pa.string())
    if pa.types.is_floating(column.type) and pc.any(pc.is_nan(column), min_count=0).as_py():
        raise nan_error(field.name)
    return pa.chunked_array([recast(chunk, field.type) for chunk in column.chunks], field.type)


def nan_error(name: str) -> InexactColumn:
    """Return the error for NaN, of which SQLite makes NULL."""
    return InexactColumn(f'column "{name}" holds NaN, of which SQLite makes NULL: map it to None or to text')


def _storable(field: pa.Field) -> pa.DataType:
    """Return the Arrow type of a column as it is sent. Raises InexactColumn for a type that SQLite lacks."""
    import pyarrow as pa

    types, kind = pa.types, field.type
    if types.is_null(kind) or types.is_boolean(kind):
        return kind
    if types.is_integer(kind):
        return pa.int64()
    if types.is_floating(kind):
        return pa.float64()
    if types.is_binary(kind) or types.is_large_binary(kind):
        return pa.binary()
    is_moment = types.is_date(kind) or types.is_time(kind) or types.is_timestamp(kind)
    if is_moment or types.is_string(kind) or types.is_large_string(kind):
        return pa.string()
    raise InexactColumn(f'column "{field.name}" holds {kind}, for which SQLite has no type: map it to str')


def _sql_type(kind: pa.DataType) -> str:
    """Return the type of a new column. A column of NULL alone has none, and takes any value as it is."""
    import pyarrow as pa

    types = pa.types
    if types.is_integer(kind) or types.is_boolean(kind):
        return "INTEGER"
    if types.is_floating(kind):
        return "REAL"
    return "TEXT" if types.is_string(kind) else "BLOB" if types.is_binary(kind) else ""
