"""The seam between a job and where its rows come from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    import pyarrow as pa

Row = Any
Morsel = Iterable[Row]


@runtime_checkable
class Reader(Protocol):
    """A source of rows, cut into partitions: a frozen, picklable value that holds no open file."""

    @property
    def label(self) -> str:
        """How explain() shows it: `read_text("/etc/passwd")`."""

    @property
    def num_partitions(self) -> int:
        """How many slices it is cut into, at least 1; it follows from the input alone."""

    @property
    def estimated_bytes(self) -> int | None:
        """About how many bytes the rows take, or None when nobody can know before reading."""

    def read(self, index: int) -> Iterator[Morsel]:
        """The rows of partition `index`, in order, a morsel at a time.

        A morsel is a list where that is cheap, and lazy where reading ahead could raise for a row that was never asked
        for. Rows before one that cannot be read come first, then the error.
        """


@runtime_checkable
class TypedReader(Reader, Protocol):
    """A reader of columns with Arrow types."""

    @property
    def arrow_types(self) -> pa.Schema:
        """The columns that have one type in all of the source."""


@runtime_checkable
class PrunableReader(Protocol):
    """A reader of records that can leave out columns."""

    def pruned(self, columns: frozenset[str]) -> Reader:
        """Return a reader of the same records with only these columns."""


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
