"""A task's program: source → steps → exchange, and how it runs on one partition."""

from __future__ import annotations

import itertools
import operator
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from glowray.functions import Failure, Function
from glowray.kernels.blame import blamed_lazily, failure_of
from glowray.kernels.column_chain import ChainRun
from glowray.kernels.combine import CombineByKey
from glowray.kernels.combining import combined
from glowray.kernels.context import TaskContext, running
from glowray.kernels.exchange import ByKey, Count, Exchange
from glowray.kernels.fold_steps import Reduce
from glowray.kernels.join_step import JoinInPlace
from glowray.kernels.long_chain import MOST_NESTED, rows_through, runs
from glowray.kernels.loop import Loop
from glowray.kernels.morsels import MORSEL, Morsels, as_rows, pieces, weight
from glowray.kernels.partition_steps import BlockStep, Limit
from glowray.kernels.record_rows import RecordRows, record_parts
from glowray.kernels.segment import Segment, segments
from glowray.kernels.sources import Arriving, Blocks, Join, Source
from glowray.kernels.steps import Step
from glowray.rows import Block
from glowray.vectorize.arrow.blocks import chunk_of, kinds_of, vector_chunk
from glowray.vectorize.arrow.kinds import Kind

FLUSH_ROWS = 65_536
"""Rows that make a block."""

WEIGHED_ROWS = 1024
"""Rows that may make one if they are large."""

_FIRST = operator.itemgetter(0)


@dataclass(frozen=True, slots=True)
class Fragment:
    """What every task of a branch of a stage runs; `loops` are the code of its segments.

    `partial` tasks give the rows before a failure together with the failure: for take() and iteration, which may never
    reach it. The last `beside` of the task's inputs are for its steps. `refused` is why the whole fragment only calls
    its functions, None where that was decided for each of them.
    """

    source: Source
    steps: tuple[Step, ...]
    exchange: Exchange
    partial: bool = False
    loops: tuple[Loop, ...] = ()
    beside: int = 0
    refused: str | None = None

    @property
    def functions(self) -> list[Function]:
        """All functions of the user's in it."""
        return [function for step in (self.source, *self.steps) for function in step.functions]


@dataclass
class TaskReport:
    """What the driver learns of a task: never its rows, only counts, sizes and what went wrong.

    `rows`, `sizes` in bytes and `kinds` of rows are those of the blocks. `attempt` counts the attempts that were lost
    before this one; `remote` tasks ran in another process. Of a task that gives its rows in pieces, a report tells what
    came since the one before, and only the last is `final`. `cuts`: the blocks are these rows of the one that is given,
    or of the first one that the task read. `printed` is the bytes that a remote task has printed.
    `ended`: no row of a later task of the stage is wanted.
    """

    partition: int
    attempt: int = 0
    remote: bool = False
    final: bool = True
    unread: bool = False
    rows_in: int = 0
    rows_out: int = 0
    rows: list[int] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    kinds: list[tuple[Kind | None, ...]] = field(default_factory=list)
    cuts: list[tuple[int, int]] | None = None
    pickled_values: int = 0
    spilled: int = 0
    seconds: float = 0.0
    failure: Failure | None = None
    skipped: Counter[str] = field(default_factory=Counter)
    errors: list[tuple[str, Failure]] = field(default_factory=list)
    first_errors: list[Failure] = field(default_factory=list)
    counters: Counter[str] = field(default_factory=Counter)
    parts: list[Any] = field(default_factory=list)
    printed: Any = b""
    ended: bool = False


def run(
    fragment: Fragment,
    partition: int,
    inputs: Sequence[Sequence[Block]],
    offset: int = 0,
    memory: int | None = None,
) -> tuple[TaskReport, list[Block] | None]:
    """Runs a fragment on one partition; a user's exception comes back in the report, with no blocks unless partial."""
    started = time.perf_counter()
    run = _begun(fragment, partition, inputs, offset, memory)
    blocks: list[Block] | None = None
    with running(run.context):
        try:
            for _ in run.chain(MORSEL):
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
) -> Iterator[tuple[TaskReport, list[Block]] | None]:
    """As `run`, on rows that arrive meanwhile: gives what there is to tell after each piece of them, None for nothing.

    The rows before a failure come with it.
    """
    run = _begun(fragment, partition, inputs, offset, memory)
    chain = run.chain(1)
    seconds, final = 0.0, False
    while not final:
        started = time.perf_counter()
        with running(run.context):
            try:
                final = next(chain, True)
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
    return _Run(fragment, TaskContext(partition, offset, memory, inputs[own:]), inputs[:own])


