"""Writers of a table in a database: all rows in one transaction, or none."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from glowray.io.sql.identifiers import quoted, quoted_table, table_parts

if TYPE_CHECKING:
    import pyarrow as pa

MODES = ("error", "append", "replace")

Tables = Iterator["pa.Table"]


@dataclass(eq=False)
class TableWriter(ABC):
    """Writes rows to one table. The driver process calls `check`, then `write`, then `commit` or `abort`."""

    verb: str
    table: str
    mode: str
    schema_name: str | None = field(init=False)
    table_name: str = field(init=False)

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            known = ", ".join(f'"{known}"' for known in MODES)
            raise ValueError(f"{self.verb}(): mode must be one of {known}, not {self.mode!r}")
        self.schema_name, self.table_name = table_parts(self.verb, self.table)

    @abstractmethod
    def check(self) -> None:
        """Check the target before anything runs. Raises FileExistsError if the mode forbids a table that exists."""

    @abstractmethod
    def write(self, schema: pa.Schema | None, tables: Tables) -> None:
        """Write tables of this schema, None if there are no rows. Nobody else sees the rows before `commit`."""

    @abstractmethod
    def commit(self) -> None:
        """Make the rows visible."""

    @abstractmethod
    def abort(self) -> None:
        """Leave the database as it was. It may be called at any time, and twice."""

    def missing_column(self, name: str) -> ValueError:
        """Return the error for a column that the table to append to lacks."""
        return ValueError(f'{self.verb}(): the table {self.table} has no column "{name}"')

    @property
    def quoted(self) -> str:
        """The table's name as SQL."""
        return quoted_table(self.schema_name, self.table_name)

    def refuse(self) -> FileExistsError:
        """Return the error for a table that exists under mode="error"."""
        return FileExistsError(
            f'{self.verb}(): the table {self.table} exists: mode="append" adds rows to it, mode="replace" replaces it'
        )

    def replace_or_create(self, run: Callable[[str], Any], exists: bool, types: dict[str, str] | None) -> None:
        """Bring the table to the state in which rows are added. `types` are the columns of a new table, None without
        rows.

        Raises ValueError for rows without columns.
        """
        if exists and self.mode == "error":
            raise self.refuse()
        if types is not None and not types:
            raise ValueError("rows need at least one column: map them to something that has")
        if exists and self.mode == "replace":
            run(f"DROP TABLE {self.quoted}" if types else f"DELETE FROM {self.quoted}")
        if types and not (exists and self.mode == "append"):
            columns = ", ".join(f"{quoted(name)} {kind}".rstrip() for name, kind in types.items())
            run(f"CREATE TABLE {self.quoted} ({columns})")


class Connects(Protocol):
    """Connects to a database through ADBC, each time with a new transaction."""

    def connection(self) -> AbstractContextManager[Any]: ...

    def cursor(self) -> AbstractContextManager[Any]: ...


@dataclass(eq=False)
class AdbcWriter(TableWriter):
    """Writes Arrow tables through ADBC, in a transaction of a connection of its own."""

    database: Connects
    _open: ExitStack = field(default_factory=ExitStack, init=False)
    _connection: Any = field(default=None, init=False)

    @abstractmethod
    def exists(self, cursor: Any) -> bool:
        """Return whether there is such a table."""

    @abstractmethod
    def store(self, cursor: Any, schema: pa.Schema, tables: Tables, exists: bool) -> None:
        """Make the table, if it does not exist, and add the rows."""

    def check(self) -> None:
        with self.database.cursor() as cursor:
            if self.mode == "error" and self.exists(cursor):
                raise self.refuse()

    def write(self, schema: pa.Schema | None, tables: Tables) -> None:
        self._connection = self._open.enter_context(self.database.connection())
        with self._connection.cursor() as cursor:
            exists = self.exists(cursor)
            if schema is None:
                self.replace_or_create(cursor.execute, exists, None)
            else:
                self.store(cursor, schema, tables, exists)

    def commit(self) -> None:
        if self._connection is not None:
            self._connection.commit()
        self.abort()

    def abort(self) -> None:
        self._connection = None
        self._open.close()

    def ingest(self, cursor: Any, schema: pa.Schema, tables: Tables, table: str, **options: Any) -> None:
        """Add the rows of tables to a table, one batch at a time."""
        import pyarrow as pa

        failed: list[BaseException] = []

        def batches() -> Iterator[pa.RecordBatch]:
            try:
                for each in tables:
                    yield from each.to_batches()
            except BaseException as error:
                failed.append(error)  # C code reads the stream, and hands on the text of an error only.
                raise

        try:
            cursor.adbc_ingest(
                table, pa.RecordBatchReader.from_batches(schema, batches()), mode="append", **options
            )  # fmt: skip
        except Exception:  # The driver reports an error of the rows as its own, so the first cause is raised instead.
            if failed:
                raise failed[0] from None
            raise
