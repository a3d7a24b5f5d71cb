"""A segment compiled: the operators that run its row steps and what takes their rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby

from glowray.kernels.base.steps import RowStep, Step
from glowray.kernels.compiled.guarded import ColumnProgram, Guarded
from glowray.kernels.compiled.guarded_fold import GuardedFold
from glowray.kernels.compiled.local_combine import FoldIntoTable, ResumedTable
from glowray.kernels.compiled.long_chain import MOST_NESTED
from glowray.kernels.compiled.row_loop import Append, CountOnly, LoopEnd, NestedLoops, RowLoop, Yield
from glowray.kernels.ends.exchange import ByKey, Count, Exchange, OneBlock
from glowray.kernels.ends.sources import Source
from glowray.kernels.keys.combiners import CombineStep
from glowray.kernels.keys.fold_table import FoldTable, pair_kind
from glowray.kernels.loops.generated_loop import Loop
from glowray.kernels.partition.fold_steps import ReducedColumns, ReduceStep
from glowray.kernels.partition.join_step import JoinInPlace, KeepKeys
from glowray.kernels.partition.partition_steps import BlockStep, PartitionStep, PassOn
from glowray.kernels.task.fragment import Decision
from glowray.kernels.task.segment import Segment, segments
from glowray.kernels.task.task_operator import TaskOperator
from glowray.physical.compile.columns import Columns, Folding, columns_of
from glowray.physical.compile.loop_code import loop_over, record_loop, whole_loop
from glowray.rows.types.kinds import Kind, TupleOf


@dataclass(frozen=True)
class SegmentPlace:
    """A segment within a fragment: what it reads, where its rows go, and what stands around it.

    `prunes`: readers may read only the columns that are looked at.
    """

    segment: Segment
    source: Source
    exchange: Exchange
    is_first: bool
    is_last: bool
    prunes: bool

    @property
    def _takes_blocks(self) -> bool:
        """Whether what takes the segment's rows takes them as columns."""
        return self.segment.end is None or isinstance(self.segment.end, BlockStep)

    @property
    def end(self) -> LoopEnd:
        """The end of a loop over the segment's rows."""
        end = self.segment.end
        if isinstance(end, CombineStep):
            return FoldIntoTable(end, to_blocks=self.is_last)
        if isinstance(end, JoinInPlace):
            return KeepKeys(end)
        if end is not None:
            return Yield()
        return CountOnly() if isinstance(self.exchange, Count) else Append()

    def loop(self, row_type: type | None, vectorize: bool) -> Loop:
        """Return the loop over all of the segment's row steps."""
        return whole_loop(self.segment, self.end, self.source, row_type, vectorize)

    def columns(self, kind: Kind) -> Columns:
        """Return how far the segment runs over columns of a kind of rows."""
        end = self.segment.end
        return columns_of(self.segment.rows, end if isinstance(end, Folding) else None, kind, self._takes_blocks)

    def is_columns(self, found: Columns) -> bool:
        """Return whether some of the segment runs over columns."""
        return bool(found.steps) or (not self.segment.rows and (found.fold is not None or self._takes_blocks))

    def kind_after(self, found: Columns, kind: Kind) -> Kind | None:
        """Return the kind of the rows that come out, if they come as columns."""
        end, result = self.segment.end, found.steps[-1].result if found.steps else kind
        if not self.is_columns(found):
            return None
        if found.fold is not None:
            is_pair = isinstance(end, CombineStep) and isinstance(result, TupleOf)
            return TupleOf((result.fields[0], found.fold.kind)) if is_pair and isinstance(result, TupleOf) else None
        if len(found.steps) < len(self.segment.rows) or not self._takes_blocks:
            return None
        return end.kind_after(result) if isinstance(end, BlockStep) else result

    def over_columns(self, found: Columns, kind: Kind, whole: Loop) -> list[TaskOperator]:
        """Return the operators of a segment that runs over columns as far as was found, and from there in Python."""
        end, count = self.segment.end, len(found.steps)
        program = ColumnProgram(kind, tuple(found.steps))
        rest = self.segment.rows[count:]
        if isinstance(self.end, Append) and not rest:
            slow = whole
        else:
            slow = self._loop(self.segment.rows[:count], None, Append(), kind)
        guarded = Guarded(program, slow, self.segment.rows[:count])
        if found.fold is not None and isinstance(end, CombineStep):
            pair = pair_kind(program.result)
            assert pair is not None
            combine = self._loop((), end, self.end, program.result, whole.cells)
            table = partial(FoldTable, pair, found.fold)
            return [replace(guarded, builds_late=True), GuardedFold(end, table, ResumedTable(end, combine))]
        if found.fold is not None and isinstance(end, ReduceStep):
            return [guarded, GuardedFold(end, partial(ReducedColumns, program.result, found.fold), end)]
        if rest or isinstance(end, CombineStep):
            loop = self._loop(rest, end, self.end, program.result, whole.cells)
            first = [replace(guarded, gives_rows=True)] if found.steps else []
            return [*first, RowLoop(loop, self.end, draws=not self.is_first), *self._after_loop()]
        if end is None:
            splits = isinstance(self.exchange, ByKey) and self.exchange.outputs > 1
            return [replace(guarded, builds_late=splits)] if found.steps else []
        assert isinstance(end, PartitionStep)
        first = [replace(guarded, gives_rows=not end.takes_blocks)] if found.steps else []
        return [*first, *_partition(end)]

    def over_rows(self, whole: Loop, kind: Kind | None, vectorize: bool) -> tuple[Source, list[TaskOperator]]:
        """Return the source, which may read less than before, and the operators of a segment of Python's rows."""
        end = self.segment.end
        if not self.segment.rows and not isinstance(end, CombineStep):
            return self.source, [] if end is None else _partition(end)
        source, records = self.source, None
        if vectorize and self.segment.rows:
            source, records = record_loop(
                self.segment, self.end, self.source, kind, whole.cells, self.is_first, self.prunes
            )
        return source, [RowLoop(whole, self.end, records, draws=not self.is_first), *self._after_loop()]

    def decisions(self, whole: Loop, found: Columns | None) -> list[Decision]:
        """Return at which level each step runs, and why."""
        counts = [len(step.parts) for step in self.segment.rows] + [1]
        reasons = [""] * len(counts) if found is None else found.reasons
        by_part = [reason for reason, count in zip(reasons, counts, strict=True) for _ in range(count)]
        return list(map(Decision, whole.steps, whole.reasons, by_part))

    def _after_loop(self) -> list[TaskOperator]:
        """Return the step that takes the rows of a loop, where that is no part of the loop."""
        end = self.segment.end
        return _partition(end) if isinstance(end, PartitionStep) and not isinstance(end, JoinInPlace) else []

    def _loop(
        self, rows: tuple[RowStep, ...], last: CombineStep | PartitionStep | None, end: LoopEnd, kind: Kind,
        cells: int | None = None,
    ) -> Loop:  # fmt: skip
        row_type = kind if isinstance(kind, type) else None
        return loop_over(Segment(rows, last), end, self.source, row_type, True, cells)[0]


