"""The driver's loop: runs stages as soon as those they read have run, and settles which error is the job's."""

from __future__ import annotations

import heapq
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import accumulate
from typing import Protocol

from glowray.engine.task.payload import Apart, Payload, pack_all
from glowray.engine.task.protocol import Done, Engine, Heard, Slot, Task
from glowray.errors import TooManyErrors
from glowray.functions import Failure
from glowray.functions.function import unreadable
from glowray.io.channel import Deal, Feed
from glowray.physical.compile.row_kinds import stage_kind
from glowray.physical.compile.weaving import weave
from glowray.physical.grouping import grouping
from glowray.physical.resume.restoring import Restoring
from glowray.physical.shuffle import gather, settled
from glowray.physical.stages.grouping import Grouping
from glowray.physical.stages.stage import Branch, StagePlan, StageRun, Wire, runs_of
from glowray.physical.stages.stage_name import dashboard_name
from glowray.physical.stages.wires import Arriving
from glowray.resources import NO_NEEDS, Resources

SHOWN_ERRORS = 3
"""How many failing rows TooManyErrors shows."""


class Watcher(Protocol):
    """Is told what happens; it never changes it."""

    def stage_started(self, stage: StageRun) -> None: ...
    def task_sent(self, task: Task) -> None: ...
    def task_heard(self, stage: StageRun, place: int, heard: Heard) -> None: ...
    def task_done(self, stage: StageRun, done: Done) -> None: ...
    def task_unused(self, stage: StageRun, done: Done) -> None: ...
    def task_settled(self, stage: StageRun, done: Done) -> None: ...
    def stage_done(self, stage: StageRun) -> None: ...


