"""Writes a table over a connection of Python's DB-API: by executemany, or of DuckDB from Arrow."""

from __future__ import annotations

import sqlite3
import sys
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from glowray.io.arrow.table_rows import column_values
from glowray.io.sql.column_checks import changed_by_sqlite, for_duckdb, sqlite_columns
from glowray.io.sql.dbapi import is_connection
from glowray.io.sql.identifiers import quoted
from glowray.io.sql.sqlite_writer import nan_error
from glowray.io.sql.writer import Tables, TableWriter

if TYPE_CHECKING:
    import pyarrow as pa

ROWS_A_CALL = 16_384


@dataclass(eq=False)
class DbapiWriter(TableWriter):
    """Writes a table over a connection, or over one that a function opens.

    SQL on one cursor begins and ends the transaction. A cursor of DuckDB is a connection of its own. sqlite3 begins no
    transaction for CREATE TABLE.
    """

    connection: Any | Callable[[], Any]
    _opened: Any = field(default=None, init=False)
    _cursor: Any = field(default=None, init=False)
    _appends: bool = field(default=False, init=False)

    def check(self) -> None:
        if self.mode == "error" and self._exists_before():
            raise self.refuse()

    def write(self, schema: pa.Schema | None, tables: Tables) -> None:
        exists = self._exists_before()
        self._begin()
        types = None if schema is None else {field.name: sql_type(field.type) for field in schema}
        self.replace_or_create(self._cursor.execute, exists, types)
        self._appends = exists and self.mode == "append"
        for table in tables:
            self._insert(table)

    def commit(self) -> None:
        if self._cursor is not None:
            self._cursor.execute("COMMIT")
            self._close(self._cursor)

    def abort(self) -> None:
        if self._cursor is not None:
            try:
                self._cursor.execute("ROLLBACK")
            finally:
                self._close(self._cursor)

    def _begin(self) -> None:
        self._opened = self.connection if is_connection(self.connection) else self.connection()
        cursor = self._opened.cursor()
        try:
            cursor.execute("BEGIN")  # It fails in a transaction of the user's, which stays as it is.
        except BaseException:
            self._close(cursor)
            raise
        self._cursor = cursor

    def _close(self, cursor: Any) -> None:
        self._cursor = None
        cursor.close()
        if self._opened is not self.connection:
            self._opened.close()

    def _exists_before(self) -> bool:
        """Return whether the table exists, in a transaction of its own: the question fails if it does not."""
        self._begin()
        try:
            return self._exists()
        finally:
            self.abort()

    def _exists(self) -> bool:
        try:
            self._cursor.execute(f"SELECT * FROM {self.quoted} WHERE 1 = 0")
        except Exception:  # No two drivers share an error. If it is another failure, CREATE TABLE says so.
            return False
        return True

    def _declared(self, name: str) -> str:
        """Return the type that a column of SQLite was declared with."""
        there = sqlite_columns(self._cursor, self.schema_name, self.table_name)
        if name.lower() not in there:
            raise self.missing_column(name)
        return there[name.lower()]

    def _insert(self, table: pa.Table) -> None:
        names = table.column_names
        into = f"INSERT INTO {self.quoted} ({', '.join(map(quoted, names))})"
        if is_duckdb(self._cursor):  # its executemany takes a millisecond a row
            if self._appends:
                there = self._cursor.sql(f"SELECT * FROM {self.quoted} WHERE 1 = 0").to_arrow_table().schema
                if missing := next((name for name in names if name.lower() not in map(str.lower, there.names)), None):
                    raise self.missing_column(missing)
                table = for_duckdb(table, there)
            view = f"glowray_{uuid.uuid4().hex}"
            self._cursor.register(view, table)
            self._cursor.execute(f"{into} SELECT * FROM {view}")
            self._cursor.unregister(view)
            return
        columns = [column_values(name, column) for name, column in zip(names, table.columns, strict=True)]
        if isinstance(self._opened, sqlite3.Connection):
            for name, values in zip(names, columns, strict=True):
                if any(value != value for value in values):
                    raise nan_error(name)
                if self._appends and (changed := changed_by_sqlite(name, self._declared(name), values)):
                    raise changed
        rows = list(zip(*columns, strict=True))
        marks = placeholders(self._opened, len(names))
        insert = f"{into} VALUES ({marks})"
        for start in range(0, len(rows), ROWS_A_CALL):
            self._cursor.executemany(insert, rows[start : start + ROWS_A_CALL])


def is_duckdb(cursor: Any) -> bool:
    """Return whether a cursor is DuckDB's, which can read Arrow tables."""
    module = sys.modules.get("duckdb")
    return module is not None and isinstance(cursor, module.DuckDBPyConnection)


def placeholders(connection: Any, count: int) -> str:
    """Return the placeholders of `count` values in the style that the connection's module names.

    >>> placeholders(sqlite3.connect(":memory:"), 3)
    '?, ?, ?'
    """
    module = sys.modules[type(connection).__module__.partition(".")[0]]
    style = vars(module).get("paramstyle", "qmark")
    if style in ("format", "pyformat"):
        return ", ".join(["%s"] * count)
    return ", ".join(f":{place}" if style == "numeric" else "?" for place in range(1, count + 1))


def sql_type(kind: pa.DataType) -> str:
    """Return the name that SQL databases share for a type; VARCHAR for a column of NULL alone.

    >>> import pyarrow as pa
    >>> sql_type(pa.int64()), sql_type(pa.list_(pa.date32()))
    ('BIGINT', 'DATE[]')
    """
    import pyarrow as pa

    types = pa.types
    if types.is_list(kind) or types.is_large_list(kind):
        return f"{sql_type(kind.value_type)}[]"
    if types.is_struct(kind):
        return f"STRUCT({', '.join(f'{quoted(field.name)} {sql_type(field.type)}' for field in kind)})"
    if types.is_decimal(kind):
        return f"DECIMAL({kind.precision}, {kind.scale})"
    if types.is_timestamp(kind):
        return "TIMESTAMP WITH TIME ZONE" if kind.tz else "TIMESTAMP"
    names: list[tuple[Callable[[Any], bool], str]] = [
        (types.is_boolean, "BOOLEAN"),
        (types.is_integer, "BIGINT"),
        (types.is_floating, "DOUBLE PRECISION"),
        (types.is_binary, "BLOB"),
        (types.is_large_binary, "BLOB"),
        (types.is_date, "DATE"),
        (types.is_time, "TIME"),
        (types.is_duration, "INTERVAL"),
    ]
    return next(
        (name for is_kind, name in names if is_kind(kind)), "UUID" if str(kind).endswith("uuid>") else "VARCHAR"
    )
