"""Sources that read databases."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

from glowray.flow.sources import Sources
from glowray.functions import Function

if TYPE_CHECKING:
    from glowray.dataset import Dataset


class SqlSources(Sources):
    """The source read_sql."""

    def read_sql(
        self,
        query: str,
        connection: Any | Callable[[], Any],
        parameters: Sequence[Any] | Mapping[str, Any] = (),
        partitions: int | None = None,
    ) -> Dataset[dict[str, Any]]:
        """Read the rows of a query as dicts, with the values that the database's driver gives.

        >>> import glowray as gr, sqlite3
        >>> database = sqlite3.connect(":memory:")
        >>> _ = database.executescript("create table words (word, n); insert into words values ('be', 2), ('or', 1)")
        >>> gr.read_sql("select word, n from words where n > ?", database, [1]).collect()
        [{'word': 'be', 'n': 2}]

        Args:
            query: a str in the database's SQL.
            connection: a connection of a driver that follows Python's DB-API (PEP 249), such as sqlite3. The call then
                reads all rows, in this thread. Or a function without arguments that opens a connection: a worker calls
                it for each action that reads the rows, and closes the connection.
            parameters: values for the query's placeholders, in the form that the driver wants.
            partitions: exactly this many contiguous slices. None: as for from_items(), or 1 with a function.

        Raises:
            TypeError: the query is not a str, or the connection is neither a connection nor a function.
            ValueError: the query gives no rows, as an INSERT does, or two columns of one name.
        """
        from glowray.io.memory import items_reader
        from glowray.io.reader import check_partitions
        from glowray.io.sql import SqlReader, check_connection, query_rows, sql_label

        check_connection(connection)
        count = self._count(partitions)
        check_partitions(count)
        if hasattr(connection, "cursor"):
            rows = chain.from_iterable(query_rows(connection, query, parameters))
            return self._read(items_reader(rows, count, sql_label(query)), "read_sql")
        function = Function.of(connection, "read_sql", spreads=False, arguments=(0,))
        read = self._read(SqlReader(query, function.call, parameters), "read_sql", function)
        return read if count in (None, 1) else read.repartition(count)
