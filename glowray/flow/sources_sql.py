"""Sources that read databases."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

from glowray.flow.sources import Sources
from glowray.functions import Function

if TYPE_CHECKING:
    from glowray.dataset import Dataset
    from glowray.io.sql.query import QueryReader


class SqlSources(Sources):
    """The source read_sql."""

    def read_sql(
        self,
        query: str,
        uri_or_connection: Any | Callable[[], Any],
        partition_on: str | None = None,
        partitions: int | None = None,
        parameters: Sequence[Any] | Mapping[str, Any] = (),
    ) -> Dataset[dict[str, Any]]:
        """Read the rows of a query as dicts, with the exact values that the database holds.

        >>> import glowray as gr, sqlite3
        >>> database = sqlite3.connect(":memory:")
        >>> _ = database.executescript("create table words (word, n); insert into words values ('be', 2), ('or', 1)")
        >>> gr.read_sql("select word, n from words where n > ?", database, parameters=[1]).collect()
        [{'word': 'be', 'n': 2}]

        By a URI, the workers run the query and read the rows in batches of Arrow. No table is in memory as a whole.
        PostgreSQL's numeric is a Decimal, timestamptz a datetime in UTC, interval a timedelta. Its json is a str, and
        an array is a list. A type that Arrow lacks, such as inet, is the text that PostgreSQL writes. From SQLite each
        value has the type it is stored with.

        With `partition_on`, each partition is a query of its own over a slice of that column. NULL is in the first
        slice. The call asks once for the least and greatest value. Each action, and each retry of a task, runs its
        queries again. A query sees the rows that were committed when it began. Queries begin at different moments, so
        they agree if nobody writes meanwhile. If another program changes a row's value in that column meanwhile, the
        row may come twice or not at all. One query sees one moment.

        Args:
            query: a str in the database's SQL.
            uri_or_connection: a URI `postgresql://user:password@host/database`, `sqlite:///relative/path` or
                `sqlite:////absolute/path`. Every worker connects, and a password is never shown. Or a connection of a
                driver that follows Python's DB-API (PEP 249), such as sqlite3 or DuckDB. The call then reads all rows,
                in this thread. Or a function without arguments that opens one: a worker calls it for each action that
                reads the rows, and closes the connection.
            partition_on: a column of the query with ints, floats, decimals, dates or timestamps, for a URI. In SQLite
                dates are text in the ISO format. None: one partition reads the whole query.
            partitions: exactly this many slices. None: with `partition_on` 8; with a connection as for from_items();
                else 1. Without `partition_on` the rows of a URI or function are read by one task and then moved to the
                partitions.
            parameters: values for the query's placeholders, in the form that the driver wants.

        Raises:
            TypeError: the query is not a str, `uri_or_connection` is none of these, or the values of `partition_on`
                cannot be cut.
            ValueError: the query gives no rows, as an INSERT does, or two columns of one name, or lacks the column
                `partition_on`. At the action, a value has no exact form in Python.
            ModuleNotFoundError: the URI's driver is not installed: the extras are glowray[postgres] and
                glowray[sqlite].
        """
        from glowray.io.memory import items_reader
        from glowray.io.reader import check_partitions
        from glowray.io.sql.dbapi import SqlReader, check_connection, is_connection, query_rows, sql_label

        check_connection("read_sql", uri_or_connection)
        count = self._count(partitions)
        check_partitions(count)
        if isinstance(uri_or_connection, str):
            reader = _uri_reader(query, uri_or_connection, partition_on, count, parameters)
            return self._in_partitions(self._read(reader, "read_sql"), count)
        if partition_on is not None:
            raise ValueError("read_sql(): partition_on needs a URI, by which each worker connects")
        if is_connection(uri_or_connection):
            rows = chain.from_iterable(query_rows(uri_or_connection, query, parameters))
            return self._read(items_reader(rows, count, sql_label(query)), "read_sql")
        function = Function.of(uri_or_connection, "read_sql", spreads=False, arguments=(0,))
        read = self._read(SqlReader(query, function.call, parameters), "read_sql", function)
        return self._in_partitions(read, count)

    def _in_partitions(self, read: Dataset[Any], count: int | None) -> Dataset[Any]:
        return read if count in (None, read.num_partitions) else read.repartition(count)


def _uri_reader(
    query: str,
    uri: str,
    partition_on: str | None,
    count: int | None,
    parameters: Sequence[Any] | Mapping[str, Any],
) -> QueryReader:
    from glowray.io.memory import FEW_PARTITIONS
    from glowray.io.sql.cuts import conditions
    from glowray.io.sql.dbapi import sql_label
    from glowray.io.sql.query import QueryReader
    from glowray.io.sql.uris import database_of

    if isinstance(parameters, Mapping):
        raise TypeError("read_sql(): parameters must be a list for a URI, whose placeholders have no names")
    asked = database_of("read_sql", uri).query(query, parameters)
    if partition_on is None:
        return QueryReader(sql_label(query), asked)
    label = f'{sql_label(query)[:-1]}, partition_on="{partition_on}")'
    return QueryReader(label, asked, conditions(asked, partition_on, count or FEW_PARTITIONS))
