"""Rows of a database, read through the interface of Python's database drivers (DB-API, PEP 249)."""

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
    """Reads the rows of a query in one partition. The task opens the connection."""

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
    """Yield the rows of a query as dicts, in lists of at most ROWS_A_FETCH.

    Raises:
        ValueError: the query gives no rows, as an INSERT does, or two columns of one name.
    """
    cursor = connection.cursor()
    try:
        # Some drivers look for placeholders even if the parameters are empty.
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
    """Return the label of a query: one line, shortened to 60 characters.

    >>> sql_label("select *\\n  from words")
    "read_sql('select * from words')"
    """
    text = " ".join(query.split())
    return f"read_sql({text if len(text) <= _SHOWN else text[: _SHOWN - 1] + '…'!r})"


def check_connection(verb: str, uri_or_connection: Any) -> None:
    """Raise TypeError unless the argument is a URI, a connection or a function that opens one."""
    if isinstance(uri_or_connection, str) or is_connection(uri_or_connection) or callable(uri_or_connection):
        return
    raise TypeError(
        f"{verb}() needs uri_or_connection: a URI such as sqlite:///path, a connection of a database driver, "
        f"or a function that opens one, got {type(uri_or_connection).__name__}"
    )


def is_connection(value: Any) -> bool:
    """Return whether a value is a connection of a DB-API driver. Drivers share no class, only methods."""
    return hasattr(value, "cursor")