@dataclass
class Job:
    """One action: its stages in order, their runs, the engine, and what every task asks for."""

    name: str
    stages: Sequence[StagePlan]
    engine: Engine
    watcher: Watcher
    resources: Resources = NO_NEEDS
    max_errors: int | None = None
    vectorize: bool = True
    failed_rows: int = 0
    failures: list[Failure] = field(default_factory=list)
    apart: dict[int, Apart] = field(default_factory=dict)
    deals: dict[int, Deal] = field(default_factory=dict)
    restoring: Restoring = field(default_factory=Restoring)
    runs: dict[StagePlan, StageRun] = field(init=False)

    def __post_init__(self) -> None:
        self.runs = runs_of(self.stages)

    def run(self, stages: Sequence[StagePlan] | None = None) -> None:
        """Run stages in waves: all stages whose upstream has run share the engine.

        Raises:
            BaseException: the user's own exception, of the first stage and lowest partition that failed.
        """
        for plans in _waves(self.stages if stages is None else stages):
            wave = [self.runs[plan] for plan in plans]
            for stage in wave:
                if stage.plan.until is not None:
                    self._run_until(stage, stage.plan.until)
            self._run_flowing([stage for stage in wave if stage.plan.flows])
            self._run_wave([stage for stage in wave if stage.plan.until is None and not stage.plan.flows])

    def run_more(self, stage: StagePlan) -> StageRun:
        """Run one more stage, which reads no other."""
        self.stages = [*self.stages, stage]
        self.runs[stage] = StageRun(stage, {})
        self.run([stage])
        return self.runs[stage]

    def stream(self, stage: StageRun) -> Iterator[int]:
        """Run all stages; yield the tasks of the last one in order of partition. A failure is raised in its turn.

        A task that flows is yielded again for each piece of its rows.
        """
        self.run([other for other in self.stages if other is not stage.plan])
        for _, place in self._in_order([stage]):
            yield place
        self.watcher.stage_done(stage)

    def close(self) -> None:
        """End the reading of channels, as the action is over."""
        for deal in self.deals.values():
            deal.close()

    def _in_order(self, stages: Sequence[StageRun]) -> Iterator[tuple[StageRun, int]]:
        by_number = {stage.plan.number: stage for stage in stages}
        waiting: dict[int, list[tuple[int, int, Done]]] = {stage.plan.number: [] for stage in stages}
        due = dict.fromkeys(by_number, 0)
        for stage in stages:
            self._start(stage)
        running = self.engine.run(self._sent(task for stage in stages for task in self._tasks(stage)))
        try:
            for count, done in enumerate(running):
                number, place = done.task.identity
                stage, ended = by_number[number], waiting[number]
                heapq.heappush(ended, (place, count, done))
                while ended and ended[0][0] == due[number]:
                    place, _, ready = heapq.heappop(ended)
                    self._accept(stage, ready)
                    self._settle(stage, ready, fails=False)
                    if ready.blocks is not None:
                        yield stage, place
                    _raise(ready)
                    due[number] += ready.report.final
        finally:
            _close(running)

    def _run_flowing(self, stages: Sequence[StageRun]) -> None:
        """Run stages that feed sinks in the driver while rows arrive."""
        for stage, place in self._in_order(stages):
            assert stage.sink is not None, "the rows of a stage that flows are for somebody"
            stage.sink(place)
        for stage in stages:
            self._finish(stage)

    def _run_wave(self, stages: Sequence[StageRun]) -> None:
        by_number = {stage.plan.number: stage for stage in stages}
        order = [(stage.plan.number, place) for stage in stages for place in range(stage.plan.num_tasks)]
        ended: dict[tuple[int, int], Done] = {}
        failed: list[tuple[int, int]] = []

        def tasks() -> Iterator[Task]:
            for stage in stages:
                for task in self._tasks(stage):
                    if not failed or task.identity < min(failed):
                        yield task

        for stage in stages:
            self._start(stage)
        settled = 0
        running = self.engine.run(self._sent(tasks()))
        try:
            for done in running:
                self._accept(by_number[done.task.identity[0]], done)
                ended[done.task.identity] = done
                if done.report.failure is not None:
                    failed.append(done.task.identity)
                # Whatever order tasks end in, the first stage's lowest partition is the first to be heard.
                while settled < len(order) and order[settled] in ended:
                    stage = by_number[order[settled][0]]
                    self._settle(stage, ended.pop(order[settled]))
                    settled += 1
        finally:
            _close(running)
        for stage in stages:
            for done in gather(stage, self.engine, self.name) if self.restoring.has_objects(stage.plan) else ():
                _raise(done)
            self._finish(stage)

    def _run_until(self, stage: StageRun, until: int) -> None:
        """Run a stage's tasks from the first on, twice as many at each try, until it has its rows or a task ends it."""
        self._start(stage)
        tasks = list(self._tasks(stage))
        rows, start, width = 0, 0, 1
        is_over = until == 0
        while start < len(tasks) and not is_over:
            window = tasks[start : start + width]
            results = sorted(self.engine.run(self._sent(window)), key=lambda done: done.task.identity)
            for done in results:
                if is_over:
                    self.watcher.task_unused(stage, done)
                    continue
                self._accept(stage, done)
                rows += sum(done.report.rows[:1])
                self._settle(stage, done, fails=rows < until)
                is_over = rows >= until or done.report.ended
            start, width = start + width, width * 2
        self._finish(stage)

    def _sent(self, tasks: Iterable[Task]) -> Iterator[Task]:
        """Yield tasks as the engine takes them, and tell the watcher of each."""
        for task in tasks:
            self.watcher.task_sent(task)
            yield task

    def _start(self, stage: StageRun) -> None:
        branches = stage.plan.branches
        groupings = [self._grouping(stage, branch) for branch in branches]
        stage.begin(settled(stage, groupings, self.engine), groupings)
        self.watcher.stage_started(stage)

    def _grouping(self, stage: StageRun, branch: Branch) -> Grouping:
        if not stage.plan.may_group or self.restoring.folder is not None:  # saved tasks have other programs
            return Grouping.alone(branch.count)
        needs = self.resources.joined(branch.resources)
        return grouping(
            branch, stage.runs, needs, self.engine, is_sliced=stage.plan.node_slices, merges=stage.plan.exchange.merges
        )

    def _accept(self, stage: StageRun, done: Done) -> None:
        place = done.task.identity[1]
        refs = done.blocks
        if done.report.cuts is not None and self.restoring.has_objects(stage.plan):
            (run,) = (slot.ref for slot in stage.plan.branch_of(place).wires[0].slots(place, self.runs))
            refs = [Slot(run, start, stop) for start, stop in done.report.cuts]
        stage.accept(place, done.report, refs)
        self.watcher.task_done(stage, done)

    def _settle(self, stage: StageRun, done: Done, *, fails: bool = True) -> None:
        """Take a task in its turn, after all tasks before it: count the rows that it dropped, then raise its error."""
        self.watcher.task_settled(stage, done)
        self.drop(done.report.skipped.total(), done.report.first_errors)
        if fails:
            _raise(done)

    def drop(self, count: int, first: Sequence[Failure]) -> None:
        """Count dropped rows; `first` are the failures of the first of them.

        Raises:
            TooManyErrors: more rows were dropped than max_errors allows.
        """
        self.failed_rows += count
        self.failures.extend(first[: SHOWN_ERRORS - len(self.failures)])
        if self.max_errors is not None and self.failed_rows > self.max_errors:
            shown = [f"  {failure.step}: {failure.message}, row {failure.row_text}" for failure in self.failures]
            rows = "1 row" if self.failed_rows == 1 else f"{self.failed_rows} rows"
            raise TooManyErrors("\n".join([f"{rows} failed, more than max_errors={self.max_errors} allows", *shown]))

    def _finish(self, stage: StageRun) -> None:
        store = stage.plan.store
        if store is not None:
            store.refs = [refs[0] for refs in stage.refs if refs is not None]
            store.kind = stage_kind(stage, 0)
            store.rows = [report.rows[0] for report in stage.ended]
            store.identity = self.restoring.fingerprints.get(stage.plan)
        self.watcher.stage_done(stage)

    def _tasks(self, stage: StageRun) -> Iterator[Task]:
        first = 0
        nodes = self.engine.store_nodes()
        payloads = pack_all(self.restoring.saving(stage.plan, weave(stage, self.vectorize)), self.apart)
        for branch, payload, chosen in zip(stage.plan.branches, payloads, stage.groupings, strict=True):
            offsets = _offsets(stage, branch)
            shuffles = any(wire.shuffles for wire in branch.reads)
            for group in chosen.groups:
                for place, local in enumerate(group):
                    task = replace(
                        self._task(stage, branch, payload, first + local, local),
                        offset=offsets[local],
                        near=nodes[local % len(nodes)] if shuffles else "",
                        follow=len(group) - place - 1,
                    )
                    yield self.restoring.restored(stage.plan, task)
            first += branch.count

    def _task(self, stage: StageRun, branch: Branch, payload: Payload, place: int, local: int) -> Task:
        plan = stage.plan
        is_saved = self.restoring.is_saved(plan, place)
        return Task(
            name=dashboard_name(self.name, plan.number, plan.name),
            identity=(plan.number, place),
            payload=payload,
            partition=place,
            inputs=tuple(() if is_saved else self._slots(wire, local) for wire in branch.reads),
            outputs=stage.exchange.outputs,
            resources=self.resources.joined(branch.resources),
            flows=plan.flows,
            hear=partial(self.watcher.task_heard, stage, place),
            after=plan.num_tasks - place - 1,
            once=any(step.has_effects for step in branch.steps),
        )

    def _slots(self, wire: Wire, local: int) -> tuple[Slot, ...]:
        return (Slot(self._feed(wire, local)),) if isinstance(wire, Arriving) else wire.slots(local, self.runs)

    def _feed(self, wire: Arriving, local: int) -> Feed:
        """Return what arrives for a task. All branches of the job that read a channel read one deal of it."""
        key = id(wire.channel)
        if key not in self.deals:
            wires = (other for stage in self.stages for branch in stage.branches for other in branch.wires)
            readers = sum(isinstance(other, Arriving) and other.channel is wire.channel for other in wires)
            self.deals[key] = wire.channel.open(readers)
        return self.deals[key].feeds[wire.reader][local]


