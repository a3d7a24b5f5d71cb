"""Runs plans: optimise → lower → choose the engine → job → blocks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from glowray.action.bad_rows import Letters, RowError, letter_paths
from glowray.action.settings import Outcome, Settings
from glowray.action.sigterm import ended_by_sigterm
from glowray.engine.choose import Choice, choose, open_engine
from glowray.engine.protocol import Done, Engine, Heard
from glowray.functions import Failure
from glowray.io.commit import Commit, commit_together
from glowray.io.reader import ArrivingReader, Reader
from glowray.io.sink import Part
from glowray.kernels.exchange import Count, Exchange, InPieces, OneBlock
from glowray.optimize import optimize
from glowray.physical.job import Job
from glowray.physical.lower import Lowering, lowering
from glowray.physical.stage import Stage
from glowray.plan.nodes import Node, Read
from glowray.plan.walk import walk
from glowray.rows import Block
from glowray.watch.progress import Progress, progress_for
from glowray.watch.script import is_watched, reached
from glowray.watch.stats import Stats, StatsWatcher
from glowray.watch.task_prints import TaskPrints

if TYPE_CHECKING:
    from glowray.watch.view import PlanView


@dataclass
class Prepared:
    """A plan cut into stages, with the last stage of each target."""

    stages: Lowering
    targets: list[Stage]
    choice: Choice


def prepare(
    settings: Settings, nodes: Sequence[Node], exchanges: Sequence[Exchange] = (OneBlock(),), *, stream: bool = False
) -> Prepared:
    """Optimises and lowers the plans of one action, each ended by its exchange; runs nothing."""
    best = optimize(nodes, settings.rules)
    stages = lowering(best)
    pairs = zip(best, exchanges, strict=True)
    targets = [stages.target(node, exchange, stream=stream) for node, exchange in pairs]
    return Prepared(stages, targets, choose(settings.engine, input_bytes(nodes)))


def view(settings: Settings, nodes: Sequence[Node]) -> PlanView:
    """The plans of one action, to be looked at; runs nothing."""
    return _view(settings, nodes, prepare(settings, nodes, [OneBlock()] * len(nodes)))


class Action:
    """One action under way: its stages, the engine, and the dead-letter files that it has taken.

    Left by an error, its `with` block leaves those files as they were.
    """

    def __init__(self, settings: Settings, outcome: Outcome, prepared: Prepared, policies: Sequence[str] = ()) -> None:
        self.targets, self.outcome = prepared.targets, outcome
        stages = prepared.stages.stages
        self.letters = Letters(letter_paths(stages, policies))
        self.letters.begin()
        try:
            self.engine = open_engine(prepared.choice)
            stats = Stats(settings.name, self.engine.name)
            outcome.begin(stats)
            self.recorder = Recorder(outcome, stats, progress_for(settings.name, stages, settings.progress))
            self.engine.begin(self.recorder.progress.announce)
            resources, vectorize = settings.resources, settings.vectorize
            self.job = Job(settings.name, stages, self.engine, self.recorder, resources, settings.max_errors, vectorize)
        except BaseException:
            self.letters.abort()
            raise

    def __enter__(self) -> Action:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self.letters.abort()  # of what was committed nothing is left to abort

    def run(self, then: Callable[[], None] | None = None) -> None:
        """Runs all stages, then what may need `more_parts`.

        Raises:
            BaseException: the user's own, of the lowest failing partition.
        """
        try:
            self.recorder.progress.begin()
            self.job.run()
            if then is not None:
                then()
        finally:
            self.job.close()
            self.recorder.finish(self.engine)

    def more_parts(self, node: Node) -> list[Part]:
        """Runs one more stage, of tasks that write files; the parts that they wrote."""
        stage = lowering([node]).target(node, Count())
        stage.number = len(self.job.stages) + 1
        self.job.stages = [*self.job.stages, stage]
        self.job.run([stage])
        return [part for report in stage.reports if report is not None for part in report.parts]

    def blocks(self, stage: Stage) -> Iterator[Block]:
        """Runs all stages, and gives the blocks of the last one in order, each as soon as it is there."""
        try:
            self.recorder.progress.begin()
            for place in self.job.stream(stage):
                yield from self.read(stage, place)
        finally:
            self.job.close()
            self.recorder.finish(self.engine)

    def read(self, stage: Stage, place: int) -> list[Block]:
        """The blocks that a task has made, for a reader in the driver; the engine may drop them."""
        self.recorder.progress.end()  # from the first row on the terminal is the reader's
        blocks = self.recorder.fetch(self.engine, stage, [place])
        stage.refs[place] = None
        return blocks

    def drop(self, step: str, policy: str, failure: Failure) -> None:
        """Takes note of a row that is dropped in the driver."""
        self.outcome.skipped[step] += 1
        self.recorder.keep(policy, failure)
        self.job.drop(1, [failure])

    def staged_letters(self) -> list[Commit]:
        """The dead letters, written and ready to be put in place."""
        return self.letters.stage(self.outcome.letters)


def begin(
    settings: Settings,
    outcome: Outcome,
    nodes: Sequence[Node],
    exchanges: Sequence[Exchange] = (OneBlock(),),
    *,
    stream: bool = False,
    policies: Sequence[str] = (),
    connects: bool = False,
) -> Action:
    """What an action does first; in a script that is only looked at, it is also the last.

    `policies` are the on_error of what drops rows in the driver; `connects` says that a cluster is needed besides.
    """
    if is_watched():
        reached(_view(settings, nodes, prepare(settings, nodes, exchanges, stream=stream)))
    if connects or any(isinstance(reader, ArrivingReader) and reader.connects for reader in _readers(nodes)):
        from glowray.cluster.connect import connect

        connect()  # before the engine is chosen: it is to run on that cluster
    return Action(settings, outcome, prepare(settings, nodes, exchanges, stream=stream), policies)


def perform(
    settings: Settings, outcome: Outcome, nodes: Sequence[Node], exchanges: Sequence[Exchange] = (OneBlock(),)
) -> tuple[list[Stage], Engine, Recorder]:
    """Runs the plans in one pass; the last stage of each is returned after it has run.

    Raises:
        BaseException: the user's own, of the lowest failing partition.
    """
    with ended_by_sigterm(), begin(settings, outcome, nodes, exchanges) as action:
        action.run()
        commit_together(action.staged_letters())
    return action.targets, action.engine, action.recorder


def collect_blocks(settings: Settings, outcome: Outcome, node: Node) -> list[Block]:
    """The blocks of a plan's partitions, in this process."""
    with ended_by_sigterm():
        (stage,), engine, recorder = perform(settings, outcome, [node])
        return recorder.fetch(engine, stage, range(stage.num_tasks))


