"""Run plans: optimise, lower to stages, choose the engine, run the job, fetch the blocks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, TypeVar

from glowray.action.bad_rows import Letters, RowError, letter_paths
from glowray.action.reach import check_reach, first_in_process
from glowray.action.settings import Outcome, Settings
from glowray.action.sigterm import ended_by_sigterm
from glowray.engine.choice import Choice, choose, open_engine
from glowray.engine.task.protocol import Done, Engine
from glowray.functions import Failure
from glowray.io.commit.commit import Commit, commit_together
from glowray.io.reader import ArrivingReader, Reader
from glowray.io.sink import Part
from glowray.kernels.ends.exchange import Count, Exchange, InPieces, OneBlock
from glowray.physical.job import Job
from glowray.physical.lower import lowering
from glowray.physical.planning import Planning
from glowray.physical.resume.restoring import Restoring
from glowray.physical.rules import Facts
from glowray.physical.stages.stage import StagePlan, StageRun
from glowray.plan.nodes import Node, Read
from glowray.plan.walk import walk
from glowray.rows import Block
from glowray.watch.journal.journal import Journal
from glowray.watch.notebook.tracebacks import show_errors
from glowray.watch.progress_place import progress_for
from glowray.watch.record.run_actions import append_action
from glowray.watch.record.run_record import RunRecord
from glowray.watch.run.null_watcher import Watchers
from glowray.watch.run.progress import Progress
from glowray.watch.run.python_rows import warn_of_python_rows
from glowray.watch.run.stats import Stats, StatsWatcher
from glowray.watch.run.task_prints import TaskPrints
from glowray.watch.script import is_watched, reached

if TYPE_CHECKING:
    from glowray.watch.plan_view import PlanView


R = TypeVar("R")


@dataclass
class Prepared:
    """The plans of one action, cut into stages.

    Args:
        stages: all stages, each after those that it reads.
        nodes: the optimised plans.
        targets: the last stage of each plan.
        choice: the engine, and why.
        written: the plans as the verbs made them.
        rules: the names of the rules that changed something.
    """

    stages: Sequence[StagePlan]
    nodes: Sequence[Node]
    targets: list[StagePlan]
    choice: Choice
    written: Sequence[Node]
    rules: tuple[str, ...] = ()


def prepare(
    settings: Settings, nodes: Sequence[Node], exchanges: Sequence[Exchange] = (OneBlock(),), *, stream: bool = False
) -> Prepared:
    """Choose the engine, then optimise and lower the plans of one action. Each ends with its exchange. Runs nothing."""
    own = first_in_process(nodes)
    choice = choose(settings.engine, input_bytes(nodes), None if own is None else str(own))
    planning = Planning(settings.rules, Facts(settings.vectorize, choice.may_share_store))
    best = planning.nodes(nodes)
    stages = lowering(best, planning)
    pairs = zip(best, exchanges, strict=True)
    targets = [stages.target(node, exchange, stream=stream) for node, exchange in pairs]
    return Prepared(stages.stages, best, targets, choice, nodes, planning.fired)


def view(settings: Settings, nodes: Sequence[Node]) -> PlanView:
    """Return the plans of one action to show them. Runs nothing."""
    return _view(settings, nodes, prepare(settings, nodes, [OneBlock()] * len(nodes)))


class Action:
    """A running action: its stages, its engine, its dead-letter files, and its record.

    The record ends with the `with` block, and an error of the block is its failure. Dead-letter files then stay as
    they were.
    """

    def __init__(self, settings: Settings, outcome: Outcome, prepared: Prepared, policies: Sequence[str] = ()) -> None:
        self.outcome, self.nodes, self.needs = outcome, prepared.nodes, settings.resources
        self.saved, self.using = settings.saved, ExitStack()
        stages = prepared.stages
        self.letters = Letters(letter_paths(stages, policies), settings.storage_options)
        self.letters.begin()
        try:
            self.engine = open_engine(prepared.choice)
            stats = Stats(settings.name, self.engine.name, rules=prepared.rules)
            record = RunRecord.begin(stats, prepared.written, stages, prepared.targets, prepared.choice)
            outcome.begin(record)
            progress = progress_for(settings.name, stages, settings.progress)
            journal = Journal(record, self.engine, len(stages), settings.vectorize)
            self.recorder = Recorder(outcome, progress, journal, settings.vectorize)
            show_errors()
            self.engine.begin(self.recorder.announce)
            resources, vectorize = settings.resources, settings.vectorize
            self.job = Job(settings.name, stages, self.engine, self.recorder, resources, settings.max_errors, vectorize)
            self.targets = [self.job.runs[stage] for stage in prepared.targets]
        except BaseException:
            self.letters.abort()
            raise

    def __enter__(self) -> Action:
        try:
            if self.saved is not None:
                self.using.enter_context(self.saved.used())
        except BaseException as error:
            self.letters.abort()
            self.recorder.close(error)
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.using.__exit__(kind, error, at)
        self.letters.abort()  # Has no effect on files that were committed.
        stopped = error is None or isinstance(error, GeneratorExit)  # A reader that stops early is no failure.
        self.recorder.close(None if stopped else error)

    def run(self, then: Callable[[], None] | None = None) -> None:
        """Run all stages, then call `then`, which may call `more_parts`.

        Raises:
            BaseException: the user's own exception, of the lowest failing partition.
        """
        try:
            self._begin()
            self.job.run()
            if then is not None:
                then()
        finally:
            self.job.close()
            self.recorder.finish(self.engine)
        self.recorder.warn()

    def _begin(self) -> None:
        self.recorder.begin()
        saved = self.saved
        check_reach(self.nodes, self.engine, self.needs, [] if saved is None else [("resume=", [saved.lease_place])])
        if saved is not None:
            targets = {stage.plan for stage in self.targets}
            job = self.job
            job.restoring = Restoring.of(saved, job.stages, targets, self.needs, vectorize=job.vectorize)
            self.recorder.measured.reasons = job.restoring.reasons

    def more_parts(self, node: Node) -> list[Part]:
        """Run one more stage of tasks that write files, and return the parts that they wrote."""
        stage = self.job.run_more(lowering([node], first=len(self.job.stages) + 1).target(node, Count()))
        return [part for report in stage.ended for part in report.parts]

    def blocks(self, stage: StageRun) -> Iterator[Block]:
        """Run all stages, and yield the blocks of the last one in order, each as soon as it is ready."""
        try:
            self._begin()
            for place in self.job.stream(stage):
                yield from self.read(stage, place)
        finally:
            self.job.close()
            self.recorder.finish(self.engine)
        self.recorder.warn()

    def read(self, stage: StageRun, place: int) -> list[Block]:
        """Return the blocks that a task made, for a reader in the driver. The engine may drop them afterwards."""
        self.recorder.progress.end()  # From the first row on, the terminal belongs to the reader.
        blocks = self.recorder.fetch(self.engine, stage, [place])
        stage.refs[place] = None
        return blocks

    def drop(self, step: str, policy: str, failure: Failure) -> None:
        """Record a row that is dropped in the driver."""
        self.outcome.skipped[step] += 1
        self.recorder.keep(policy, failure)
        self.job.drop(1, [failure])

    def staged_letters(self) -> list[Commit]:
        """Write the dead letters, and return their commits."""
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
    """Begin an action: connect to a cluster if needed, and prepare the stages.

    In a watched script (`watch.script`), record the plan and end the script instead. `policies` are the on_error of
    sinks in the driver. `connects` says that a sink needs the cluster.
    """
    if is_watched():
        reached(_view(settings, nodes, prepare(settings, nodes, exchanges, stream=stream)))
    if connects or any(isinstance(reader, ArrivingReader) and reader.connects for reader in _readers(nodes)):
        from glowray.cluster.client.connect import connect

        connect()  # The engine is chosen afterwards, so that the job runs on this cluster.
    return Action(settings, outcome, prepare(settings, nodes, exchanges, stream=stream), policies)


def perform(
    settings: Settings, outcome: Outcome, nodes: Sequence[Node], exchanges: Sequence[Exchange] = (OneBlock(),)
) -> list[StageRun]:
    """Run the plans in one pass, and return the last stage of each plan.

    Raises:
        BaseException: the user's own exception, of the lowest failing partition.
    """
    with ended_by_sigterm(), begin(settings, outcome, nodes, exchanges) as action:
        action.run()
        commit_together(action.staged_letters())
    return action.targets


def collect_blocks(settings: Settings, outcome: Outcome, node: Node, make: Callable[[list[Block]], R]) -> R:
    """Run a plan, and return what `make` makes of the blocks of its partitions in this process.

    It does so while the action still counts as running: a driver that dies for lack of memory does so here.
    """
    with ended_by_sigterm(), begin(settings, outcome, [node]) as action:
        action.run()
        commit_together(action.staged_letters())
        (stage,) = action.targets
        return make(action.recorder.fetch(action.engine, stage, range(stage.plan.num_tasks)))


def stream_blocks(settings: Settings, outcome: Outcome, node: Node) -> Iterator[Block]:
    """Run a plan, and yield the blocks of its partitions in order, each as soon as it is ready.

    The driver's memory stays bounded.
    """
    with ended_by_sigterm(), begin(settings, outcome, [node], [InPieces()], stream=True) as action:
        try:
            yield from action.blocks(action.targets[0])
        except GeneratorExit:
            commit_together(action.staged_letters())  # The reader stopped. The rows up to here count.
            raise
        commit_together(action.staged_letters())


class Recorder(Watchers):
    """Records what tasks report in the flow's outcome, and tells all watchers: statistics, events and so on."""

    def __init__(self, outcome: Outcome, progress: Progress, journal: Journal, vectorize: bool) -> None:
        self.outcome, self.progress, self.journal, self.stats = outcome, progress, journal, outcome.stats
        self.measured = StatsWatcher(outcome.stats, vectorize)
        self.prints = TaskPrints()
        super().__init__([self.measured, outcome.record.log, self.prints, progress, journal])

    def begin(self) -> None:
        """Show that the job begins, and begin its journal."""
        self.progress.begin()
        self.journal.begin()

    def announce(self, text: str) -> None:
        """Tell what the engine does besides running tasks, in any thread. "" ends the announcement."""
        self.progress.announce(text)
        self.journal.announce(text)

    def task_done(self, stage: StageRun, done: Done) -> None:
        super().task_done(stage, done)
        self.outcome.skipped.update(done.report.skipped)
        self.outcome.counters.update(done.report.counters)

    def task_settled(self, stage: StageRun, done: Done) -> None:
        super().task_settled(stage, done)
        for policy, failure in done.report.errors:
            self.keep(policy, failure)

    def keep(self, policy: str, failure: Failure) -> None:
        """Keep the error of a dropped row if the step's on_error asks for it."""
        if policy == "collect":
            self.outcome.errors.append(RowError.of(failure))
        elif policy != "skip":
            self.outcome.letters.setdefault(policy, []).append(failure)

    def fetch(self, engine: Engine, stage: StageRun, places: Sequence[int]) -> list[Block]:
        """Fetch the blocks of some tasks to the driver."""
        blocks = engine.fetch([stage.block(place) for place in places])
        self.measured.fetched(stage, sum(block.nbytes for block in blocks))
        return blocks

    def warn(self) -> None:
        """Warn if many rows that were planned as columns ran in Python."""
        warn_of_python_rows(self.stats.name, [stage.levels for stage in self.stats.stages])

    def finish(self, engine: Engine) -> None:
        engine.end()
        self.prints.end()
        self.progress.end()
        self.measured.end()
        self.stats.engine = engine.name

    def close(self, error: BaseException | None) -> None:
        """End the record and the journal of the action, with its error if it failed."""
        record = self.outcome.record
        if error is not None:
            record.log.fail(error)
        record.end()
        self.journal.end()
        append_action(self.stats)


def input_bytes(nodes: Sequence[Node]) -> int | None:
    """Return the estimated size in bytes of all inputs of the plans, or None if one is unknown."""
    sizes = [reader.estimated_bytes for reader in _readers(nodes)]
    return None if None in sizes else sum(size for size in sizes if size is not None)


def _readers(nodes: Sequence[Node]) -> Iterator[Reader]:
    """Yield the readers of all plans. A filled cache hides the readers before it."""
    return (node.reader for node in walk(nodes) if isinstance(node, Read))


def _view(settings: Settings, nodes: Sequence[Node], prepared: Prepared) -> PlanView:
    from glowray.watch.plan_view import PlanView  # Only needed to show a plan.

    stages = prepared.stages
    return PlanView(settings.name, nodes, stages, prepared.targets, prepared.choice, settings.vectorize, prepared.rules)
