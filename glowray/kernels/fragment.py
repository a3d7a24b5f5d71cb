"""A task's program: source → steps → exchange, and how it runs on one partition."""

from __future__ import annotations

import itertools
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from glowray.functions import Failure
from glowray.kernels.blame import failure_of
from glowray.kernels.combine import CombineByKey
from glowray.kernels.context import TaskContext, running
from glowray.kernels.exchange import Count, Exchange, Output
from glowray.kernels.keyed import KeyTable
from glowray.kernels.loop import Consumer, row_generator, run_loop
from glowray.kernels.partition_steps import PartitionStep
from glowray.kernels.sources import MORSEL, Blocks, Morsels, Source, pieces
from glowray.kernels.steps import RowStep, Step
from glowray.rows import Block

FLUSH_ROWS = 65_536


@dataclass(frozen=True, slots=True)
class Fragment:
    """What every task of a branch of a stage runs.

    `partial` tasks give the rows before a failure together with the failure: for take() and iteration, which may never
    reach it.
    """

    source: Source
    steps: tuple[Step, ...]
    exchange: Exchange
    partial: bool = False


@dataclass
class TaskReport:
    """What the driver learns of a task: never its rows, only counts, sizes and what went wrong."""

    partition: int
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

    def chain(self, inputs: Sequence[Sequence[Block]]) -> None:
        source, steps = self.fragment.source, self.fragment.steps
        if not steps and type(source) is Blocks:
            for block in source.blocks(inputs):
                self.report.rows_in += len(block)
                self._give(block)
            return
        stream: Morsels = self._counted(source.morsels(inputs, self.context))
        pending: list[RowStep] = []
        for step in steps:
            if isinstance(step, RowStep):
                pending.append(step)
                continue
            stream = self._through(step, pending, stream)
            pending = []
        counting = isinstance(self.fragment.exchange, Count)
        last = steps[-1] if steps else source
        run_loop(pending, cut(stream), self.context, self._count() if counting else self._collect(last))

    def _through(self, step: Step, pending: list[RowStep], stream: Morsels) -> Morsels:
        if isinstance(step, CombineByKey):
            table = KeyTable()
            run_loop(pending, stream, self.context, step.consumer(table))
            return pieces(table.items())
        assert isinstance(step, PartitionStep)
        rows = row_generator(pending, stream, self.context) if pending else itertools.chain.from_iterable(stream)
        return iter([step.apply(rows, self.context)])

    def _collect(self, last: Step) -> Consumer:
        names = {"append": self.rows.append, "rows": self.rows, "flush": self.flush}
        return Consumer(
            names,
            lambda writer, row: writer.line(f"append({row})"),
            last,
            f"if len(rows) >= {FLUSH_ROWS}: flush()",
        )

    def _count(self) -> Consumer:
        counter = itertools.count()
        self._counter = counter
        names = {"count": counter.__next__}
        return Consumer(names, lambda writer, row: writer.line("count()"), self.fragment.source)

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
        if counter := getattr(self, "_counter", None):
            self.report.rows_out += next(counter)
        blocks = self.output.finish()
        self.report.rows = [len(block) for block in blocks]
        self.report.sizes = [block.nbytes for block in blocks]
        self.report.pickled_values = sum(block.pickled_values for block in blocks)
        return blocks

    def _counted(self, morsels: Iterable[Iterable[Any]]) -> Morsels:
        for morsel in morsels:
            if isinstance(morsel, (list, range, tuple)):
                self.report.rows_in += len(morsel)
            yield morsel


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
