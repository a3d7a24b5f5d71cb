"""Rows of a database, through the interface that Python's drivers share (DB-API, PEP 249)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from glowray.io.reader import RowReader

ROWS_A_FETCH = 16_384
_SHOWN = 60

Parameters = Sequence[Any] | Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class SqlReader(RowReader):
    """The rows of a query, over a connection that the task itself opens; one partition."""

    query: str
    connect: Callable[[], Any]
    parameters: Parameters

    @property
    def label(self) -> str:
        return sql_label(self.query)

    @property
    def num_partitions(self) -> int:
        return 1

    @property
    def estimated_bytes(self) -> None:
        return None

    def read(self, index: int) -> Iterator[list[dict[str, Any]]]:
        connection = self.connect()
        try:
            yield from query_rows(connection, self.query, self.parameters)
        finally:
            connection.close()


def query_rows(connection: Any, query: str, parameters: Parameters) -> Iterator[list[dict[str, Any]]]:
    """The rows of a query as dicts, some at a time.

    Raises:
        ValueError: the query gives no rows, as an INSERT does, or two columns of one name.
    """
    cursor = connection.cursor()
    try:
        # Some drivers look for placeholders as soon as there are parameters, be they empty.
        cursor.execute(query, parameters) if parameters else cursor.execute(query)
        if cursor.description is None:
            raise ValueError(f"{sql_label(query)}: the query gives no rows")
        names = [column[0] for column in cursor.description]
        twice = [name for name, count in Counter(names).items() if count > 1]
        if twice:
            raise ValueError(f'{sql_label(query)}: two columns are called "{twice[0]}": rename one of them with AS')
        while rows := cursor.fetchmany(ROWS_A_FETCH):
            yield [dict(zip(names, row, strict=True)) for row in rows]
    finally:
        cursor.close()


def sql_label(query: str) -> str:
    """The label of a query.

    >>> sql_label("select *\\n  from words")
    "read_sql('select * from words')"
    """
    text = " ".join(query.split())
    return f"read_sql({text if len(text) <= _SHOWN else text[: _SHOWN - 1] + '…'!r})"


def check_connection(connection: Any) -> None:
    """Refuse what is neither a connection nor a function that opens one.

    Raises:
        TypeError: it is refused.
    """
    if not hasattr(connection, "cursor") and not callable(connection):
        raise TypeError(
            "read_sql() needs a connection of a database driver, or a function that opens one, "
            f"got {type(connection).__name__}"
        )
