"""The merge of sorted runs. A window of every run is in memory; rows leave once no later row can come before them."""

from __future__ import annotations

import heapq
import operator
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

import numpy as np

from glowray.kernels.base.morsels import BATCH, Morsels, pieces
from glowray.kernels.loops.failed_step import blame
from glowray.kernels.sort.key_order import sort_rows, total
from glowray.kernels.sort.word_order import stable_order
from glowray.rows import Block
from glowray.rows.codec.chunk import Chunk
from glowray.rows.codec.chunk_concat import together
from glowray.rows.keys.sort_words import Rows, sort_levels

WINDOW_BYTES = 32 << 20
"""Bytes that the windows of all runs take together. Smaller runs are merged in memory at once."""

KEY, ROW = (0,), (1,)
"""The paths to the key and the row of a (key, row) pair."""


def key_order(rows: Chunk, keyed: bool, reverse: bool) -> Rows | None:
    """Return the stable order of rows, or of (key, row) pairs, by key, or None if Python has to compare the keys."""
    levels = sort_levels(rows.select(KEY) if keyed else rows, reverse)
    return None if levels is None else stable_order(levels, len(rows))


def in_python(rows: list[Any], keyed: bool, reverse: bool) -> list[Any]:
    """Return the rows in stable order, by Python's own comparisons.

    Raises TypeError where two keys cannot be compared.
    """
    if not keyed:
        return sort_rows(rows, lambda rows: rows, reverse)
    return sort_rows(rows, lambda rows: [pair[0] for pair in rows], reverse)


def merged(
    runs: Sequence[Iterable[Chunk]], keyed: bool, reverse: bool, strip: bool = False, size: int = WINDOW_BYTES
) -> Morsels:
    """Yield the rows of sorted runs in one order, equal rows in the order of the runs.

    Args:
        runs: the chunks of each run. Small chunks bound the memory.
        keyed: rows are (key, row) pairs, in the order of keys.
        reverse: the runs descend.
        strip: yield the rows of the pairs.
        size: bytes of all windows together.
    """
    windows = [_Window(iter(run), size // len(runs)) for run in runs]
    while True:
        for window in windows:
            window.fill()
        windows = [window for window in windows if window.count]
        if len(windows) < 2:
            for chunk in chain.from_iterable(window.rest() for window in windows):
                yield Block((_stripped(chunk, keyed and strip),))
            return
        rows = together([chunk for window in windows for chunk in window.chunks])
        order = key_order(rows, keyed, reverse)
        if order is None:
            yield from _merged_in_python(windows, keyed, reverse, strip, size)
            return
        order = _settled(windows, order)
        rows = _stripped(rows, keyed and strip)
        for start in range(0, len(order), BATCH):
            yield Block((rows.take(order[start : start + BATCH]),))


def merged_blocks(runs: Sequence[Block], keyed: bool, reverse: bool, strip: bool, size: int = WINDOW_BYTES) -> Morsels:
    """Yield the rows of sorted blocks in one order, as `merged` does."""
    whole = sum(chunk.estimated_bytes for run in runs for chunk in run.chunks)
    if whole <= size:
        return merged([run.chunks for run in runs], keyed, reverse, strip, size)
    rows = max(1, size * sum(map(len, runs)) // (whole * len(runs)))
    return merged([_in_pieces(run, rows) for run in runs], keyed, reverse, strip, size)


def _in_pieces(run: Block, rows: int) -> Iterator[Chunk]:
    for chunk in map(Chunk.unread, run.chunks):
        for start in range(0, len(chunk), rows):
            yield chunk.slice(start, min(start + rows, len(chunk)))


class _Window:
    """The next rows of a run."""

    def __init__(self, run: Iterator[Chunk], size: int) -> None:
        self._run: Iterator[Chunk] | None = run
        self._size = size
        self.chunks: list[Chunk] = []

    @property
    def count(self) -> int:
        return sum(map(len, self.chunks))

    @property
    def is_last(self) -> bool:
        """Whether the run has no rows after these."""
        return self._run is None

    def fill(self) -> None:
        """Read rows until the window is full or the run ends."""
        held = sum(chunk.estimated_bytes for chunk in self.chunks)
        while self._run is not None and (held < self._size or not self.chunks):
            chunk = next(self._run, None)
            if chunk is None:
                self._run = None
            elif chunk.count:
                self.chunks.append(chunk)
                held += chunk.estimated_bytes

    def drop(self, count: int) -> None:
        """Drop the first rows."""
        while self.chunks and count >= len(self.chunks[0]):
            count -= len(self.chunks.pop(0))
        if count:
            self.chunks[0] = self.chunks[0].slice(count, len(self.chunks[0]))

    def rest(self) -> Iterator[Chunk]:
        """Return all chunks that are left."""
        return chain(self.chunks, self._run or ())


def _settled(windows: Sequence[_Window], order: Rows) -> Rows:
    """Return the part of the order that no unread row can come before, and drop its rows from the windows.

    An unread row comes after the last row of its run's window. So the part ends with the first such last row.
    """
    starts = np.cumsum([0, *(window.count for window in windows)])
    lasts = [stop - 1 for window, stop in zip(windows, starts[1:].tolist(), strict=True) if not window.is_last]
    if lasts:
        marks = np.zeros(len(order), np.bool_)
        marks[lasts] = True
        order = order[: int(marks[order].argmax()) + 1]
    taken = np.zeros(int(starts[-1]), np.intp)
    taken[order] = 1
    for window, count in zip(windows, np.add.reduceat(taken, starts[:-1]).tolist(), strict=True):
        window.drop(count)
    return order


def _stripped(chunk: Chunk, strip: bool) -> Chunk:
    return chunk.select(ROW) if strip else chunk


def _merged_in_python(windows: Sequence[_Window], keyed: bool, reverse: bool, strip: bool, size: int) -> Morsels:
    if all(window.is_last for window in windows):
        every = [row for window in windows for chunk in window.chunks for row in chunk.rows()]
        # Timsort finds the runs and merges them: n log(runs) comparisons, stable.
        rows = iter(in_python(every, keyed, reverse))
    else:
        rows = heapq.merge(*(_placed(place, window, keyed, reverse) for place, window in enumerate(windows)))
        rows = (placed.row for placed in rows)
    return pieces(pair[1] for pair in rows) if keyed and strip else pieces(rows)


class _Placed:
    """A row of a run, compared as sorted() compares: by `<` of keys alone, and by run if these are equal."""

    __slots__ = ("key", "place", "reverse", "row")

    def __init__(self, key: Any, place: int, reverse: bool, row: Any) -> None:
        self.key, self.place, self.reverse, self.row = key, place, reverse, row

    def __lt__(self, other: _Placed) -> bool:
        one, two = (other, self) if self.reverse else (self, other)
        try:
            if one.key < two.key:
                return True
        except BaseException as error:
            blame(error, row=self.row, arguments=(operator.lt, one.row, two.row))
            raise
        return self.place < other.place and not two.key < one.key


def _placed(place: int, window: _Window, keyed: bool, reverse: bool) -> Iterator[_Placed]:
    for chunk in window.rest():
        for row in chunk.rows():
            yield _Placed(total(row[0] if keyed else row, reverse), place, reverse, row)