def _offsets(stage: StageRun, branch: Branch) -> list[int]:
    """Return for each task the number of rows in the partitions before its own; 0 if no step of the branch needs it."""
    if branch.counted is None:
        return [0] * branch.count
    counted = stage.runs[branch.counted]
    return list(accumulate(map(counted.rows, range(branch.count - 1)), initial=0))


def _waves(stages: Sequence[StagePlan]) -> Iterator[list[StagePlan]]:
    """Yield the stages in groups. A stage is in the first group after the groups of all stages that it reads."""
    waves: dict[int, int] = {}
    groups: dict[int, list[StagePlan]] = {}
    for stage in stages:  # a stage comes after the stages that it reads
        waves[id(stage)] = 1 + max((waves.get(id(source), 0) for source in stage.upstream), default=0)
        groups.setdefault(waves[id(stage)], []).append(stage)
    yield from (groups[number] for number in sorted(groups))


def _raise(done: Done) -> None:
    failure = done.report.failure
    if failure is None:
        return
    error, fragment = failure.exception(), done.task.payload.fragment
    if done.report.unread and fragment is not None and isinstance(error, Exception):
        raise unreadable(fragment.functions, error) from error
    raise error


def _close(running: Iterator[Done]) -> None:
    """Cancel the tasks that still run. An engine's iterator is a generator, which ends when it is closed."""
    if isinstance(running, Generator):
        running.close()
