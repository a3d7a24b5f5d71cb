"""Guarded: rows through a column program as far as that is exact, and through Python where it is not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

from glowray.kernels.base.context import TaskContext
from glowray.kernels.base.morsels import Morsels
from glowray.kernels.loops.generated_loop import Loop, Run
from glowray.kernels.loops.pruned_records import batches
from glowray.kernels.operators.columns import Batch, ColumnStep, Rows
from glowray.rows import Block
from glowray.rows.codec.chunk import Chunk
from glowray.vectorize.columns.vectors.block_vectors import carried, chunk_of, kind_of, vector_chunk
from glowray.vectorize.columns.vectors.frame import Vector, take
from glowray.vectorize.columns.vectors.kinds import Kind

MOSTLY_BAD = 4
"""Python runs the whole morsel where more than one row in so many failed a guard."""


@dataclass(frozen=True, eq=False)
class ColumnProgram:
    """Row steps over columns: rows of `kind` come in, rows of `result` go out."""

    kind: Kind
    steps: tuple[ColumnStep, ...]

    @property
    def result(self) -> Kind:
        return self.steps[-1].result if self.steps else self.kind

    def computed(self, chunk: Chunk) -> Batch | None:
        """Return the rows that the steps make of a chunk; None if it has another kind, or Python should run all of it.

        Rows that failed a guard are marked in the batch.
        """
        if kind_of(chunk.shape) != self.kind:
            return None
        vector, good = carried(self.kind, chunk)
        batch = Batch(vector, chunk.count)
        batch.require(good)
        batch.settle()
        try:
            for step in self.steps:
                step.apply(batch)
                if batch.bad is not None and np.count_nonzero(batch.bad) * MOSTLY_BAD > chunk.count:
                    return None
        except (pa.ArrowException, OverflowError):  # more than a column can hold: Python has no such limit
            return None
        return batch


@dataclass(frozen=True, eq=False)
class Guarded:
    """The operator that runs `fast`, and `slow` for what that leaves to Python.

    Rows that failed a guard, blocks of another kind and Python's own rows go through `slow`, a loop over the same steps
    that appends. What it makes stands where the rows stood: `[1, 2**63, 3]` through `x + 1` → `[2, 2**63 + 1, 4]`, of
    which Python computed the second. `gives_rows`: what follows is Python. `builds_late`: what follows splits
    the blocks, so their columns are built after that.
    """

    fast: ColumnProgram
    slow: Loop
    gives_rows: bool = False
    builds_late: bool = False

    @property
    def takes_blocks(self) -> bool:
        return True

    @property
    def loops(self) -> tuple[Loop, ...]:
        return (self.slow,)

    def run(self, stream: Morsels, task: TaskContext) -> Morsels:
        return _Run(self).morsels(stream)


class _Run:
    """A guarded program at work in one task."""

    def __init__(self, guarded: Guarded) -> None:
        self.fast, self._slow, self.gives_rows = guarded.fast, guarded.slow, guarded.gives_rows
        self._chunk = vector_chunk if guarded.builds_late else chunk_of

    @cached_property
    def slow(self) -> Run:
        return self._slow.function()

    def morsels(self, stream: Morsels) -> Iterator[Block | list[object]]:
        for morsel in stream:
            if not isinstance(morsel, Block):
                yield from self._by_row(morsel)
                continue
            for block, whole in batches(morsel):
                batch = self.fast.computed(block.chunks[0])
                if batch is None:
                    yield from self._by_row(whole().rows())
                elif batch.bad is None:
                    yield self._block(batch.vector, batch.length)
                else:
                    yield from self._mended(whole(), batch)

    def _block(self, vector: Vector, length: int) -> Block:
        return Block((self._chunk(self.fast.result, vector, length),))

    def _by_row(self, rows: Iterable[object]) -> Iterator[list[object]]:
        made: list[object] = []
        try:
            self.slow(rows, made.append)
        except BaseException:
            yield made  # as before any other error, the rows that come first are there
            raise
        yield made

    def _good(self, batch: Batch) -> tuple[Block, Rows, Rows]:
        """Return the rows that passed, for each the row of the morsel that it was made of, and the rows that failed."""
        assert batch.bad is not None
        parents = batch.parents()
        good = np.flatnonzero(~batch.bad[parents])
        kept = Block((chunk_of(self.fast.result, take(self.fast.result, batch.vector, good), len(good)),))
        return kept, parents[good], np.flatnonzero(batch.bad)

    def _mended(self, block: Block, batch: Batch) -> Iterator[Block | list[object]]:
        """Yield the batch with the rows that Python makes of those that failed, all in the order of the morsel."""
        good, parents, bad = self._good(batch)
        made: list[object] = []
        counts: list[int] = []
        failed: BaseException | None = None
        try:
            for row in block.take(bad).rows():
                before = len(made)
                try:
                    self.slow([row], made.append)
                finally:
                    counts.append(len(made) - before)
        except BaseException as error:
            failed = error
            good = good.slice(0, int(np.searchsorted(parents, bad[len(counts) - 1])))
            parents = parents[: len(good)]
        yield _merged(good, parents, made, np.repeat(bad[: len(counts)], counts), self.gives_rows)
        if failed is not None:
            raise failed


def _merged(good: Block, parents: Rows, made: list[object], origins: Rows, as_list: bool) -> Block | list[object]:
    """Return the rows of columns and those that Python made, in the order of the rows that they come from."""
    order = np.argsort(np.concatenate([parents, origins]), kind="stable")
    if not as_list:
        mended = Block.from_rows(made)
        both = Block.concat([good, mended])
        if not len(good) or not made or good.chunks[0].shape == mended.chunks[0].shape:
            return Block((Chunk.concat(both.chunks),)).take(order) if len(both) else both
    rows = [*good.rows(), *made]
    return [rows[place] for place in order.tolist()]
