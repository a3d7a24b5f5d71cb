"""PostgreSQL: queries by COPY in Arrow batches, with Python's exact values."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from glowray.io.arrow.table_blocks import records_block, table_shape
from glowray.io.sql.cuts import uncut
from glowray.io.sql.database import Database, check_names, without_semicolon
from glowray.io.sql.identifiers import quoted
from glowray.io.sql.postgres_types import ResultColumn, columns_of
from glowray.io.sql.query import ROWS_A_BLOCK, Query

if TYPE_CHECKING:
    import pyarrow as pa

    from glowray.io.sql.writer import TableWriter
    from glowray.rows import Block
    from glowray.rows.types.shape import Shape

_NAME = '"glowray"'
_NO_FUNCTION = "42883"
"""PostgreSQL's code of an undefined function. See appendix A of its manual."""


@dataclass(frozen=True)
class PostgresDatabase(Database):
    """A PostgreSQL database, named by a URI of libpq."""

    driver: ClassVar[str] = "adbc_driver_postgresql.dbapi"

    def query(self, text: str, parameters: Sequence[Any]) -> PostgresQuery:
        with self.cursor() as cursor:
            schema = cursor.adbc_execute_schema(without_semicolon(text))
        check_names(text, schema.names)
        return PostgresQuery(self, text, tuple(parameters), schema)

    def writer(self, verb: str, table: str, mode: str) -> TableWriter:
        from glowray.io.sql.postgres_writer import PostgresWriter

        return PostgresWriter(verb, table, mode, self)


@dataclass(frozen=True, eq=False)
class PostgresQuery(Query):
    """A query of PostgreSQL. `schema` has the columns that the server describes before the query runs."""

    database: PostgresDatabase
    text: str
    parameters: tuple[Any, ...]
    schema: pa.Schema

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.schema.names)

    @property
    def columns(self) -> tuple[ResultColumn, ...]:
        """The columns, with what has to be done for exact values."""
        return columns_of(self.schema)

    @property
    def shape(self) -> Shape | None:
        import pyarrow as pa

        if any(column.convert is not None for column in self.columns):
            return None
        return table_shape(pa.schema([(column.name, column.arrow) for column in self.columns]))

    def ends(self, column: str) -> tuple[Any, Any]:
        from adbc_driver_manager import ProgrammingError

        name = quoted(column)
        for condition in (None, f"{name} > '-infinity' AND {name} < 'infinity'"):
            query = f"SELECT min({name}), max({name}) FROM {self._inner}{_where(condition)}"
            try:
                with self._stream(query) as stream:
                    table = stream.read_all()
            except ProgrammingError as error:
                if error.sqlstate == _NO_FUNCTION:  # PostgreSQL has no min() of bool, json or uuid.
                    raise uncut(column, "values without min() and max()") from None
                raise
            try:
                kinds = columns_of(table.schema)
                ends = [kind.values(each)[0] for kind, each in zip(kinds, table.columns, strict=True)]
            except ValueError:
                continue  # An infinite date is none that Python has.
            if all(map(_is_finite, ends)):
                return ends[0], ends[1]
        return None, None

    def literal(self, value: Any) -> str:
        return f"'{value.isoformat()}'" if isinstance(value, dt.date) else str(value)

    def blocks(self, condition: str | None) -> Iterator[Block]:
        import pyarrow as pa

        columns = self.columns
        with self._stream(self._slice(condition)) as stream:
            for batch in stream:
                for start in range(0, batch.num_rows, ROWS_A_BLOCK):
                    table = pa.Table.from_batches([batch.slice(start, ROWS_A_BLOCK)])
                    self._check_flat(table)
                    values = [column.exact(each) for column, each in zip(columns, table.columns, strict=False)]
                    yield records_block(self.names, values, table.num_rows)

    @property
    def _inner(self) -> str:
        return f"({without_semicolon(self.text)}) AS {_NAME}"

    def _slice(self, condition: str | None) -> str:
        """Return the query of a slice: the user's own, unless it has a condition or columns to change.

        Arrays of several dimensions come flat, so a bool for each column of arrays tells whether one is there.
        """
        arrays = self._arrays
        if condition is None and not arrays and all(column.cast is None for column in self.columns):
            return without_semicolon(self.text)
        picked = [quoted(column.name) + (f"::{column.cast}" if column.cast else "") for column in self.columns]
        guards = [f"array_ndims({quoted(name)}) > 1" for name in arrays]
        return f"SELECT {', '.join(picked + guards)} FROM {self._inner}{_where(condition)}"

    @property
    def _arrays(self) -> list[str]:
        return [column.name for column in self.columns if column.is_array]

    def _check_flat(self, table: pa.Table) -> None:
        for place, name in enumerate(self._arrays, len(self.schema.names)):
            if True in table.column(place).to_pylist():
                raise ValueError(
                    f'column "{name}" holds an array of several dimensions, which the driver gives as one list: '
                    f"select array_to_json({quoted(name)})::text"
                )

    @contextmanager
    def _stream(self, query: str) -> Iterator[Any]:
        with self.database.cursor() as cursor:
            cursor.execute(query, self.parameters or None)
            with cursor.fetch_record_batch() as stream:
                yield stream


def _where(condition: str | None) -> str:
    return "" if condition is None else f" WHERE {condition}"


def _is_finite(value: Any) -> bool:
    if isinstance(value, float | Decimal):
        return Decimal(value).is_finite()
    return True
