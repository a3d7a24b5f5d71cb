"""The rows of several buckets in one object of a store. Each reader takes the rows of its own bucket."""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from glowray.io.spill import mapped
from glowray.rows import Block
from glowray.rows.types.kinds import Kind
from glowray.vectorize.columns.vectors.block_vectors import kinds_of

Numbers = npt.NDArray[np.integer[Any]]
Places = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Buckets:
    """Rows by bucket, cut into pieces. A piece is the rows of one bucket that one task gave.

    Args:
        content: all rows; or, for rows with pickled values or of several shapes, one pickled Block a piece. So
            reading a bucket unpickles no other bucket.
        starts: piece i begins at this row (or byte) of the content.
        stops: piece i ends before this row (or byte).
        owners: the bucket of each piece, ascending. A bucket without rows has no piece.
        count: the number of rows.
        nbytes: the size of the rows in bytes.
        kinds: the kinds of the rows.
        pickled_values: the number of values that are held pickled.

    >>> buckets = Buckets.of(Block.from_rows(["a", "b", "c"]), np.array([2, 0, 2]))
    >>> [[block.rows() for block in buckets.blocks(bucket)] for bucket in range(3)]
    [[['b']], [], [['a', 'c']]]
    """

    content: Block | Bytes
    starts: Places
    stops: Places
    owners: Numbers
    count: int
    nbytes: int
    kinds: tuple[Kind | None, ...]
    pickled_values: int

    @classmethod
    def of(cls, block: Block, buckets: Numbers) -> Self:
        """Return the rows of a block in order of bucket. `buckets` has the bucket of each row."""
        counts = np.bincount(buckets)
        owners = np.flatnonzero(counts)
        counts = counts[owners]
        if owners[-1] < 1 << 16:
            buckets = buckets.astype(np.uint16)  # NumPy sorts 16 bits by radix
        owners = owners.astype(np.int32)
        if _are_columns([block]):
            edges = _edges(counts)
            content = block.take(np.argsort(buckets, kind="stable"))
            kinds = kinds_of(block)
            return cls(content, edges[:-1], edges[1:], owners, len(block), block.nbytes, kinds, block.pickled_values)
        parts = block.split(buckets, int(buckets.max()) + 1)
        return cls.holding(list(parts.values()), list(parts))

    @classmethod
    def holding(cls, blocks: Sequence[Block], owners: Sequence[int], *, pickled: bool = False) -> Self:
        """Return blocks as pieces: block i is a piece of bucket `owners[i]`. A block without rows is no piece.

        `pickled`: each piece is pickled even if all rows are columns of one shape.
        """
        pieces = sorted(
            ((owner, block) for owner, block in zip(owners, blocks, strict=True) if len(block)), key=itemgetter(0)
        )
        numbers, filled = np.array([owner for owner, _ in pieces], np.int32), [block for _, block in pieces]
        content: Block | Bytes
        if _are_columns(filled) and not pickled:
            content, edges = Block.concat(filled), _edges([len(block) for block in filled])
        else:
            parts = list(map(_pickled, filled))
            content, edges = np.frombuffer(b"".join(parts), np.uint8), _edges(list(map(len, parts)))
        count, nbytes = sum(map(len, filled)), sum(block.nbytes for block in filled)
        kinds = tuple(dict.fromkeys(kind for block in filled for kind in kinds_of(block)))
        return cls(
            content, edges[:-1], edges[1:], numbers, count, nbytes, kinds, sum(each.pickled_values for each in filled)
        )

    @classmethod
    def merged(cls, several: Sequence[Buckets], joins: bool) -> Self:
        """Return the rows of several tasks, given in order of task. `joins`: a bucket becomes one piece if it can."""
        contents = [each.content for each in several]
        blocks = [content for content in contents if isinstance(content, Block)]
        content: Block | Bytes
        if len(blocks) == len(contents) and _are_columns(blocks):
            content, begins = Block.concat(blocks), _edges(list(map(len, blocks)))
        else:
            several = [each if isinstance(each.content, np.ndarray) else each.in_pickles() for each in several]
            parts = [each.content for each in several if isinstance(each.content, np.ndarray)]
            content, begins, joins = np.concatenate(parts), _edges(list(map(len, parts))), False
        owners = np.concatenate([each.owners for each in several])
        order = np.argsort(owners, kind="stable")
        owners = owners[order]
        starts = np.concatenate([each.starts + begin for each, begin in zip(several, begins, strict=False)])[order]
        stops = np.concatenate([each.stops + begin for each, begin in zip(several, begins, strict=False)])[order]
        if joins and isinstance(content, Block):
            lengths = stops - starts
            edges = _edges(lengths)
            content = content.take(np.repeat(starts - edges[:-1], lengths) + np.arange(edges[-1]))
            first = np.flatnonzero(np.diff(owners, prepend=-1))
            owners, edges = owners[first], np.append(edges[first], edges[-1])
            starts, stops = edges[:-1], edges[1:]
        count, nbytes = sum(map(len, several)), sum(each.nbytes for each in several)
        kinds = tuple(dict.fromkeys(kind for each in several for kind in each.kinds))
        pickled_values = sum(each.pickled_values for each in several)
        return cls(content, starts, stops, owners, count, nbytes, kinds, pickled_values)

    def __len__(self) -> int:
        return self.count

    @property
    def sizes(self) -> Places:
        """Return about how many bytes the rows of each piece take."""
        lengths = self.stops - self.starts
        return lengths * self.nbytes // max(1, int(lengths.sum()))

    def in_file(self) -> Self:
        """Return the same with its rows in a file of this process, as far as they are columns."""
        return replace(self, content=mapped(self.content)[0]) if isinstance(self.content, Block) else self

    def blocks(self, bucket: int) -> list[Block]:
        """Return the rows of a bucket, a block for each piece. Typed columns are not copied."""
        return self._pieces(*np.searchsorted(self.owners, (bucket, bucket + 1)).tolist())

    def in_pickles(self) -> Self:
        """Return the same with a pickled Block for each piece."""
        return self.holding(self._pieces(0, len(self.owners)), self.owners.tolist(), pickled=True)

    def recut(self, place: int, slices: int, into: int) -> dict[int, Self]:
        """Return the rows of slice `place` of `slices` as some of `into` slices, by number.

        >>> few = Buckets.of(Block.from_rows(["b0", "b2", "b4"]), np.array([0, 1, 2]))  # slice 0 of 2
        >>> {number: len(part) for number, part in few.recut(0, 2, 4).items()}
        {0: 2, 2: 1}
        """
        readers = self.owners.astype(np.int64) * slices + place
        parts: dict[int, tuple[list[Block], list[int]]] = {}
        for reader, block in zip(readers.tolist(), self._pieces(0, len(readers)), strict=True):
            blocks, owners = parts.setdefault(reader % into, ([], []))
            blocks.append(block)
            owners.append(reader // into)
        return {number: self.holding(*part) for number, part in parts.items()}

    def _pieces(self, first: int, last: int) -> list[Block]:
        """Return the rows of the pieces [first, last), a block for each."""
        starts, stops = self.starts[first:last].tolist(), self.stops[first:last].tolist()
        return list(map(self._block, starts, stops))

    def _block(self, start: int, stop: int) -> Block:
        if isinstance(self.content, Block):
            return self.content.slice(start, stop)
        block: Block = pickle.loads(self.content[start:stop].data)
        return block


Stored = Block | Buckets
"""The objects that a task gives to an engine's store."""


def part_of(
    stored: Stored,
    start: int | None = None,
    stop: int | None = None,
    bucket: int | None = None,
    member: int | None = None,
) -> list[Any]:
    """Return a part of an object: one bucket of Buckets, the rows `[start:stop]` of a block, or all as it is.

    `member`: the object holds a block for each of several tasks, and the part is of the block of task `member`.
    """
    if member is not None and isinstance(stored, Buckets):
        stored = Block.concat(stored.blocks(member))
    if bucket is not None and isinstance(stored, Buckets):
        return stored.blocks(bucket)
    return [stored.slice(start, stop) if start is not None and isinstance(stored, Block) else stored]


def one_object(several: Sequence[Stored], joins: bool) -> Stored:
    """Return the same slice of several tasks, given in order of task, as one object.

    A slice is Buckets, or a Block with the rows of one reader. `joins`: a reader need not see the bounds of tasks.
    """
    filled = [each for each in several if len(each)]
    if len(filled) < 2:
        return filled[0] if filled else Block()
    blocks = [each for each in filled if isinstance(each, Block)]
    if joins and len(blocks) == len(filled):
        return Block.concat(blocks)
    return Buckets.merged([Buckets.holding([each], [0]) if isinstance(each, Block) else each for each in filled], joins)


def _are_columns(blocks: Iterable[Block]) -> bool:
    """Return whether all rows are typed columns of one shape."""
    chunks = [chunk for block in blocks for chunk in block.chunks]
    return all(chunk.shape == chunks[0].shape and not chunk.pickled_values for chunk in chunks)


def _edges(lengths: Any) -> Places:
    """Return where pieces begin and end: [2, 0, 3] → [0, 2, 2, 5]."""
    edges = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths, out=edges[1:])
    return edges


def _pickled(block: Block) -> bytes:
    return pickle.dumps(block, protocol=5)
