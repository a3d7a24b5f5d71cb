"""Groups of more rows than a task may hold. Their values go to a file in runs, each in the order of the groups.

The keys are read first, to rank the groups by first appearance. Then the values of each batch are written as a run,
ordered by rank. Groups are read by reading all runs side by side, a piece at a time. Memory holds the distinct keys
of each run, but never all its rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, pairwise
from typing import Any

import numpy as np

from glowray.io.resident import let_go
from glowray.io.spill import SpillFile, SpillPlace
from glowray.kernels.base.morsels import BATCH
from glowray.kernels.group.encoded_values import EncodedValues
from glowray.kernels.join.join import pair
from glowray.kernels.keys.rows_of_equal_keys import Rows, key_groups
from glowray.rows import Block
from glowray.rows.codec.chunk import Chunk

ROW_BYTES = 40
"""Bytes for each row that finding its group takes."""

OBJECTS = 4
"""Python's objects take about this many times the memory of their pickle."""

PIECE_BYTES = 1 << 20
"""The most bytes that are read from a run at once."""

SHARE = 4
"""A batch takes 1/SHARE of the bytes that a task may hold: its sorted copy and the pieces of runs take the rest."""

Batch = list[tuple[Chunk, Chunk]]
"""Chunks of keys and values that are grouped at once."""


def weight(chunk: Chunk) -> int:
    """Return the bytes that grouping the rows of a chunk takes."""
    return chunk.estimated_bytes * (OBJECTS if chunk.pickled_values else 1) + ROW_BYTES * len(chunk)


