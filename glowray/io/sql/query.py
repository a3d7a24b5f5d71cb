"""A query that tasks run through ADBC: the protocol between the reader and each kind of database."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from glowray.io.reader import RecordReader

if TYPE_CHECKING:
    from glowray.rows import Block
    from glowray.rows.types.shape import Shape

ROWS_A_BLOCK = 65_536


class Query(ABC):
    """A query of one database: a frozen value that holds no connection and can be pickled."""

    if TYPE_CHECKING:  # A dataclass would take a property of its base class as the default of the field.

        @property
        @abstractmethod
        def text(self) -> str:
            """The query as the user wrote it."""

        @property
        @abstractmethod
        def names(self) -> tuple[str, ...] | None:
            """The names of the columns, None if only the rows tell."""

    @property
    @abstractmethod
    def shape(self) -> Shape | None:
        """The shape of the blocks, None if it depends on the rows."""

    @abstractmethod
    def ends(self, column: str) -> tuple[Any, Any]:
        """Return the least and the greatest finite value of a column; (None, None) if there is none."""

    @abstractmethod
    def literal(self, value: Any) -> str:
        """Return a value of `ends`, or between them, as SQL."""

    @abstractmethod
    def blocks(self, condition: str | None) -> Iterator[Block]:
        """Run the query, and yield the rows for which a condition in SQL holds, as they arrive."""


@dataclass(frozen=True, eq=False)
class QueryReader(RecordReader):
    """Reads the rows of a query. Partition i has the rows for which `conditions[i]` holds, all rows if it is None."""

    label: str
    query: Query
    conditions: tuple[str | None, ...] = (None,)

    @property
    def num_partitions(self) -> int:
        return len(self.conditions)

    @property
    def estimated_bytes(self) -> None:
        return None

    @property
    def shape(self) -> Shape | None:
        """The shape of the rows, or None if the database has no types of columns."""
        return self.query.shape

    @property
    def fields(self) -> tuple[str, ...] | None:
        """The names of the columns."""
        return self.query.names

    def read(self, index: int) -> Iterator[list[dict[str, Any]]]:
        for block in self.read_blocks(index):
            yield from block.morsels()

    def read_blocks(self, index: int) -> Iterator[Block]:
        """Yield the rows of partition `index` as columns. One batch of the database's driver is in memory at a time."""
        return self.query.blocks(self.conditions[index])
