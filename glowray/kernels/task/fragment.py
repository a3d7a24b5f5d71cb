"""A task's program: a source, operators, an exchange; and how it runs on one partition."""

from __future__ import annotations

import itertools
import operator
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from glowray.functions import Function
from glowray.kernels.base.context import TaskContext, running
from glowray.kernels.base.morsels import MORSEL, Morsels, whole_pieces
from glowray.kernels.base.row_levels import RowLevels
from glowray.kernels.base.steps import Step
from glowray.kernels.ends.buckets import Stored
from glowray.kernels.ends.exchange import Exchange
from glowray.kernels.ends.sources import ArrivingSource, Blocks, Source
from glowray.kernels.loops.failed_step import blamed_lazily, failure_of
from glowray.kernels.partition.partition_steps import LimitStep
from glowray.kernels.task.operator_times import OperatorTimes
from glowray.kernels.task.own_row import find_own_row
from glowray.kernels.task.saved_tasks import TaskSaver
from glowray.kernels.task.task_operator import PlainOperators, TaskOperator
from glowray.kernels.task.task_output import TaskOutput
from glowray.kernels.task.task_report import TaskReport
from glowray.rows import Block

_ENDED = object()
_FIRST = operator.itemgetter(0)


@dataclass(frozen=True, slots=True)
class Decision:
    """The level of a step: over columns if `not_columns` is None, else inlined if `not_inlined` is None, else called.

    Otherwise both are reasons. `not_columns` is "" if the rows never were columns.
    """

    step: Step
    not_inlined: str | None
    not_columns: str | None


@dataclass(frozen=True, slots=True)
class Fragment:
    """The program of the tasks of a stage's branch. `operators` are the compiled form of `steps`.

    `partial` tasks give the rows before a failure beside the failure: take() and iteration may never reach it. The last
    `beside` inputs of a task are for its steps. `decisions` tell explain() the level of each step. `refused` is why no
    function of the fragment is compiled; None if each function was decided alone. `reads_blocks`: the source gives
    columns if it can. `plain` makes the operators of steps that are called. `saver` saves the output of tasks.
    """

    source: Source
    steps: tuple[Step, ...]
    exchange: Exchange
    partial: bool = False
    operators: tuple[TaskOperator, ...] = ()
    beside: int = 0
    refused: str | None = None
    decisions: tuple[Decision, ...] = ()
    reads_blocks: bool = False
    plain: PlainOperators | None = None
    saver: TaskSaver | None = None

    def run(
        self, partition: int, inputs: Sequence[Sequence[Block]], offset: int = 0, memory: int | None = None
    ) -> tuple[TaskReport, Sequence[Stored] | None]:
        """Run it on one partition, and save the task's output if there is a saver."""
        report, stored = run(self, partition, inputs, offset, memory)
        if self.saver is not None and stored is not None and report.failure is None:
            self.saver.save(report, stored)
        return report, stored

    @property
    def functions(self) -> list[Function]:
        """The user's functions."""
        return [function for step in (self.source, *self.steps) for function in step.functions]

    @property
    def last_verb(self) -> str:
        """The verb that makes the task's rows."""
        makers = [self.source, *(step for step in self.steps if not isinstance(step, LimitStep))]
        return makers[-1].verb


def run(
    fragment: Fragment,
    partition: int,
    inputs: Sequence[Sequence[Block]],
    offset: int = 0,
    memory: int | None = None,
) -> tuple[TaskReport, Sequence[Stored] | None]:
    """Run a fragment on one partition. The report carries a user's exception; blocks come with it only if `partial`."""
    started = time.perf_counter()
    run = _begun(fragment, partition, inputs, offset, memory)
    blocks: Sequence[Stored] | None = None
    with running(run.context):
        try:
            for _ in run.pieces():
                pass
            blocks = run.finish()
        except BaseException as error:
            run.fail(error)
            if fragment.partial:
                blocks = run.finish()
    return run.reported(time.perf_counter() - started), blocks