class Run:
    """A batch's values in a file, ordered by group. Group i has rank `ranks[i]` and rows `edges[i]:edges[i + 1]`."""

    def __init__(self, file: SpillFile, ranks: Rows, counts: Rows, places: list[SpillPlace], step: int) -> None:
        self.ranks, self.counts = ranks, counts
        self.edges = np.append(0, np.cumsum(counts))
        self._file, self._places, self._step = file, places, step
        self._last: tuple[int, Block] = (-1, Block())
        self.row_bytes = sum(place.length for place in places) // max(1, int(self.edges[-1]))

    def between(self, first: int, last: int) -> tuple[int, int]:
        """Return the bounds of the groups whose ranks are from `first` up to `last`."""
        low, high = np.searchsorted(self.ranks, [first, last]).tolist()
        return low, high

    def cuts(self, start: int, stop: int) -> list[Cut]:
        """Return the rows from start to stop as cuts of pieces."""
        step = self._step
        return [
            Cut(self, piece, max(start - piece * step, 0), min(stop - piece * step, step))
            for piece in range(start // step, -(-stop // step))
        ]

    def read(self, piece: int) -> Block:
        """Return a piece. The last piece that was read is kept."""
        if self._last[0] != piece:
            self._last = piece, self._file.read(self._places[piece])
        return self._last[1]

    def lying(self, piece: int) -> Block:
        """Return a piece that is mapped from the file."""
        return self._file.mapped(self._places[piece])


class Cut:
    """Some rows of a piece of a run."""

    def __init__(self, run: Run, piece: int, start: int, stop: int) -> None:
        self._run, self._piece, self._start, self._stop = run, piece, start, stop

    @property
    def nbytes(self) -> int:
        return len(self) * self._run.row_bytes

    def __len__(self) -> int:
        return self._stop - self._start

    def read(self) -> Block:
        return self._run.read(self._piece).slice(self._start, self._stop)

    def lying(self) -> Block:
        return self._run.lying(self._piece).slice(self._start, self._stop)


class GroupedRuns:
    """The groups of the keys of all sides, as `GroupedRows`, for more rows than fit into memory.

    About `limit` bytes are in memory at once. The other rows are in the file.

    >>> rows = [Block.from_rows([(n % 2, n) for n in range(6)])]
    >>> groups = GroupedRuns([rows], "group_by_key", 100, SpillFile())
    >>> groups.keys(0, 2), groups.lists(0, 0, 2), groups.sizes.tolist()
    ([0, 1], [[0, 2, 4], [1, 3, 5]], [3, 3])
    """

    def __init__(self, sides: Sequence[Sequence[Block]], verb: str, limit: int, file: SpillFile) -> None:
        self._file = file
        self._keys, ranks = _ranked(batch for side in sides for batch in _batches(side, verb, limit))
        self._piece = min(PIECE_BYTES, max(1, limit // max(1, SHARE * len(ranks))))
        left = iter(ranks)
        self._sides = [[self._written(batch, next(left)) for batch in _batches(side, verb, limit)] for side in sides]
        self.sizes = np.zeros(len(self._keys), np.int64)
        for run in chain.from_iterable(self._sides):
            self.sizes[run.ranks] += run.counts
        self.row_bytes = file.nbytes / max(1, int(self.sizes.sum()))

    def keys(self, first: int, last: int) -> list[Any]:
        """Return the first key of each group, as it looks."""
        return self._keys.slice(first, last).rows()

    def lists(self, side: int, first: int, last: int) -> list[list[Any]]:
        """Return the values of each group in a side."""
        found: list[list[Any]] = [[] for _ in range(first, last)]
        for run in self._sides[side]:
            low, high = run.between(first, last)
            start = int(run.edges[low])
            rows = [row for cut in run.cuts(start, int(run.edges[high])) for row in cut.read().rows()]
            edges = (run.edges[low : high + 1] - start).tolist()
            for rank, (begin, end) in zip(run.ranks[low:high].tolist(), pairwise(edges), strict=True):
                found[rank - first] += rows[begin:end]
        return found

    def values(self, side: int, group: int) -> tuple[EncodedValues, None]:
        """Return the values of one group in a side."""
        cuts: list[Cut] = []
        for run in self._sides[side]:
            low, high = run.between(group, group + 1)
            cuts += run.cuts(int(run.edges[low]), int(run.edges[high]))
        return EncodedValues(cuts), None

    def _written(self, batch: Batch, ranks: Rows) -> Run:
        """Write the values of a batch as a run. `ranks` are those of its groups, in order of appearance."""
        groups = key_groups([[keys for keys, _ in batch]])
        values = Block(values for _, values in batch)
        by_rank = np.argsort(ranks)
        numbers = groups.appearance[by_rank]
        counts = np.diff(groups.edges)[numbers]
        begins = np.repeat(groups.edges[numbers] - np.cumsum(counts) + counts, counts)
        order = groups.order[begins + np.arange(len(begins))]
        size = max(1, sum(chunk.estimated_bytes for chunk in values.chunks))
        step = max(1, min(BATCH, self._piece * len(order) // size))
        places = [self._file.write(values.take(order[at : at + step])) for at in range(0, len(order), step)]
        return Run(self._file, ranks[by_rank], counts, places, step)


def _ranked(batches: Iterable[Batch]) -> tuple[Block, list[Rows]]:
    """Return the distinct keys in order of first appearance, and for each batch the ranks of its keys."""
    found: list[tuple[Chunk, ...]] = []
    for batch in batches:
        keys = [keys for keys, _ in batch]
        groups = key_groups([keys])
        found.append(Block(keys).take(groups.firsts[groups.appearance]).chunks)
    every = list(chain.from_iterable(found))
    groups = key_groups([every])
    ranks = np.empty(len(groups), np.int64)
    ranks[groups.appearance] = np.arange(len(groups))
    bounds = np.cumsum([sum(map(len, chunks)) for chunks in found])[:-1]
    shown = Block(every).take(groups.firsts[groups.appearance])
    return shown, np.split(ranks[groups.numbers], bounds)


def _batches(side: Iterable[Block], verb: str, limit: int) -> Iterator[Batch]:
    """Yield the rows of a side in batches that may be grouped at once."""
    batch: Batch = []
    size = 0
    for block in side:
        for chunk in block.chunks:
            for piece in _pieces(chunk.unread(), limit // SHARE):
                batch.append(pair(piece, verb))
                size += weight(piece)
                if size > limit // SHARE:
                    yield batch
                    batch, size = [], 0
                    let_go(block)
    if batch:
        yield batch


def _pieces(chunk: Chunk, size: int) -> Iterator[Chunk]:
    if chunk.pickled_values:  # one pickle: it is read for all of its rows or none
        yield chunk
        return
    step = max(1, size * len(chunk) // weight(chunk))
    for start in range(0, len(chunk), step):
        yield chunk.slice(start, min(start + step, len(chunk)))
