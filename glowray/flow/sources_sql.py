"""Sources: databases."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

from glowray.flow.sources import Sources
from glowray.functions import Function

if TYPE_CHECKING:
    from glowray.dataset import Dataset


class SqlSources(Sources):
    """read_sql."""

    def read_sql(
        self,
        query: str,
        connection: Any | Callable[[], Any],
        parameters: Sequence[Any] | Mapping[str, Any] = (),
        partitions: int | None = None,
    ) -> Dataset[dict[str, Any]]:
        """The rows of a query as dicts, values as the database's driver gives them.

        >>> import glowray as gr, sqlite3
        >>> database = sqlite3.connect(":memory:")
        >>> _ = database.executescript("create table words (word, n); insert into words values ('be', 2), ('or', 1)")
        >>> gr.read_sql("select word, n from words where n > ?", database, [1]).collect()
        [{'word': 'be', 'n': 2}]

        Args:
            query: in the database's SQL.
            connection: of any driver that follows Python's DB-API (PEP 249), such as sqlite3; the rows are read now, in
                this thread. A function that opens one is called on a worker by each action that reads the rows, and
                closed there.
            parameters: for the placeholders of the query, as the driver wants them.
            partitions: n contiguous slices; None: as from_items() has them, 1 for a function.

        Raises:
            TypeError: the query is no str, the connection neither a connection nor a function.
            ValueError: the query gives no rows, or two columns of one name.
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