def _partition(step: CombineStep | PartitionStep) -> list[TaskOperator]:
    """Return a step of whole partitions as the operator that it is; one that only passes rows on is none."""
    return [step] if isinstance(step, PartitionStep) and not isinstance(step, PassOn) else []


def plain_operators(source: Source, steps: Sequence[Step]) -> tuple[TaskOperator, ...]:
    """Return operators that call the functions of steps, and make a row when the next operator asks for it."""
    found: list[TaskOperator] = []
    for segment in segments((*steps, PassOn("", "")))[:-1]:
        at = SegmentPlace(segment, source, OneBlock(), False, False, False)
        found += at.over_rows(at.loop(None, False), None, False)[1]
    return not_too_deep(found)


def not_too_deep(operators: Sequence[TaskOperator]) -> tuple[TaskOperator, ...]:
    """Return operators of which only a few draw rows through one another: many such loops are one operator."""
    found: list[TaskOperator] = []
    for nests, run in groupby(operators, _only_yields):
        each = list(run)
        if nests and len(each) > MOST_NESTED:
            each = [NestedLoops(tuple(loop for operator in each for loop in operator.loops))]
        found += each
    return tuple(found)


def _only_yields(operator: TaskOperator) -> bool:
    return isinstance(operator, RowLoop) and isinstance(operator.end, Yield) and operator.records is None
