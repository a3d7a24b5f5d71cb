"""Actions that write to tables of databases."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from glowray.dataset.core.base import Base, T_co


class TableActions(Base[T_co]):
    """The action write_sql."""

    def write_sql(
        self,
        table: str,
        uri_or_connection: Any | Callable[[], Any],
        mode: str = "error",
        *,
        columns: Sequence[str] | None = None,
        defer: bool = False,
    ) -> Any:
        """Write all rows to a table of a database, in one transaction: all of them or none. They pass the driver.

        >>> import glowray as gr, sqlite3
        >>> database = sqlite3.connect(":memory:")
        >>> gr.from_items([("be", 2), ("or", 1)]).write_sql("words", database, columns=["word", "n"])
        Written(files=0, rows=2, bytes=0)
        >>> gr.read_sql("select n from words where word = 'be'", database).collect()
        [{'n': 2}]

        Rows are dicts, or `columns` names their fields.

        The workers compute the rows. The driver then adds them to the table, a block at a time, and commits at the end.
        If a row does not fit, a worker fails or the driver dies, the database stays as it was. A new table has the
        columns of all rows, in order of first appearance. A field that a row lacks is NULL.

        From PostgreSQL, read_sql() gives equal rows. A datetime with a zone comes back in UTC. SQLite has no types for
        bools, dates and times. They become ints, and text in the ISO format.

        Args:
            table: the table, or "schema.table". Names are taken as they are written; one with a dot stands in double
                quotes. With SQLite the schema is "main" or an attached database.
            uri_or_connection: a URI as for read_sql(). Or a connection of a DB-API driver, such as sqlite3 or DuckDB,
                that is in no transaction. Or a function without arguments that opens a connection. A connection takes
                the rows by executemany(), which is slower than a URI.
            mode: what to do if the table exists. "error" raises; "append" adds rows to it, each value in exactly the
                type of its column; "replace" drops it and makes a new one. Without rows no table is made, and "replace"
                empties the one that exists.
            columns: as for write_csv().
            defer: write at flow.run(), in one pass with the flow's other outputs. Each table has a transaction of its
                own. All of them are filled before the first is committed, and files are put in place after the last.

        Returns:
            Written(files=0, rows, bytes=0), or this dataset if `defer`.

        Raises:
            FileExistsError: the table exists, and `mode` is "error".
            InexactColumn: at the action, a column has values of several types, such as ints beside floats, or a value
                that the database cannot hold exactly. The message names the column, and both rows if types differ.
            TypeError: at the action, a row is not a dict and has not as many fields as `columns` names.
            ValueError: there is no such mode, or no driver for the URI. At the action, a dict has a field outside
                `columns`, or the table to append to lacks a column.
            ModuleNotFoundError: as for read_sql().
        """
        from glowray.action.outputs import run_targets
        from glowray.action.record_tables import TableTarget
        from glowray.io.record_columns import given_columns
        from glowray.io.sql.uris import table_writer

        names = given_columns("write_sql", columns, None)
        writer = table_writer("write_sql", table, uri_or_connection, mode)
        target = TableTarget(self._node, "write_sql", writer, names)
        if defer:
            self._flow.targets.append(target)
            return self
        return run_targets(self._flow.settings, self._flow.outcome, [target])[0]
