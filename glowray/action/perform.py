"""Runs plans: optimise → lower → choose the engine → job → blocks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from glowray.action.bad_rows import Letters, RowError, letter_paths
from glowray.action.settings import Outcome, Settings
from glowray.engine.choose import Choice, choose, open_engine
from glowray.engine.protocol import Done, Engine
from glowray.kernels.exchange import Exchange, OneBlock
from glowray.optimize import optimize
from glowray.physical.job import Job
from glowray.physical.lower import Lowering, lowering
from glowray.physical.stage import Stage
from glowray.plan.depth import walkable
from glowray.plan.nodes import Cache, Node, Read
from glowray.rows import Block
from glowray.watch.progress import Progress, progress_for
from glowray.watch.script import is_watched, reached
from glowray.watch.stats import Stats, StatsWatcher

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
    with walkable(nodes):
        best = optimize(nodes)
        stages = lowering(best)
        pairs = zip(best, exchanges, strict=True)
        targets = [stages.target(node, exchange, stream=stream) for node, exchange in pairs]
    return Prepared(stages, targets, choose(settings.engine, input_bytes(nodes)))


def view(settings: Settings, nodes: Sequence[Node]) -> PlanView:
    """The plans of one action, to be looked at; runs nothing."""
    return _view(settings, nodes, prepare(settings, nodes, [OneBlock()] * len(nodes)))


def perform(
    settings: Settings, outcome: Outcome, nodes: Sequence[Node], exchanges: Sequence[Exchange] = (OneBlock(),)
) -> tuple[list[Stage], Engine, Recorder]:
    """Runs the plans in one pass; the last stage of each is returned after it has run.

    Raises:
        BaseException: the user's own, of the lowest failing partition.
    """
    prepared = _begin(settings, nodes, exchanges)
    letters = Letters(letter_paths(prepared.stages.stages))
    letters.begin()
    engine, recorder = _start(settings, outcome, prepared)
    job = _job(settings, prepared, engine, recorder)
    try:
        recorder.progress.begin()
        job.run()
        letters.commit(outcome.letters)
    except BaseException:
        letters.abort()
        raise
    finally:
        recorder.finish(engine)
    return prepared.targets, engine, recorder


def collect_blocks(settings: Settings, outcome: Outcome, node: Node) -> list[Block]:
    """The blocks of a plan's partitions, in this process."""
    (stage,), engine, recorder = perform(settings, outcome, [node])
    return recorder.fetch(engine, stage, range(stage.num_tasks))


def stream_blocks(settings: Settings, outcome: Outcome, node: Node) -> Iterator[Block]:
    """The blocks of a plan's partitions in order, each as soon as it is there; bounded memory in the driver."""
    prepared = _begin(settings, [node], stream=True)
    (last,) = prepared.targets
    letters = Letters(letter_paths(prepared.stages.stages))
    letters.begin()
    engine, recorder = _start(settings, outcome, prepared)
    job = _job(settings, prepared, engine, recorder)
    try:
        recorder.progress.begin()
        for stage, place in job.stream(last):
            recorder.progress.end()  # from the first row on the terminal is the reader's
            yield from recorder.fetch(engine, stage, [place])
            stage.refs[place] = None  # read: the engine may drop it
        letters.commit(outcome.letters)
    except BaseException:
        letters.abort()
        raise
    finally:
        recorder.finish(engine)


class Recorder(StatsWatcher):
    """Keeps what tasks report in the flow's outcome."""

    def __init__(self, outcome: Outcome, stats: Stats, progress: Progress) -> None:
        super().__init__(stats)
        self.outcome, self.progress = outcome, progress

    def stage_started(self, stage: Stage) -> None:
        super().stage_started(stage)
        self.progress.stage_started(stage)

    def stage_done(self, stage: Stage) -> None:
        super().stage_done(stage)
        self.progress.stage_done(stage)

    def task_done(self, stage: Stage, done: Done) -> None:
        super().task_done(stage, done)
        self.progress.task_done(stage, done)
        report = done.report
        self.outcome.skipped.update(report.skipped)
        self.outcome.counters.update(report.counters)

    def task_settled(self, stage: Stage, done: Done) -> None:
        for policy, failure in done.report.errors:
            if policy == "collect":
                self.outcome.errors.append(RowError.of(failure))
            else:
                self.outcome.letters.setdefault(policy, []).append(failure)

    def fetch(self, engine: Engine, stage: Stage, places: Sequence[int]) -> list[Block]:
        """Brings the blocks of some tasks to the driver."""
        blocks = engine.fetch([stage.block(place) for place in places])
        self.fetched(stage, sum(block.nbytes for block in blocks))
        return blocks

    def finish(self, engine: Engine) -> None:
        self.progress.end()
        self.end()
        self.stats.engine = engine.name


def input_bytes(nodes: Sequence[Node]) -> int | None:
    """The size of everything that the plans read; None if some of it is unknown."""
    total: int | None = 0
    seen: set[int] = set()
    stack = list(nodes)
    while stack:
        node = stack.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, Read):
            size = node.reader.estimated_bytes
            total = None if total is None or size is None else total + size
        if not (isinstance(node, Cache) and node.store.refs is not None):
            stack.extend(node.inputs)
    return total


def _begin(
    settings: Settings, nodes: Sequence[Node], exchanges: Sequence[Exchange] = (OneBlock(),), *, stream: bool = False
) -> Prepared:
    """What an action does first; in a script that is only looked at, it is also the last."""
    prepared = prepare(settings, nodes, exchanges, stream=stream)
    if is_watched():
        reached(_view(settings, nodes, prepared))
    return prepared


def _view(settings: Settings, nodes: Sequence[Node], prepared: Prepared) -> PlanView:
    from glowray.watch.view import PlanView  # no action needs it: only looking does

    stages = prepared.stages.stages
    return PlanView(settings.name, nodes, stages, prepared.targets, prepared.choice, settings.vectorize)


def _start(settings: Settings, outcome: Outcome, prepared: Prepared) -> tuple[Engine, Recorder]:
    engine = open_engine(prepared.choice)
    stats = Stats(settings.name, engine.name)
    outcome.begin(stats)
    return engine, Recorder(outcome, stats, progress_for(settings.name, prepared.stages.stages, settings.progress))


def _job(settings: Settings, prepared: Prepared, engine: Engine, recorder: Recorder) -> Job:
    stages = prepared.stages.stages
    return Job(settings.name, stages, engine, recorder, settings.resources, settings.max_errors, settings.vectorize)
