"""Steps that fold a whole partition into one row, over columns where their function is known."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from glowray.functions import Cause, Function
from glowray.functions.combiner import Zero
from glowray.kernels.base.context import TaskContext
from glowray.kernels.base.morsels import Morsels, as_rows
from glowray.kernels.base.row_levels import NOT_FOLDED
from glowray.kernels.base.steps import Step
from glowray.kernels.keys.combiners import reducer_cause
from glowray.kernels.keys.reducer_call import blame_reducer, reducer_call
from glowray.kernels.loops.generated_loop import Loop
from glowray.kernels.partition.partition_steps import PartitionStep
from glowray.rows import Block
from glowray.vectorize.columns.folds.accumulations import Accumulation
from glowray.vectorize.columns.vectors.block_vectors import vector_of
from glowray.vectorize.columns.vectors.kinds import Kind


@dataclass(frozen=True, slots=True)
class ReduceStep(PartitionStep):
    """One row: `function(accumulator, row)` over the rows from left to right; none for none.

    The accumulator starts as a copy of `zero`, without one as the first row.
    """

    function: Function
    zero: Zero | None = None

    @property
    def functions(self) -> tuple[Function, ...]:
        return (self.function,)

    def apply(self, rows: Iterator[Any], context: TaskContext) -> Iterator[Any]:
        for first in rows:
            known = first if self.zero is None else self._folded(self.zero.fresh(), iter([first]))
            yield self._folded(known, rows)

    def cause(self, row: Any, arguments: tuple[Any, ...] | None = None) -> Cause:
        return reducer_cause(self.function, row, arguments)

    def _folded(self, known: Any, rows: Iterator[Any]) -> Any:
        call = reducer_call(self.function)
        for value in rows:
            try:  # it costs nothing, and an error of `rows` is not this step's
                known = call(known, value)
            except BaseException as error:
                blame_reducer(error, self, known, value)
                raise
        return known

    def resumed(self, started: list[Any], rows: Iterator[Any], context: TaskContext) -> Iterator[Any]:
        """Yield the one row of a fold that has begun with what is in `started`, if there is any."""
        if not started:
            yield from self.apply(rows, context)
            return
        (known,) = started
        yield self._folded(known, rows)


@dataclass(frozen=True, slots=True)
class FoldColumns:
    """The operator that reduces columns of a kind; Python goes on from where those are not exact."""

    step: ReduceStep
    fold: Accumulation
    kind: Kind

    takes_blocks: ClassVar[bool] = True
    loops: ClassVar[tuple[Loop, ...]] = ()

    @property
    def steps(self) -> tuple[Step, ...]:
        return (self.step,)

    def run(self, stream: Morsels, task: TaskContext) -> Morsels:
        known: list[Any] = []
        place = task.levels.place
        for morsel in stream:
            folded = _folded(self.fold, self.kind, known, morsel) if isinstance(morsel, Block) else None
            if folded is None or not isinstance(morsel, Block):
                task.levels.fall(place)
                rest = as_rows(itertools.chain([morsel], stream))
                rows = task.levels.noted(self.step, rest, lambda: (NOT_FOLDED, ""))
                return iter([self.step.resumed(known, itertools.chain.from_iterable(rows), task)])
            task.levels.come(self, len(morsel))
            known, place = folded, task.levels.place
        return iter([known])


def _folded(fold: Accumulation, kind: Kind, known: list[Any], block: Block) -> list[Any] | None:
    """What is known and then the rows of a block, folded; None where only Python is exact."""
    for chunk in block.chunks:
        values = vector_of(kind, chunk)
        lifted = None if values is None else fold.lifted(values, len(chunk))
        if lifted is None:
            return None
        if len(chunk):
            made = fold.fold.fold_column(lifted, known[0] if known else fold.zero)
            if made is None:
                return None
            known = [made]
    return known


@dataclass(frozen=True, slots=True)
class DefaultIfEmpty(PartitionStep):
    """The rows, or one row made from `zero` where there is none."""

    zero: Zero

    def apply(self, rows: Iterator[Any], context: TaskContext) -> Iterator[Any]:
        empty = True
        for row in rows:
            empty = False
            yield row
        if empty:
            yield self.zero.fresh()