class _Run:
    """One run of a fragment: the rows on their way out, and what has been counted."""

    def __init__(self, fragment: Fragment, context: TaskContext, inputs: Sequence[Sequence[Any]]) -> None:
        self.fragment, self.context, self.inputs = fragment, context, inputs
        self.rows: list[Any] = []
        self._counter: Iterator[int] | None = None
        self.begin()

    def begin(self) -> None:
        """Nothing has been made yet that is not told already."""
        self.report = TaskReport(self.context.partition)
        self.output = self.fragment.exchange.output(self.inputs, self.context.held_bytes)

    def fail(self, error: BaseException) -> None:
        self.report.failure = failure_of(error, self.fragment.source, self.context.partition)

    @property
    def has_news(self) -> bool:
        """Whether there is more to tell than that rows came in and went nowhere."""
        context = self.context
        return bool(self.report.rows_out or context.skipped or context.counters or context.parts)

    def reported(self, seconds: float, *, final: bool = True) -> TaskReport:
        """The report with all that functions have left in the context."""
        report, context = self.report, self.context
        report.final, report.seconds, report.spilled = final, seconds, context.spilled + self.output.kept.spilled
        report.ended = context.ended
        report.skipped, report.errors, report.first_errors, report.counters, report.parts = context.taken()
        return report

    def chain(self, size: int) -> Iterator[bool]:
        """Makes the rows; stops after each piece of them, at most `size` of those that a step of partitions makes."""
        source, steps, loops = self.fragment.source, self.fragment.steps, self.fragment.loops
        *before, last = segments(steps)
        first = before[0] if before else last
        is_bare = not first.rows and isinstance(first.end, BlockStep)
        takes_columns = is_bare or (bool(loops) and (loops[0].columns or loops[0].records) is not None)
        if not steps and (takes_columns or isinstance(source, (Blocks, Join))):
            yield from self._give_all(self._made(source.columns), MORSEL)
            return
        stream = self._made(source.columns if takes_columns else source.morsels)
        for run in runs(zip(before, loops, strict=False)):
            if len(run) > MOST_NESTED:
                rows = itertools.chain.from_iterable(as_rows(stream))
                stream = iter([rows_through([loop.function() for _, loop in run], rows)])
                continue
            for segment, loop in run:
                stream = self._through(segment, loop, stream, to_blocks=segment is before[-1] and not last.rows)
        yield from self._out(last, loops[-1], stream, size if before else MORSEL)

    def _made(self, make: Callable[[Sequence[Sequence[Any]], TaskContext], Morsels]) -> Morsels:
        """The source's morsels, counted; an error in making them is the source's."""
        made = blamed_lazily(self.fragment.source, make(self.inputs, self.context))
        return self._counted(made, self.inputs)

    def _through(self, segment: Segment, loop: Loop, stream: Morsels, to_blocks: bool) -> Morsels:
        run = None if loop.columns is None else ChainRun(loop.columns, loop)
        assert segment.end is not None, "only the last segment ends in the exchange"
        if isinstance(segment.end, CombineByKey):
            return combined(segment.end, loop, run, stream, to_blocks)
        if run is not None and isinstance(segment.end, Reduce) and run.chain.fold is not None:
            return segment.end.apply_fold(run.chain.fold, run.chain.result, run.blocks(stream), self.context)
        if isinstance(segment.end, BlockStep) and (not segment.rows or (run is not None and run.chain.rest is None)):
            return segment.end.apply_blocks(run.blocks(stream) if run and segment.rows else stream, self.context)
        if isinstance(segment.end, JoinInPlace):
            keys = segment.end.keys(self.context)
            slow = partial(segment.end.keeps, keys=keys)
            parts = run.parts(stream) if run else _parts(loop, stream, MORSEL)
            return pieces(itertools.chain.from_iterable(go(rows, keys.entries, slow) for rows, go in parts if go))
        rows = _rows_of(loop, run, stream) if segment.rows else itertools.chain.from_iterable(as_rows(stream))
        if isinstance(segment.end, BlockStep) and segment.end.makes_blocks:
            return segment.end.apply_blocks(pieces(rows), self.context)
        return iter([segment.end.apply(rows, self.context)])

    def _out(self, segment: Segment, loop: Loop, stream: Morsels, size: int) -> Iterator[bool]:
        run = None if loop.columns is None else ChainRun(loop.columns, loop)
        if not segment.rows:
            is_count = isinstance(self.fragment.exchange, Count)
            return self._count_all(stream, size) if is_count else self._give_all(stream, size)
        if run is not None and run.chain.rest is None:
            cuts_up = isinstance(self.fragment.exchange, ByKey) and self.fragment.exchange.outputs > 1
            made = vector_chunk if cuts_up else chunk_of  # what is cut up had better be no column yet
            return self._give_all(run.blocks(stream, made), size)
        return self._out_rows(run.parts(stream) if run else _parts(loop, stream, size))

    def _give_all(self, stream: Morsels, size: int) -> Iterator[bool]:
        """Blocks as they are, and what else there is in blocks of its own."""
        for morsel in stream:
            if isinstance(morsel, Block):
                self.flush()
                self._give(morsel)
                yield False
                continue
            for rows in cut(iter([morsel]), size):
                self.rows.extend(rows)
                if self._is_enough:
                    self.flush()
                yield False

    def _count_all(self, stream: Morsels, size: int) -> Iterator[bool]:
        for morsel in stream:
            for rows in [morsel] if isinstance(morsel, Block) else cut(iter([morsel]), size):
                self.report.rows_out += len(rows)
                yield False

    def _out_rows(self, parts: Iterable[tuple[Iterable[Any], Callable[..., Any] | None]]) -> Iterator[bool]:
        take: Callable[..., Any] = self.rows.append
        if isinstance(self.fragment.exchange, Count):
            counter = self._counter = itertools.count()
            take = counter.__next__
        for rows, run in parts:
            assert run is not None, "a chain whose steps are all columns gives blocks"
            run(rows, take)
            if self._is_enough:
                self.flush()
            yield False

    @property
    def _is_enough(self) -> bool:
        """Whether the rows at hand make a block: there are many, or they are large."""
        if len(self.rows) < WEIGHED_ROWS or len(self.rows) >= FLUSH_ROWS:
            return len(self.rows) >= FLUSH_ROWS
        return weight(self.rows) >= self.context.run_bytes

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
        # A shuffle makes many blocks, and most of them may have no rows: those are not measured.
        self.report.rows = [len(block) if block.chunks else 0 for block in blocks]
        self.report.sizes = [block.nbytes if block.chunks else 0 for block in blocks]
        self.report.kinds = [kinds_of(block) if block.chunks else () for block in blocks]
        self.report.pickled_values = sum(block.pickled_values for block in blocks if block.chunks)
        self.report.cuts = self.output.cuts
        if self.report.cuts is None:
            return blocks
        return [] if self.output.given is None else [self.output.given]

    def _pickled(self) -> list[Block]:
        """The blocks of the output, with all that has to be pickled; here it shows that a row cannot be."""
        try:
            blocks = self.output.finish()
            for block in blocks:
                _ = block.chunks and block.nbytes
        except Exception as error:
            # As before any other error, the rows that come first are there to be taken.
            self.output.keep(_before_unpicklable)
            step = [self.fragment.source, *(each for each in self.fragment.steps if not isinstance(each, Limit))][-1]
            raise TypeError(f"a row must be picklable, but {step.verb}() gave one that is not: {error}") from error
        return blocks

    def _counted(self, morsels: Morsels, inputs: Sequence[Sequence[Block]]) -> Morsels:
        """The same morsels, and the report is told how many rows there were."""
        if inputs and not isinstance(self.fragment.source, Arriving):
            # A source may make fewer rows of them than there are (groups), or more (pairs).
            source = self.fragment.source
            sides = source.sides if isinstance(source, Blocks) else None
            self.report.rows_in = sum(len(block) for side in inputs[:sides] for block in side)
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
                # Counted as they are taken, in C: one more only when there is a row.
                yield map(_FIRST, zip(morsel, counter, strict=False))
            finally:
                self.report.rows_in += next(counter)


