"""The classes between a job and the sources of its rows.

A plan uses what `Reader` has. A task reads rows from a `RowReader`. A reader that can do more inherits the class of
that ability, and code that uses the ability checks for it with isinstance.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from glowray.io.files.splits import Located, locations_of

if TYPE_CHECKING:
    import pyarrow as pa

    from glowray.io.channel import Channel
    from glowray.io.filesystem.location import Location
    from glowray.rows import Block
    from glowray.rows.types.shape import Shape

Row = Any
Morsel = Iterable[Row]

# Attributes that readers may have as fields are declared only for the type checker. A dataclass would take a property
# of its base class as the default of the field.


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
            """About how many bytes the rows take, or None if that is unknown before reading."""


class RowReader(Reader):
    """A reader that tasks read, so it can be pickled."""

    is_repeatable: ClassVar[bool] = False
    """Whether its fields, and the files that it reads, tell its rows: readers with equal fields read equal rows."""
    row_type: ClassVar[type | None] = None
    """The exact class of all rows, or None if they may differ."""

    @abstractmethod
    def read(self, index: int) -> Iterator[Morsel]:
        """Yield the rows of partition `index`, in order, a morsel at a time.

        A morsel is a list if that is cheap. It is lazy if reading ahead could raise for a row that no one asks for. If
        a row cannot be read, the rows before it come first, then the error.
        """


class ColumnReader(RowReader):
    """A reader that can also give its rows as Blocks. It gives a list where rows cannot be columns."""

    @property
    @abstractmethod
    def shape(self) -> Shape | None:
        """The shape of the blocks of `read_blocks`, or None if it depends on the rows.

        A block has another shape if a value does not fit, for example 2**63 in a column of uint64.
        """

    @abstractmethod
    def read_blocks(self, index: int) -> Iterator[Block | list[Any]]:
        """Yield the rows of partition `index` as blocks, or as lists if they cannot be columns."""


class RecordReader(ColumnReader):
    """A reader of rows that are dicts of column and value."""

    @property
    @abstractmethod
    def fields(self) -> tuple[str, ...] | None:
        """The columns of the first file, or None if they are not known. Another file may have others."""


class PrunableReader(RecordReader):
    """A reader that can leave out columns."""

    lists_are_whole: ClassVar[bool] = False
    """Whether rows that come in lists have all columns, whatever columns were left out."""

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
            """The columns that have one type in the whole source."""


class FileReader(RowReader):
    """A reader of files."""

    is_repeatable: ClassVar[bool] = True

    @property
    @abstractmethod
    def locations(self) -> Collection[Location]:
        """The places of the files, each once."""


class PartitionedReader(FileReader):
    """A reader of files whose field `partitions` has the files, or parts of files, of each partition."""

    partitions: tuple[tuple[Located, ...], ...]

    @property
    def num_partitions(self) -> int:
        return len(self.partitions)

    @property
    def locations(self) -> Collection[Location]:
        return locations_of(self.partitions)


class StoredReader(Reader):
    """A reader of rows that the driver already has, so no task reads them."""

    if TYPE_CHECKING:

        @property
        @abstractmethod
        def blocks(self) -> tuple[Block, ...]:
            """The rows, a block a partition."""


class ArrivingReader(Reader):
    """A reader of rows that arrive while the job runs."""

    channel: Channel
    """The channel of the rows."""

    @property
    @abstractmethod
    def connects(self) -> bool:
        """Whether a cluster is needed to read them."""


def source_label(verb: str, names: Sequence[str]) -> str:
    """Return the label of a source of files.

    >>> source_label("read_text", ["a", "b", "c"])
    'read_text("a", "b", … 3 in all)'
    """
    shown = ", ".join(f'"{name}"' for name in names[:2])
    return f"{verb}({shown}, … {len(names)} in all)" if len(names) > 2 else f"{verb}({shown})"


def check_partitions(partitions: int | None) -> None:
    """Raise TypeError or ValueError unless the number of partitions is None or a positive int."""
    if partitions is None:
        return
    if isinstance(partitions, bool) or not isinstance(partitions, int):
        raise TypeError(f"partitions must be an int, not {partitions!r}")
    if partitions < 1:
        raise ValueError(f"partitions must be at least 1, not {partitions}")
