"""The first rows of an order, without a sort of the others. Rows with typed keys stay columns."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain, groupby
from operator import itemgetter
from typing import Any

from glowray.kernels.base.morsels import BATCH, Morsel, Morsels, as_rows
from glowray.kernels.sort.key_order import top_rows
from glowray.kernels.sort.run_merge import KEY, ROW
from glowray.kernels.sort.word_order import first_rows
from glowray.rows import Block
from glowray.rows.codec.chunk import Chunk
from glowray.rows.codec.chunk_concat import together
from glowray.rows.keys.sort_words import sort_levels


def best_rows(stream: Morsels, n: int, keyed: bool, reverse: bool, strip: bool) -> Morsels:
    """Yield the n largest rows of `stream`, descending (smallest, ascending, if `reverse`), ties in input order.

    Args:
        stream: morsels of rows. None is read if n is 0.
        n: the number of rows.
        keyed: rows are (key, row) pairs, ordered by key.
        reverse: smallest first.
        strip: yield the rows of the pairs.
    """
    if not n:
        return
    best = _Best(n, keyed, reverse)
    for is_columns, morsels in groupby(stream, _is_columns):
        if is_columns:
            best.add_blocks(morsels)
        else:
            best.add_rows(chain.from_iterable(as_rows(morsels)))
    yield from best.given(keyed and strip)


def _is_columns(morsel: Morsel) -> bool:
    return isinstance(morsel, Block)


class _Best:
    """The best rows so far: as chunks, which may hold more than n rows, or as Python's rows."""

    def __init__(self, n: int, keyed: bool, reverse: bool) -> None:
        self.n, self.keyed, self.reverse = n, keyed, reverse
        self.chunks: list[Chunk] = []
        self.rows: list[Any] = []

    def add_rows(self, rows: Iterable[Any]) -> None:
        known = [row for chunk in self.chunks for row in chunk.rows()] + self.rows
        self.chunks = []
        key = itemgetter(0) if self.keyed else _itself
        self.rows = top_rows(chain(known, rows), self.n, key, self.reverse)

    def add_blocks(self, blocks: Iterable[Any]) -> None:
        if self.rows:
            self.chunks, self.rows = [Chunk.from_rows(self.rows)], []
        chunks = (chunk for block in blocks for chunk in block.chunks)
        for chunk in chunks:
            self.chunks.append(chunk)
            if not self._prune():
                self.add_rows(row for chunk in chunks for row in chunk.rows())

    def given(self, strip: bool) -> Morsels:
        """Yield the n best rows in order."""
        if self.chunks:
            found = self._first(together(self.chunks))
            if found is not None:
                yield Block((found.select(ROW) if strip else found,))
                return
            self.add_rows(())
        yield [pair[1] for pair in self.rows] if strip else self.rows

    def _prune(self) -> bool:
        """Drop rows that are not among the n best, once there are many. Return False if Python has to compare them."""
        enough = 2 * self.n
        if len(self.chunks[-1]) > enough:
            found = self._first(self.chunks[-1])
            if found is None:
                return False
            self.chunks[-1] = found
        if sum(map(len, self.chunks)) > max(enough, BATCH):
            found = self._first(together(self.chunks))
            if found is None:
                return False
            self.chunks = [found]
        return True

    def _first(self, rows: Chunk) -> Chunk | None:
        # The largest come first, so `reverse` of a sort is the opposite.
        levels = sort_levels(rows.select(KEY) if self.keyed else rows, not self.reverse)
        return None if levels is None else rows.take(first_rows(levels, len(rows), self.n))


def _itself(row: Any) -> Any:
    return row
