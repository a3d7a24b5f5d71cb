"""SQLite: queries of a file by ADBC, with the exact values of every row.

A column of SQLite has no type: each value has one. ADBC takes a column's type from the first rows and converts later
values to it: 1 beside "a" becomes "1". So a query first asks for the types of all values, and where a column has
several, Python's own sqlite3 reads the rows.
"""

from __future__ import annotations

import datetime as dt
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from glowray.io.arrow.table_blocks import table_block
from glowray.io.sql.database import Database, check_names, without_semicolon
from glowray.io.sql.dbapi import query_rows
from glowray.io.sql.identifiers import quoted
from glowray.io.sql.query import ROWS_A_BLOCK, Query

if TYPE_CHECKING:
    import pyarrow as pa

    from glowray.io.sql.writer import TableWriter
    from glowray.rows import Block

_NAME = '"glowray"'
_BATCH_ROWS = "adbc.sqlite.query.batch_rows"
_INFINITY = "9e999"
"""SQLite reads a number beyond all floats as infinity."""


@dataclass(frozen=True)
class SqliteDatabase(Database):
    """A SQLite file."""

    path: str = ""
    driver: ClassVar[str] = "adbc_driver_sqlite.dbapi"

    @property
    def address(self) -> str:
        return self.path

    def query(self, text: str, parameters: Sequence[Any]) -> SqliteQuery:
        self.check_there("read_sql")
        return SqliteQuery(self, text, tuple(parameters), self._names(text, parameters))

    def writer(self, verb: str, table: str, mode: str) -> TableWriter:
        from glowray.io.sql.sqlite_writer import SqliteWriter

        return SqliteWriter(verb, table, mode, self, self.path)

    def check_there(self, verb: str) -> None:
        """Raise FileNotFoundError if there is no file: SQLite would make an empty one."""
        if not os.path.exists(self.path):
            hint = f'; sqlite:////{self.uri.partition(":///")[2]} names "/…"' if os.path.exists(self._rooted) else ""
            raise FileNotFoundError(f'{verb}(): there is no file "{self.path}"{hint}')

    @property
    def _rooted(self) -> str:
        return "/" + self.uri.partition(":///")[2]

    def _names(self, text: str, parameters: Sequence[Any]) -> tuple[str, ...] | None:
        """Return the columns of a query, None for a PRAGMA or another statement that cannot be a part of a query.

        SQLite calls the second of two columns `a` of a subquery `a:1`.
        """
        try:
            with self.connected() as connection:
                cursor = connection.execute(f"SELECT * FROM ({without_semicolon(text)}) LIMIT 0", parameters)
                names = [column[0] for column in cursor.description]
        except sqlite3.Error:
            return None
        check_names(text, [first if (first := _before_number(name)) in names else name for name in names])
        return tuple(names)

    @contextmanager
    def connected(self) -> Iterator[sqlite3.Connection]:
        """Connect with Python's own sqlite3."""
        connection = sqlite3.connect(self.path)
        try:
            yield connection
        finally:
            connection.close()


def _before_number(name: str) -> str:
    before, _, number = name.rpartition(":")
    return before if number.isdecimal() else name


def sqlite_database(verb: str, uri: str) -> SqliteDatabase:
    """Return the database of a URI `sqlite:///relative/path` or `sqlite:////absolute/path`.

    Raises ValueError if it names no file: a database in memory belongs to one connection.
    """
    _, slashes, path = uri.partition(":///")
    if not slashes or path in ("", ":memory:"):
        raise ValueError(
            f"{verb}() needs sqlite:///path with the path of a file: for a database in memory give its connection"
        )
    return SqliteDatabase(uri, os.path.abspath(path))


@dataclass(frozen=True, eq=False)
class SqliteQuery(Query):
    """A query of a SQLite file."""

    database: SqliteDatabase
    text: str
    parameters: tuple[Any, ...]
    names: tuple[str, ...] | None

    @property
    def shape(self) -> None:
        return None

    def ends(self, column: str) -> tuple[Any, Any]:
        name = quoted(column)
        for condition in (None, f"{name} > -{_INFINITY} AND {name} < {_INFINITY}"):
            query = self._over(f"min({name}), max({name})", condition)
            with self.database.connected() as connection:
                low, high = map(_moment, connection.execute(query, self.parameters).fetchone())
            if float("inf") not in (low, high) and float("-inf") not in (low, high):
                return (float(low), float(high)) if {type(low), type(high)} == {int, float} else (low, high)
        return None, None

    def literal(self, value: Any) -> str:
        return f"'{value}'" if isinstance(value, dt.date) else str(value)

    def blocks(self, condition: str | None) -> Iterator[Block]:
        with self.database.cursor() as cursor:
            if (kinds := self._kinds(cursor, condition)) is not None:
                cursor.adbc_statement.set_options(**{_BATCH_ROWS: str(ROWS_A_BLOCK)})
                cursor.execute(self._slice(condition), self.parameters or None)
                with cursor.fetch_record_batch() as stream:
                    batch = next(iter(stream), None)
                    if batch is None or _has_types(batch, kinds):
                        while batch is not None:
                            yield _block(batch)
                            batch = next(iter(stream), None)
                        return
        yield from self._exact_blocks(condition)

    def _exact_blocks(self, condition: str | None) -> Iterator[Block]:
        from glowray.rows import Block

        with self.database.connected() as connection:
            yield from map(Block.from_rows, query_rows(connection, self._slice(condition), self.parameters))

    def _kinds(self, cursor: Any, condition: str | None) -> list[str] | None:
        """Return the type of each column's values, "null" where all are NULL; None if a column has several."""
        if self.names is None:
            return None
        places = range(len(self.names))
        with_places = f"WITH {_NAME}({', '.join(map(quoted, self.names))}) AS ({without_semicolon(self.text)})"
        picked = ", ".join(f"typeof({quoted(name)})" for name in self.names)
        where = "" if condition is None else f" WHERE {condition}"
        cursor.execute(f"{with_places} SELECT DISTINCT {picked} FROM {_NAME}{where}", self.parameters or None)
        found = cursor.fetchall()
        kinds = [{row[place] for row in found} - {"null"} for place in places]
        return None if any(len(each) > 1 for each in kinds) else [min(each, default="null") for each in kinds]

    def _slice(self, condition: str | None) -> str:
        return without_semicolon(self.text) if condition is None else self._over("*", condition)

    def _over(self, picked: str, condition: str | None) -> str:
        where = "" if condition is None else f" WHERE {condition}"
        return f"SELECT {picked} FROM ({without_semicolon(self.text)}) AS {_NAME}{where}"


def _has_types(batch: pa.RecordBatch, kinds: Sequence[str]) -> bool:
    """Return whether the driver has the columns' types from the first rows. A column of NULL alone is int64 for it."""
    return all(
        kind in ("null", "integer") or column.null_count < len(column)
        for kind, column in zip(kinds, batch.columns, strict=True)
    )


def _block(batch: pa.RecordBatch) -> Block:
    import pyarrow as pa

    return table_block(pa.Table.from_batches([batch]))


def _moment(value: Any) -> Any:
    """Return a date or timestamp for its ISO text, as SQLite has no type for them. Other values stay."""
    if isinstance(value, str):
        for parse in (dt.date.fromisoformat, dt.datetime.fromisoformat):
            try:
                return parse(value)
            except ValueError:
                continue
    return value