def flow(
    fragment: Fragment,
    partition: int,
    inputs: Sequence[Sequence[Any]],
    offset: int = 0,
    memory: int | None = None,
) -> Iterator[tuple[TaskReport, Sequence[Stored]] | None]:
    """Run a fragment on rows that arrive meanwhile. Yield the news after each piece of rows, or None for no news.

    The rows before a failure come with it.
    """
    run = _begun(fragment, partition, inputs, offset, memory)
    run.context.piece = 1
    pieces = run.pieces()
    seconds, final = 0.0, False
    while not final:
        started = time.perf_counter()
        with running(run.context):
            try:
                final = next(pieces, _ENDED) is _ENDED
                blocks = run.finish()
            except BaseException as error:
                final = True
                run.fail(error)
                blocks = run.finish()
        seconds += time.perf_counter() - started
        if final or run.has_news:
            yield run.reported(seconds, final=final), blocks
            seconds = 0.0
            run.begin()
        else:
            yield None


def _begun(
    fragment: Fragment, partition: int, inputs: Sequence[Sequence[Any]], offset: int, memory: int | None
) -> _Run:
    own = len(inputs) - fragment.beside
    may_stop = fragment.partial or any(step.may_stop for step in fragment.steps)
    head = fragment.operators[0] if fragment.operators and fragment.source.keeps_rows else None
    context = TaskContext(partition, offset, memory, inputs[own:], may_stop=may_stop, levels=RowLevels(head))
    return _Run(fragment, context, inputs[:own])


class _Run:
    """One run of a fragment: its output so far and its report."""

    def __init__(self, fragment: Fragment, context: TaskContext, inputs: Sequence[Sequence[Any]]) -> None:
        self.fragment, self.context, self.inputs = fragment, context, inputs
        self.times = OperatorTimes()
        self.begin()

    def begin(self) -> None:
        """Begin a new report and a new output."""
        self.report = TaskReport(self.context.partition)
        self.output = TaskOutput(self.fragment.exchange, self.inputs, self.context, self.fragment.last_verb)

    def pieces(self) -> Iterator[None]:
        """Run the rows through all operators into the output. Yield after each piece."""
        source = self.fragment.source
        read = source.columns if self.fragment.reads_blocks else source.morsels
        stream = self.times.timed(lambda: self._counted(blamed_lazily(source, read(self.inputs, self.context))))
        for each in self.fragment.operators:
            stream = self.times.timed(partial(each.run, stream, self.context))
        size = self.context.piece if self.fragment.operators else MORSEL
        for piece in whole_pieces(stream, size):
            self.output.take(piece)
            del piece  # frees its rows before the next are made
            yield

    def fail(self, error: BaseException) -> None:
        fragment = self.fragment
        find = partial(find_own_row, fragment.source, fragment.steps, fragment.plain, self.inputs, self.context)
        self.report.failure = failure_of(error, fragment.source, self.context.partition, find)

    def finish(self) -> Sequence[Stored]:
        return self.output.finish(self.report)

    @property
    def has_news(self) -> bool:
        """Whether the report has more to tell than the number of rows read."""
        context = self.context
        return bool(self.report.rows_out or context.skipped or context.counters or context.parts)

    def reported(self, seconds: float, *, final: bool = True) -> TaskReport:
        """Return the report, completed with the facts that the context collected."""
        report, context = self.report, self.context
        report.final, report.seconds, report.spilled = final, seconds, context.spilled + self.output.spilled
        report.ended = context.ended
        report.worker = f"process {os.getpid()}"
        report.began, report.times = time.time() - seconds, self.times.taken()
        report.failed_rows = context.levels.failed_of(report.rows_in)
        report.handed = context.levels.taken(self.fragment.source, self.fragment.steps)
        report.skipped, report.errors, report.first_errors, report.counters, report.parts = context.taken()
        return report

    def _counted(self, morsels: Morsels) -> Morsels:
        """Return the same morsels, and count their rows in the report."""
        if self.inputs and not isinstance(self.fragment.source, ArrivingSource):
            # A source may make fewer rows than its inputs have (groups), or more (pairs): the inputs count.
            source = self.fragment.source
            sides = source.sides if isinstance(source, Blocks) else None
            self.report.rows_in = sum(len(block) for side in self.inputs[:sides] for block in side)
            return morsels
        return self._counted_one_by_one(morsels)

    def _counted_one_by_one(self, morsels: Morsels) -> Morsels:
        for morsel in morsels:
            if isinstance(morsel, (list, range, tuple, Block)):
                self.report.rows_in += len(morsel)
                yield morsel
                continue
            counter = itertools.count()
            try:
                # zip counts in C as rows are taken: it draws a number only after it got a row.
                yield map(_FIRST, zip(morsel, counter, strict=False))
            finally:
                self.report.rows_in += next(counter)
