"""Guarded: rows through a column program as far as that is exact, and through Python where it is not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
import pyarrow as pa

from glowray.kernels.base.context import TaskContext
from glowray.kernels.base.morsels import Morsels, PieceSize, cut
from glowray.kernels.base.row_levels import Why, example_of
from glowray.kernels.base.steps import RowStep, Step
from glowray.kernels.loops.generated_loop import Loop, Run
from glowray.kernels.loops.pruned_records import batches
from glowray.kernels.operators.columns import Batch, ColumnStep, Rows
from glowray.rows import Block
from glowray.rows.codec.chunk import Chunk
from glowray.rows.types.kinds import Kind
from glowray.rows.types.shape_kinds import kind_of
from glowray.vectorize.columns.vectors.block_vectors import carried, chunk_of, vector_chunk
from glowray.vectorize.columns.vectors.frame import Vector, rows_of, take

MOSTLY_BAD = 4
"""Python runs the whole morsel where more than one row in so many failed a guard."""

OTHER_KIND = "it is of another kind than the first rows"
NOT_COLUMNS = "it came as an object of Python"
TAKES_ALL = " (of a batch in which so many rows fail, Python runs all)"
HOLDS_NONE = "it holds a list with None"


@dataclass(frozen=True, eq=False)
class ColumnProgram:
    """Row steps over columns: rows of `kind` come in, rows of `result` go out."""

    kind: Kind
    steps: tuple[ColumnStep, ...]

    @property
    def result(self) -> Kind:
        return self.steps[-1].result if self.steps else self.kind

    def computed(self, chunk: Chunk) -> Batch | LeftColumns:
        """Return the rows that the steps make of a chunk. Rows that failed a guard are marked in the batch.

        Return LeftColumns if the chunk has another kind, or Python should run all of it.
        """
        if kind_of(chunk.shape) != self.kind:
            return LeftColumns(0, OTHER_KIND)
        vector, good = carried(self.kind, chunk)
        batch = Batch(vector, chunk.count)
        batch.place = -1
        batch.require(good)
        try:
            for batch.place, step in enumerate(self.steps):
                step.apply(batch)
                if batch.bad is not None and np.count_nonzero(batch.bad) * MOSTLY_BAD > chunk.count:
                    return LeftColumns(batch.place, "", batch.failures[-1].first, takes_all=True)
        except (pa.ArrowException, OverflowError) as error:  # more than a column can hold: Python has no such limit
            return LeftColumns(batch.place, f"columns cannot hold it: {error}")
        return batch

    def failed_row(self, chunk: Chunk, place: int) -> object:
        """Return the row that the step at a place was given, for a chunk of one row that failed there.

        If a step before it made several rows of the one, it is the first that fails alone.
        """
        vector, _ = carried(self.kind, chunk)
        batch = Batch(vector, 1)
        for step in self.steps[:place]:
            step.apply(batch)
        kind = self.steps[place - 1].result if place else self.kind
        rows = [take(kind, batch.vector, np.array([row])) for row in range(batch.length)]
        failing = (row for row in rows if _fails(self.steps[place], row))
        return rows_of(kind, next(failing, rows[0]))[0]


@dataclass(frozen=True, slots=True)
class LeftColumns:
    """Why rows left the columns: the place of the step, the reason, and the number of a row that failed.

    The reason is "" for a guard of the step. `takes_all`: so many rows failed that Python runs the whole chunk.
    """

    place: int
    reason: str
    row: int = 0
    takes_all: bool = False


def _fails(step: ColumnStep, row: Vector) -> bool:
    batch = Batch(row, 1)
    step.apply(batch)
    return bool(batch.failures)


@dataclass(frozen=True, eq=False)
class Guarded:
    """The operator that runs `fast`, and `slow` for what that leaves to Python.

    Rows that failed a guard, blocks of another kind and Python's own rows go through `slow`, a loop over the same steps
    that appends. Its results take the places of their rows: `[1, 2**63, 3]` through `x + 1` → `[2, 2**63 + 1, 4]`.
    Python computed the second. `rows` are the steps. `gives_rows`: what follows is Python. `builds_late`: what
    follows splits the blocks, so their columns are built after that.
    """

    fast: ColumnProgram
    slow: Loop
    rows: tuple[RowStep, ...]
    gives_rows: bool = False
    builds_late: bool = False

    @property
    def takes_blocks(self) -> bool:
        return True

    @property
    def loops(self) -> tuple[Loop, ...]:
        return (self.slow,)

    @property
    def steps(self) -> tuple[Step, ...]:
        return self.rows

    def run(self, stream: Morsels, task: TaskContext) -> Morsels:
        return _Run(self, task).morsels(stream)


class _Run:
    """A guarded program at work in one task."""

    def __init__(self, guarded: Guarded, task: TaskContext) -> None:
        self._guarded, self._levels = guarded, task.levels
        self.fast, self._slow, self.gives_rows = guarded.fast, guarded.slow, guarded.gives_rows
        self._size = PieceSize()
        self._chunk = vector_chunk if guarded.builds_late else chunk_of

    @cached_property
    def slow(self) -> Run:
        return self._slow.function()

    def morsels(self, stream: Morsels) -> Iterator[Block | list[object]]:
        for morsel in stream:
            if not isinstance(morsel, Block):
                yield from self._python_rows(morsel)
                continue
            for block, whole in batches(morsel):
                batch = self.fast.computed(block.chunks[0])
                self._levels.come(self._guarded, len(block))
                if isinstance(batch, LeftColumns):
                    self._hand(batch.place, len(block), partial(self._why, block, batch))
                    yield from self._by_row(whole().rows())
                elif batch.bad is None:
                    yield self._block(batch.vector, batch.length)
                else:
                    for failed in batch.failures:
                        left = LeftColumns(failed.place, "", failed.first)
                        self._hand(failed.place, failed.count, partial(self._why, block, left))
                    yield from self._mended(whole(), batch)

    def _python_rows(self, rows: Iterable[object]) -> Iterator[list[object]]:
        """Yield what Python makes of a morsel of its own rows. A lazy one is not read ahead."""
        if not isinstance(rows, (list, range)):
            yield from self._by_row(self._handed(rows))
            return
        for piece in cut([rows], self._size):
            for made in self._by_row(self._handed(piece)):
                self._size.note_made(len(piece), made)
                yield made

    def _hand(self, place: int, count: int, why: Why) -> None:
        if self._guarded.rows:  # without steps Python only makes the rows; whatever takes them counts them
            self._levels.hand(self._guarded, self._guarded.rows[max(place, 0)], count, why)

    def _handed(self, rows: Iterable[object]) -> Iterator[object]:
        """Yield rows that came as Python's objects, and count them once they are through."""
        count, first = 0, None
        try:
            for count, row in enumerate(rows, 1):
                first = row if count == 1 else first
                yield row
        finally:
            if count:
                self._levels.come(self._guarded, count)
                self._hand(0, count, lambda: (NOT_COLUMNS, example_of(first)))

    def _why(self, block: Block, left: LeftColumns) -> tuple[str, str]:
        """Return the reason why a row left the columns, and the row as the step was given it."""
        reason = left.reason or (HOLDS_NONE if left.place < 0 else self._guard_of(left.place))
        row = block.slice(left.row, left.row + 1)
        reason += TAKES_ALL if left.takes_all else ""
        is_whole = left.reason or left.place <= 0  # the step was given the row as it came in
        return reason, example_of(row.rows()[0] if is_whole else self.fast.failed_row(row.chunks[0], left.place))

    def _guard_of(self, place: int) -> str:
        names = ", ".join(dict.fromkeys(self.fast.steps[place].constructs))
        return f"columns do not compute {names} of it exactly" if names else "columns do not compute it exactly"

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
