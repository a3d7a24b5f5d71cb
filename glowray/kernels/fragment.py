"""A task's program: source → steps → exchange, and how it runs on one partition."""

from __future__ import annotations

import itertools
import operator
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from glowray.functions import Failure
from glowray.kernels.blame import failure_of
from glowray.kernels.combine import CombineByKey
from glowray.kernels.context import TaskContext, running
from glowray.kernels.exchange import Count, Exchange, Output
from glowray.kernels.keyed import MISSING, KeyTable
from glowray.kernels.loop import Loop
from glowray.kernels.partition_steps import Limit
from glowray.kernels.segment import Segment, segments
from glowray.kernels.sources import MORSEL, Blocks, Morsels, Source, pieces
from glowray.kernels.steps import Step
from glowray.rows import Block

FLUSH_ROWS = 65_536
_FIRST = operator.itemgetter(0)


@dataclass(frozen=True, slots=True)
class Fragment:
    """What every task of a branch of a stage runs; `loops` are the code of its segments.

    `partial` tasks give the rows before a failure together with the failure: for take() and iteration, which may never
    reach it.
    """

    source: Source
    steps: tuple[Step, ...]
    exchange: Exchange
    partial: bool = False
    loops: tuple[Loop, ...] = ()


@dataclass
class TaskReport:
    """What the driver learns of a task: never its rows, only counts, sizes and what went wrong.

    `attempt` counts the attempts that were lost before this one; `remote` tasks ran in another process.
    """

    partition: int
    attempt: int = 0
    remote: bool = False
    rows_in: int = 0
    rows_out: int = 0
    rows: list[int] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    pickled_values: int = 0
    seconds: float = 0.0
    failure: Failure | None = None
    skipped: Counter[str] = field(default_factory=Counter)
    errors: list[tuple[str, Failure]] = field(default_factory=list)
    first_errors: list[Failure] = field(default_factory=list)
    counters: Counter[str] = field(default_factory=Counter)
    parts: list[Any] = field(default_factory=list)


def run(
    fragment: Fragment, partition: int, inputs: Sequence[Sequence[Block]], offset: int = 0
) -> tuple[TaskReport, list[Block] | None]:
    """Runs a fragment on one partition; a user's exception comes back in the report, with no blocks unless partial."""
    started = time.perf_counter()
    context = TaskContext(partition, offset)
    report = TaskReport(partition)
    run = _Run(fragment, context, report, fragment.exchange.output(inputs))
    blocks: list[Block] | None = None
    with running(context):
        try:
            run.chain(inputs)
            blocks = run.finish()
        except BaseException as error:
            report.failure = failure_of(error, fragment.source, context)
            if fragment.partial:
                blocks = run.finish()
    report.skipped, report.errors = context.skipped, context.errors
    report.first_errors = context.first_errors
    report.counters, report.parts = context.counters, context.parts
    report.seconds = time.perf_counter() - started
    return report, blocks


class _Run:
    """One run of a fragment: the rows on their way out, and what has been counted."""

    def __init__(self, fragment: Fragment, context: TaskContext, report: TaskReport, output: Output) -> None:
        self.fragment, self.context, self.report, self.output = fragment, context, report, output
        self.rows: list[Any] = []
        self._counter: Iterator[int] | None = None

    def chain(self, inputs: Sequence[Sequence[Block]]) -> None:
        source, steps = self.fragment.source, self.fragment.steps
        if not steps and type(source) is Blocks:
            for block in source.blocks(inputs):
                self.report.rows_in += len(block)
                self._give(block)
            return
        stream = source.morsels(inputs, self.context)
        if inputs:
            # A source may make fewer rows of them than there are (groups), or more (pairs).
            sides = source.sides if isinstance(source, Blocks) else None
            self.report.rows_in = sum(len(block) for side in inputs[:sides] for block in side)
        else:
            stream = self._counted(stream)
        for segment, loop in zip(segments(steps), self.fragment.loops, strict=True):
            stream = self._through(segment, loop.function(), stream)

    def _through(self, segment: Segment, loop: Callable[..., Any], stream: Morsels) -> Morsels:
        if segment.end is None:
            self._out(loop, cut(stream))
            return iter(())
        if isinstance(segment.end, CombineByKey):
            table = KeyTable()
            entries, miss = table.entries, segment.end.missing(table)
            for morsel in stream:
                loop(morsel, table.get, entries, MISSING, miss)
            return pieces(table.items())
        flat = itertools.chain.from_iterable(stream)
        return iter([segment.end.apply(loop(flat) if segment.rows else flat, self.context)])

    def _out(self, loop: Callable[..., Any], stream: Morsels) -> None:
        if isinstance(self.fragment.exchange, Count):
            counter = self._counter = itertools.count()
            for morsel in stream:
                loop(morsel, counter.__next__)
            return
        rows = self.rows
        for morsel in stream:
            loop(morsel, rows.append)
            if len(rows) >= FLUSH_ROWS:
                self.flush()

    def flush(self) -> None:
        if self.rows:
            block = Block.from_rows(self.rows)
            self.rows.clear()
            self._give(block)

    def _give(self, block: Block) -> None:
        self.report.rows_out += len(block)
        self.output.add(block)

    def finish(self) -> list[Block]:
        self.flush()
        if self._counter is not None:
            self.report.rows_out += next(self._counter)
        blocks = self._pickled()
        self.report.rows = [len(block) for block in blocks]
        self.report.sizes = [block.nbytes for block in blocks]
        self.report.pickled_values = sum(block.pickled_values for block in blocks)
        return blocks

    def _pickled(self) -> list[Block]:
        """The blocks of the output, with all that has to be pickled; here it shows that a row cannot be."""
        try:
            blocks = self.output.finish()
            for block in blocks:
                _ = block.nbytes
        except Exception as error:
            # As before any other error, the rows that come first are there to be taken.
            self.output.keep(_before_unpicklable)
            step = [self.fragment.source, *(each for each in self.fragment.steps if not isinstance(each, Limit))][-1]
            raise TypeError(f"a row must be picklable, but {step.verb}() gave one that is not: {error}") from error
        return blocks

    def _counted(self, morsels: Iterable[Iterable[Any]]) -> Morsels:
        for morsel in morsels:
            if isinstance(morsel, (list, range, tuple)):
                self.report.rows_in += len(morsel)
                yield morsel
                continue
            counter = itertools.count()
            try:
                # Counted as they are taken, in C: one more only when there is a row.
                yield map(_FIRST, zip(morsel, counter, strict=False))
            finally:
                self.report.rows_in += next(counter)


def _before_unpicklable(blocks: Iterable[Block]) -> Iterator[Block]:
    for block in blocks:
        for place in range(len(block)):
            try:
                _ = block.slice(place, place + 1).nbytes
            except Exception:
                yield block.slice(0, place)
                return
        yield block


def cut(stream: Morsels) -> Morsels:
    """`stream` in lists of a bounded size, none of them ahead of an error by less than what came before it."""
    for morsel in stream:
        if isinstance(morsel, list) and len(morsel) <= FLUSH_ROWS:
            yield morsel
            continue
        rows = iter(morsel)
        while True:
            batch: list[Any] = []
            try:
                # On an error extend() keeps what it had already taken: those rows come first.
                batch.extend(itertools.islice(rows, MORSEL))
            except BaseException:
                yield batch
                raise
            if not batch:
                break
            yield batch