def stream_blocks(settings: Settings, outcome: Outcome, node: Node) -> Iterator[Block]:
    """The blocks of a plan's partitions in order, each as soon as it is there; bounded memory in the driver."""
    with ended_by_sigterm(), begin(settings, outcome, [node], [InPieces()], stream=True) as action:
        try:
            yield from action.blocks(action.targets[0])
        except GeneratorExit:
            commit_together(action.staged_letters())  # the reader has had enough: rows up to here count
            raise
        commit_together(action.staged_letters())


class Recorder(StatsWatcher):
    """Keeps what tasks report in the flow's outcome."""

    def __init__(self, outcome: Outcome, stats: Stats, progress: Progress) -> None:
        super().__init__(stats)
        self.outcome, self.progress = outcome, progress
        self.prints = TaskPrints()

    def stage_started(self, stage: Stage) -> None:
        super().stage_started(stage)
        self.prints.stage_started(stage)
        self.progress.stage_started(stage)

    def stage_done(self, stage: Stage) -> None:
        super().stage_done(stage)
        self.prints.stage_done(stage)
        self.progress.stage_done(stage)

    def task_heard(self, stage: Stage, place: int, heard: Heard) -> None:
        self.prints.heard(stage, place, heard)

    def task_unused(self, stage: Stage, done: Done) -> None:
        self.prints.task_done(done)

    def task_done(self, stage: Stage, done: Done) -> None:
        super().task_done(stage, done)
        self.prints.task_done(done)
        self.progress.task_done(stage, done)
        report = done.report
        self.outcome.skipped.update(report.skipped)
        self.outcome.counters.update(report.counters)

    def task_settled(self, stage: Stage, done: Done) -> None:
        self.prints.task_settled(done)
        for policy, failure in done.report.errors:
            self.keep(policy, failure)

    def keep(self, policy: str, failure: Failure) -> None:
        """Keeps the error of a dropped row where its step wants that."""
        if policy == "collect":
            self.outcome.errors.append(RowError.of(failure))
        elif policy != "skip":
            self.outcome.letters.setdefault(policy, []).append(failure)

    def fetch(self, engine: Engine, stage: Stage, places: Sequence[int]) -> list[Block]:
        """Brings the blocks of some tasks to the driver."""
        blocks = engine.fetch([stage.block(place) for place in places])
        self.fetched(stage, sum(block.nbytes for block in blocks))
        return blocks

    def finish(self, engine: Engine) -> None:
        engine.end()
        self.prints.end()
        self.progress.end()
        self.end()
        self.stats.engine = engine.name


def input_bytes(nodes: Sequence[Node]) -> int | None:
    """The size of everything that the plans read; None if some of it is unknown."""
    sizes = [reader.estimated_bytes for reader in _readers(nodes)]
    return None if None in sizes else sum(size for size in sizes if size is not None)


def _readers(nodes: Sequence[Node]) -> Iterator[Reader]:
    """All that the plans read; of what led to a filled cache nothing."""
    return (node.reader for node in walk(nodes) if isinstance(node, Read))


def _view(settings: Settings, nodes: Sequence[Node], prepared: Prepared) -> PlanView:
    from glowray.watch.view import PlanView  # no action needs it: only looking does

    stages = prepared.stages.stages
    return PlanView(settings.name, nodes, stages, prepared.targets, prepared.choice, settings.vectorize)
