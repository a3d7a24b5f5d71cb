"""Rows that the user's program has or makes: items in memory, ranges, and functions."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from operator import index as as_int
from typing import TYPE_CHECKING, Any

from glowray.io.reader import ColumnReader, RowReader, StoredReader, check_partitions

if TYPE_CHECKING:
    from glowray.rows import Block
    from glowray.rows.types.shape import Shape

FEW_PARTITIONS = 8
"""The number of slices of rows in memory, unless there are fewer rows or a slice would be too large."""

ITEMS_A_PARTITION = 65_536
NUMBERS_A_PARTITION = 2_000_000
NUMBERS_A_MORSEL = 65_536


@dataclass(frozen=True, eq=False)
class ItemsReader(RowReader, StoredReader):
    """Rows that were in memory at the call of from_items(), a block a partition."""

    is_repeatable = True

    label: str
    blocks: tuple[Block, ...]

    @property
    def num_partitions(self) -> int:
        return len(self.blocks)

    @property
    def estimated_bytes(self) -> int:
        return sum(block.nbytes for block in self.blocks)

    def read(self, index: int) -> Iterator[list[Any]]:
        return self.blocks[index].morsels()


def items_reader(iterable: Iterable[Any], partitions: int | None = None, label: str | None = None) -> ItemsReader:
    """Return a reader of the items of an iterable. The call reads and copies them, so later changes have no effect.

    >>> reader = items_reader(["a", "b", "c"], partitions=2)
    >>> [list(reader.read(index)) for index in range(reader.num_partitions)]
    [[['a']], [['b', 'c']]]

    `partitions` gives exactly that many contiguous slices whose sizes differ by at most one row. Without it there are
    at most 8 slices for half a million rows or fewer, else a slice for every 65,536 rows. Raises TypeError for items
    that cannot be pickled.
    """
    from glowray.rows import Block

    check_partitions(partitions)
    try:
        items = iter(iterable)
    except TypeError:
        raise TypeError(f"from_items() needs an iterable, got {type(iterable).__name__}") from None
    rows = list(items)
    count = partitions or default_partitions(len(rows))
    blocks = tuple(_own(Block.from_rows(rows[slice(*bounds(len(rows), count, index))])) for index in range(count))
    return ItemsReader(label or f"from_items({len(rows):,} rows)", blocks)


def _own(block: Block) -> Block:
    """Return a block that shares no object with the user's items. Typed columns are copies already.

    Raises:
        TypeError: an item cannot be pickled.
    """
    try:
        return pickle.loads(pickle.dumps(block, protocol=5)) if block.pickled_values else block
    except Exception as error:  # A class may raise any error when it is pickled.
        raise TypeError(f"a row must be picklable, but from_items() was given one that is not: {error}") from error


def default_partitions(rows: int, rows_a_partition: int = ITEMS_A_PARTITION) -> int:
    """Return the default number of partitions for `rows` rows in memory.

    >>> default_partitions(0), default_partitions(3), default_partitions(500_000), default_partitions(1_000_000)
    (1, 3, 8, 16)
    """
    return max(1, min(rows, FEW_PARTITIONS), -(-rows // rows_a_partition))


def bounds(rows: int, count: int, index: int) -> tuple[int, int]:
    """Return the bounds of slice `index` of `count` contiguous slices whose sizes differ by at most one row.

    >>> [bounds(5, 3, index) for index in range(3)]
    [(0, 1), (1, 3), (3, 5)]
    """
    return rows * index // count, rows * (index + 1) // count


@dataclass(frozen=True)
class RangeReader(ColumnReader):
    """The numbers of `range(start, stop, step)`."""

    is_repeatable = True

    start: int
    stop: int
    step: int
    num_partitions: int

    @property
    def label(self) -> str:
        return f"from_range({self.start}, {self.stop}{'' if self.step == 1 else f', {self.step}'})"

    @property
    def estimated_bytes(self) -> int:
        return 8 * len_of(self.start, self.stop, self.step)

    def slice(self, index: int) -> range:
        """Return the numbers of partition `index`."""
        length = len_of(self.start, self.stop, self.step)
        first, last = bounds(length, self.num_partitions, index)
        return range(self.start + first * self.step, self.start + last * self.step, self.step)

    def read(self, index: int) -> Iterator[range]:
        numbers = self.slice(index)
        stride = NUMBERS_A_MORSEL * self.step
        for first in range(numbers.start, numbers.stop, stride):
            last = first + stride
            yield range(first, min(last, numbers.stop) if self.step > 0 else max(last, numbers.stop), self.step)

    row_type = int

    @property
    def shape(self) -> Shape | None:
        """The shape of the rows, or None if a number has more than 64 bits or there is none."""
        from glowray.rows.codec.encode import encode

        ends = range(self.start, self.stop, self.step)
        return encode([0])[0] if all(-(2**63) <= end < 2**63 for end in (self.start, self.stop)) and ends else None

    def read_blocks(self, index: int) -> Iterator[Block]:
        """Yield the numbers of partition `index` as columns of int64."""
        import numpy as np
        import pyarrow as pa

        from glowray.rows import Block
        from glowray.rows.codec.chunk import Chunk

        shape = self.shape
        assert shape is not None, "only ranges of 64-bit ints are read as columns"
        for numbers in self.read(index):
            column = pa.array(np.arange(numbers.start, numbers.stop, numbers.step, dtype=np.int64))
            yield Block((Chunk(shape, [column], len(numbers)),))


def len_of(start: int, stop: int, step: int) -> int:
    """Return the length of a range of ints of any size. `len()` fails above sys.maxsize."""
    return max(0, -((start - stop) // step))


def range_reader(start: int, stop: int | None = None, step: int = 1, partitions: int | None = None) -> RangeReader:
    """Return a reader of the numbers that Python's `range()` gives for the same arguments, of any size.

    >>> reader = range_reader(10, partitions=3)
    >>> [list(numbers) for index in range(3) for numbers in reader.read(index)]
    [[0, 1, 2], [3, 4, 5], [6, 7, 8, 9]]

    Raises TypeError for an argument that is no int, ValueError for a step of 0 or bad `partitions`.
    """
    check_partitions(partitions)
    first, last = (0, start) if stop is None else (start, stop)
    first, last, stride = (as_int(value) for value in (first, last, step))
    if stride == 0:
        raise ValueError("the step of from_range() must not be 0")
    return RangeReader(
        first, last, stride, partitions or default_partitions(len_of(first, last, stride), NUMBERS_A_PARTITION)
    )


@dataclass(frozen=True, eq=False)
class SourceReader(RowReader):
    """Rows that a function makes for each partition."""

    function: Callable[[int], Iterable[Any]]
    num_partitions: int

    @property
    def label(self) -> str:
        return f"from_source({getattr(self.function, '__qualname__', type(self.function).__name__)})"

    @property
    def estimated_bytes(self) -> None:
        return None

    def read(self, index: int) -> Iterator[Iterable[Any]]:
        rows = self.function(index)
        if not isinstance(rows, Iterable):
            raise TypeError(f"{self.label}: the function gave {rows!r} for partition {index}, not an iterable of rows")
        yield rows


def source_reader(function: Callable[[int], Iterable[Any]], partitions: int) -> SourceReader:
    """Return a reader of the rows that `function(partition_index)` yields. Each row is made when a task needs it.

    >>> reader = source_reader(lambda index: range(index), 3)
    >>> [list(rows) for index in range(3) for rows in reader.read(index)]
    [[], [0], [0, 1]]

    Raises TypeError for a function that is not callable, ValueError for bad `partitions`.
    """
    if not callable(function):
        raise TypeError(f"from_source() needs a function of a partition's index, not {function!r}")
    if partitions is None:
        raise TypeError("from_source() needs the number of partitions")
    check_partitions(partitions)
    return SourceReader(function, partitions)
