"""A segment over columns: the steps that are column programs, and the loops for what they leave to Python."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from glowray.kernels.loop import Loop
from glowray.kernels.morsels import Morsels
from glowray.kernels.operators.columns import Batch, ColumnStep, Rows
from glowray.kernels.pruned import batches
from glowray.rows import Block
from glowray.rows.chunk import Chunk
from glowray.vectorize.arrow.accumulate import Accumulation
from glowray.vectorize.arrow.blocks import carried, chunk_of, kind_of
from glowray.vectorize.arrow.frame import Vector, take
from glowray.vectorize.arrow.kinds import Kind

MOSTLY_BAD = 4
"""Where more than one row in so many leaves the fast path, Python runs the whole morsel."""

Run = Callable[..., Any]
ToChunk = Callable[[Kind, Vector, int], Chunk]


@dataclass(frozen=True, eq=False)
class ColumnChain:
    """The first steps of a segment as column programs.

    `kind` and `result` are those of the rows that come in and go out. `by_row` takes a row through all the row steps
    of the segment and gives it to `append`; `rest` takes the rows of `result` through the steps that are left to
    Python, with the segment's own end, None where none are left. `fold` is that of a segment's end which folds
    (by key or all rows), where columns can do it; `combine` then folds plain keyed rows in Python.
    """

    kind: Kind
    steps: tuple[ColumnStep, ...]
    by_row: Loop
    rest: Loop | None = None
    fold: Accumulation | None = None
    combine: Loop | None = None

    @property
    def result(self) -> Kind:
        return self.steps[-1].result if self.steps else self.kind


class ChainRun:
    """A column chain at work in one task; `whole` is the segment's loop over Python's rows."""

    def __init__(self, chain: ColumnChain, whole: Loop) -> None:
        self.chain = chain
        self._whole = whole

    @cached_property
    def whole(self) -> Run:
        """The segment's own loop, for rows that are not columns or left the fast path."""
        return self._whole.function()

    @cached_property
    def rest(self) -> Run | None:
        """The loop for the rows that the column steps made; None where nothing is left to do."""
        return None if self.chain.rest is None else self.chain.rest.function()

    @cached_property
    def by_row(self) -> Run:
        """The row steps for single rows."""
        return self.chain.by_row.function()

    def blocks(self, stream: Morsels, made: ToChunk = chunk_of) -> Iterator[Block | list[Any]]:
        """What comes out of the chain, as blocks of the result's kind where it has that; else as lists of rows.

        Args:
            made: how rows become the chunk of a block: `vector_chunk` leaves that to whoever wants columns.
        """
        for morsel in stream:
            if not isinstance(morsel, Block):
                yield from self._rows(morsel)
                continue
            for block, whole in batches(morsel):
                batch = self._computed(block.chunks[0])
                if batch is None:
                    yield from self._rows(whole().rows())
                elif batch.bad is None:
                    yield Block((made(self.chain.result, batch.vector, batch.length),))
                else:
                    yield from self._mended(whole(), batch)

    def parts(self, stream: Morsels) -> Iterator[tuple[Iterable[Any], Run | None]]:
        """Rows in order, each run of them with the loop that takes them on (None: they are what comes out)."""
        for morsel in stream:
            if not isinstance(morsel, Block):
                yield morsel, self.whole
                continue
            for block, whole in batches(morsel):
                batch = self._computed(block.chunks[0])
                if batch is None:
                    yield whole().rows(), self.whole
                elif batch.bad is None:
                    yield self._block(batch).rows(), self.rest
                else:
                    yield from self._around_bad(whole(), batch)

    def _computed(self, chunk: Chunk) -> Batch | None:
        """The rows that column steps make of a chunk; None where they are not for it."""
        if kind_of(chunk.shape) != self.chain.kind:
            return None
        vector, good = carried(self.chain.kind, chunk)
        batch = Batch(vector, chunk.count)
        batch.require(good)
        batch.settle()
        try:
            for step in self.chain.steps:
                step.apply(batch)
                if batch.bad is not None and np.count_nonzero(batch.bad) * MOSTLY_BAD > chunk.count:
                    return None
        except (pa.ArrowException, OverflowError):  # more than a column can hold: Python has no such limit
            return None
        return batch

    def _block(self, batch: Batch) -> Block:
        return Block((chunk_of(self.chain.result, batch.vector, batch.length),))

    def _rows(self, rows: Iterable[Any]) -> Iterator[list[Any]]:
        made: list[Any] = []
        try:
            self.by_row(rows, made.append)
        except BaseException:
            yield made  # as before any other error, the rows that come first are there
            raise
        yield made

    def _good(self, batch: Batch) -> tuple[Block, Rows, Rows]:
        """The rows of the fast path, for each the row of the morsel that it was made of, and that morsel's bad rows."""
        assert batch.bad is not None
        parents = batch.parents()
        good = np.flatnonzero(~batch.bad[parents])
        vector = take(self.chain.result, batch.vector, good)
        kept = Block((chunk_of(self.chain.result, vector, len(good)),))
        return kept, parents[good], np.flatnonzero(batch.bad)

    def _mended(self, block: Block, batch: Batch) -> Iterator[Block | list[Any]]:
        """The batch with the rows that Python makes of its bad ones, all in the order of the morsel."""
        good, parents, bad = self._good(batch)
        made: list[Any] = []
        counts: list[int] = []
        failed: BaseException | None = None
        try:
            for row in block.take(bad).rows():
                before = len(made)
                try:
                    self.by_row([row], made.append)
                finally:
                    counts.append(len(made) - before)
        except BaseException as error:
            failed = error
            good = good.slice(0, int(np.searchsorted(parents, bad[len(counts) - 1])))
            parents = parents[: len(good)]
        yield _merged(good, parents, made, np.repeat(bad[: len(counts)], counts))
        if failed is not None:
            raise failed

    def _around_bad(self, block: Block, batch: Batch) -> Iterator[tuple[Iterable[Any], Run | None]]:
        good, parents, bad = self._good(batch)
        rows = good.rows()
        start = 0
        for place in bad.tolist():
            stop = int(np.searchsorted(parents, place))
            if start < stop:
                yield rows[start:stop], self.rest
            yield block.slice(place, place + 1).rows(), self.whole
            start = stop
        yield rows[start:], self.rest


def _merged(good: Block, parents: Any, made: list[Any], origins: Any) -> Block | list[Any]:
    """Rows of columns and rows that Python made, put together in the order of the rows that they come from."""
    order = np.argsort(np.concatenate([parents, origins]), kind="stable")
    mended = Block.from_rows(made)
    both = Block.concat([good, mended])
    if not len(good) or not made or good.chunks[0].shape == mended.chunks[0].shape:
        return Block((Chunk.concat(both.chunks),)).take(order) if len(both) else both
    rows = [*good.rows(), *made]
    return [rows[place] for place in order.tolist()]
