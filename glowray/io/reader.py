"""The seam between a job and where its rows come from.

A plan asks of a reader what `Reader` has. A task asks for rows, which a `RowReader` reads. A reader says that it can do
more by inheriting the class of that ability. Code that uses an ability asks for it with isinstance.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    import pyarrow as pa

    from glowray.io.channel import Channel
    from glowray.rows import Block
    from glowray.rows.shape import Shape

Row = Any
Morsel = Iterable[Row]

# Attributes that readers may have as fields are declared for the type checker alone: a dataclass would take a property
# of its base class for the field's default.


class Reader(ABC):  # noqa: B024 - its abstract members are below
    """A source of rows, cut into partitions: a frozen value that holds no open file."""

    if TYPE_CHECKING:

        @property
        @abstractmethod
        def label(self) -> str:
            """The source as explain() shows it: `read_text("/etc/passwd")`."""

        @property
        @abstractmethod
        def num_partitions(self) -> int:
            """The number of slices, at least 1. It follows from the input alone."""

        @property
        @abstractmethod
        def estimated_bytes(self) -> int | None:
            """About how many bytes the rows take, or None if nobody can know before reading."""


class RowReader(Reader):
    """A reader that tasks read, so it can be pickled."""

    row_type: ClassVar[type | None] = None
    """The exact class of every row, where all rows have one."""

    @abstractmethod
    def read(self, index: int) -> Iterator[Morsel]:
        """Yield the rows of partition `index`, in order, a morsel at a time.

        A morsel is a list where that is cheap, and lazy where reading ahead could raise for a row that was never asked
        for. If a row cannot be read, the rows before it come first, then the error.
        """


class ColumnReader(RowReader):
    """A reader that also gives its rows as columns."""

    @property
    @abstractmethod
    def shape(self) -> Shape | None:
        """The shape of all blocks that `read_blocks` yields, or None if it depends on the rows."""

    @abstractmethod
    def read_blocks(self, index: int) -> Iterator[Block | list[Any]]:
        """Yield the rows of partition `index` as blocks, or as lists where they are no columns."""


class RecordReader(ColumnReader):
    """A reader of rows that are dicts of column and value."""

    @property
    @abstractmethod
    def fields(self) -> tuple[str, ...] | None:
        """The columns of the first file, or None if they are not known. Another file may have others."""


class PrunableReader(RecordReader):
    """A reader that can leave out columns."""

    @abstractmethod
    def pruned(self, columns: Collection[str]) -> PrunableReader:
        """Return a reader of the same rows with only these columns, and those whose reading may raise.

        Files that have other columns than the first file are read with all of them.
        """


class TypedReader(RowReader):
    """A reader of columns with Arrow types."""

    if TYPE_CHECKING:

        @property
        @abstractmethod
        def arrow_types(self) -> pa.Schema:
            """The columns that have one type in all of the source."""


class StoredReader(Reader):
    """A reader of rows that the driver has already: no task reads them."""

    if TYPE_CHECKING:

        @property
        @abstractmethod
        def blocks(self) -> tuple[Block, ...]:
            """The rows, a block a partition."""


class ArrivingReader(Reader):
    """A reader of rows that arrive while the job runs."""

    channel: Channel
    """Where they arrive."""

    @property
    @abstractmethod
    def connects(self) -> bool:
        """Whether a cluster is needed to read them."""


def source_label(verb: str, names: Sequence[str]) -> str:
    """The label of a source of files.

    >>> source_label("read_text", ["a", "b", "c"])
    'read_text("a", "b", … 3 in all)'
    """
    shown = ", ".join(f'"{name}"' for name in names[:2])
    return f"{verb}({shown}, … {len(names)} in all)" if len(names) > 2 else f"{verb}({shown})"


def check_partitions(partitions: int | None) -> None:
    """Refuse a partition count that is not a positive int, before anything runs."""
    if partitions is None:
        return
    if isinstance(partitions, bool) or not isinstance(partitions, int):
        raise TypeError(f"partitions must be an int, not {partitions!r}")
    if partitions < 1:
        raise ValueError(f"partitions must be at least 1, not {partitions}")
