"""Steps that fold a whole partition into one row, over columns where their function is known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from glowray.functions import Cause, Function
from glowray.functions.combiner import Zero
from glowray.kernels.base.context import TaskContext
from glowray.kernels.base.morsels import Morsels
from glowray.kernels.keys.combiners import reducer_cause
from glowray.kernels.keys.reducer_call import blame_reducer, reducer_call
from glowray.kernels.partition.partition_steps import PartitionStep
from glowray.rows import Block
from glowray.rows.types.kinds import Kind
from glowray.vectorize.columns.folds.accumulations import Accumulation
from glowray.vectorize.columns.vectors.block_vectors import vector_of


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

    def resumed(self, started: Iterable[Any], rows: Iterator[Any], context: TaskContext) -> Morsels:
        """Return the one row of a fold that began with the row in `started`, if there is one."""
        known = list(started)
        return iter([self._resumed(known[0], rows) if known else self.apply(rows, context)])

    def _resumed(self, known: Any, rows: Iterator[Any]) -> Iterator[Any]:
        yield self._folded(known, rows)


class ReducedColumns:
    """Rows of a kind on their way to one row, folded block by block from left to right."""

    def __init__(self, kind: Kind, fold: Accumulation) -> None:
        self._kind, self._fold = kind, fold
        self._known: list[Any] = []

    def add(self, block: Block) -> bool:
        """Fold the rows of a block. Return False, and fold none, if only Python is exact."""
        known = self._known
        for chunk in block.chunks:
            values = vector_of(self._kind, chunk)
            lifted = None if values is None else self._fold.lifted(values, len(chunk))
            if lifted is None:
                return False
            if len(chunk):
                made = self._fold.fold.fold_column(lifted, known[0] if known else self._fold.zero)
                if made is None:
                    return False
                known = [made]
        self._known = known
        return True

    def fold(self) -> bool:
        return True

    def folded(self) -> list[Any]:
        return self._known

    def gathered(self) -> Block:
        return Block()


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