def _before_unpicklable(blocks: Iterable[Block]) -> Iterator[Block]:
    for block in blocks:
        for place in range(len(block)):
            try:
                _ = block.slice(place, place + 1).nbytes
            except Exception:  # who asks for the rows before it has this very error already
                yield block.slice(0, place)
                return
        yield block


def _parts(loop: Loop, stream: Morsels, size: int) -> Iterator[tuple[Iterable[Any], Callable[..., Any]]]:
    """Rows with the loop for them: blocks whole, all else in lists."""
    if loop.records is None:
        run = loop.function()
        return ((rows, run) for rows in cut(as_rows(stream), size))
    parts = record_parts(loop.records, loop, stream)
    return ((some, run) for rows, run in parts for some in ([rows] if isinstance(rows, RecordRows) else cut([rows])))


def _rows_of(loop: Loop, run: ChainRun | None, stream: Morsels) -> Iterator[Any]:
    """The rows of a segment one by one, none of them made before it is asked for."""
    if loop.records is not None:
        return itertools.chain.from_iterable(go(rows) for rows, go in record_parts(loop.records, loop, stream))
    if run is None:
        rows: Iterator[Any] = loop.function()(itertools.chain.from_iterable(as_rows(stream)))
        return rows
    parts = ((rows if go is None else go(rows)) for rows, go in run.parts(stream))
    return itertools.chain.from_iterable(parts)


def cut(stream: Iterable[Iterable[Any]], size: int = MORSEL) -> Iterator[list[Any]]:
    """`stream` in lists, of what is lazy `size` rows, none of them ahead of an error by less than what came before."""
    for morsel in stream:
        if isinstance(morsel, list) and len(morsel) <= FLUSH_ROWS:
            yield morsel
            continue
        rows = iter(morsel)
        while True:
            batch: list[Any] = []
            try:
                # On an error extend() keeps what it had already taken: those rows come first.
                batch.extend(itertools.islice(rows, size))
            except BaseException:
                yield batch
                raise
            if not batch:
                break
            yield batch
