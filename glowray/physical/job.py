"""The driver's loop: runs stages as soon as those they read have run, and settles which error is the job's."""

from __future__ import annotations

import heapq
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Protocol

from glowray.engine.payload import Apart, Payload, pack_all
from glowray.engine.protocol import Done, Engine, Heard, Slot, Task
from glowray.errors import TooManyErrors
from glowray.functions import Failure
from glowray.functions.function import unreadable
from glowray.io.channel import Deal, Feed
from glowray.kernels.exchange import ByKey, ByRange
from glowray.kernels.resources import NO_NEEDS, Resources
from glowray.physical.kinds import stage_kind
from glowray.physical.stage import Arriving, Branch, Stage, Wire
from glowray.physical.weaving import weave

SHOWN_ERRORS = 3
"""How many failing rows TooManyErrors shows."""


class Watcher(Protocol):
    """Is told what happens; it never changes it."""

    def stage_started(self, stage: Stage) -> None: ...
    def task_heard(self, stage: Stage, place: int, heard: Heard) -> None: ...
    def task_done(self, stage: Stage, done: Done) -> None: ...
    def task_unused(self, stage: Stage, done: Done) -> None: ...
    def task_settled(self, stage: Stage, done: Done) -> None: ...
    def stage_done(self, stage: Stage) -> None: ...


@dataclass
class Job:
    """One action: its stages in order, the engine, and what every task asks for."""

    name: str
    stages: Sequence[Stage]
    engine: Engine
    watcher: Watcher
    resources: Resources = NO_NEEDS
    max_errors: int | None = None
    vectorize: bool = True
    failed_rows: int = 0
    failures: list[Failure] = field(default_factory=list)
    apart: dict[int, Apart] = field(default_factory=dict)
    deals: dict[int, Deal] = field(default_factory=dict)

    def run(self, stages: Sequence[Stage] | None = None) -> None:
        """Runs stages in waves: all whose upstream is there share the engine.

        Raises:
            BaseException: the user's own exception, of the first stage and lowest partition that failed.
        """
        for wave in _waves(self.stages if stages is None else stages):
            for stage in (stage for stage in wave if stage.until is not None):
                self._run_until(stage)
            self._run_flowing([stage for stage in wave if stage.flows])
            self._run_wave([stage for stage in wave if stage.until is None and not stage.flows])

    def stream(self, stage: Stage) -> Iterator[int]:
        """Runs the last stage and gives its tasks in order of partition; a failure is raised when it is reached.

        A task that flows is given again for each piece of its rows.
        """
        self.run([other for other in self.stages if other is not stage])
        for _, place in self._in_order([stage]):
            yield place
        self.watcher.stage_done(stage)

    def close(self) -> None:
        """Ends the reading of channels: the action is over."""
        for deal in self.deals.values():
            deal.close()

    def _in_order(self, stages: Sequence[Stage]) -> Iterator[tuple[Stage, int]]:
        by_number = {stage.number: stage for stage in stages}
        waiting: dict[int, list[tuple[int, int, Done]]] = {stage.number: [] for stage in stages}
        due = dict.fromkeys(by_number, 0)
        for stage in stages:
            self._start(stage)
        running = self.engine.run(task for stage in stages for task in self._tasks(stage))
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

    def _run_flowing(self, stages: Sequence[Stage]) -> None:
        """Runs stages that feed sinks in the driver while rows arrive."""
        for stage, place in self._in_order(stages):
            assert stage.sink is not None, "the rows of a stage that flows are for somebody"
            stage.sink(place)
        for stage in stages:
            self._finish(stage)

    def _run_wave(self, stages: Sequence[Stage]) -> None:
        by_number = {stage.number: stage for stage in stages}
        order = [(stage.number, place) for stage in stages for place in range(stage.num_tasks)]
        ended: dict[tuple[int, int], Done] = {}
        failed: list[tuple[int, int]] = []

        def tasks() -> Iterator[Task]:
            for stage in stages:
                for task in self._tasks(stage):
                    if failed and task.identity > min(failed):
                        return
                    yield task

        for stage in stages:
            self._start(stage)
        settled = 0
        running = self.engine.run(tasks())
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
            self._finish(stage)

    def _run_until(self, stage: Stage) -> None:
        """Runs a stage's tasks from the first on, twice as many at each try, until it has its rows."""
        assert stage.until is not None
        self._start(stage)
        tasks = list(self._tasks(stage))
        rows, start, width = 0, 0, 1
        while start < len(tasks) and rows < stage.until:
            window = tasks[start : start + width]
            results = sorted(self.engine.run(iter(window)), key=lambda done: done.task.identity)
            for done in results:
                if rows >= stage.until:
                    self.watcher.task_unused(stage, done)
                    continue
                self._accept(stage, done)
                rows += sum(done.report.rows[:1])
                self._settle(stage, done, fails=rows < stage.until)
            start, width = start + width, width * 2
        self._finish(stage)

    def _start(self, stage: Stage) -> None:
        if isinstance(stage.exchange, ByRange):
            (runs,) = stage.branches[0].wires[0].stages
            size = sum(report.sizes[0] for report in runs.reports if report is not None)
            stage.exchange = replace(stage.exchange, in_place=size <= self.engine.shared_bytes())
        elif isinstance(stage.exchange, ByKey) and stage.exchange.count > 1:
            together = self.engine.shared_bytes() // max(stage.num_tasks, 1)
            stage.exchange = replace(stage.exchange, together=together)
        stage.begin()
        self.watcher.stage_started(stage)

    def _accept(self, stage: Stage, done: Done) -> None:
        place = done.task.identity[1]
        stage.reports[place], stage.refs[place] = done.report, done.blocks
        if done.report.cuts is not None:
            own = done.blocks if isinstance(stage.exchange, ByKey) else None
            block = own[0] if own else done.task.inputs[0][0].ref
            stage.refs[place] = [Slot(block, start, stop) for start, stop in done.report.cuts]
        self.watcher.task_done(stage, done)

    def _settle(self, stage: Stage, done: Done, *, fails: bool = True) -> None:
        """Hears a task in its turn, after all before it: the rows that it dropped, then the error that ended it."""
        self.watcher.task_settled(stage, done)
        self.drop(done.report.skipped.total(), done.report.first_errors)
        if fails:
            _raise(done)

    def drop(self, count: int, first: Sequence[Failure]) -> None:
        """Counts rows that were dropped, of which `first` are the first.

        Raises:
            TooManyErrors: they are more than max_errors allows.
        """
        self.failed_rows += count
        self.failures.extend(first[: SHOWN_ERRORS - len(self.failures)])
        if self.max_errors is not None and self.failed_rows > self.max_errors:
            shown = [f"  {failure.step}: {failure.message}, row {failure.row_text}" for failure in self.failures]
            rows = "1 row" if self.failed_rows == 1 else f"{self.failed_rows} rows"
            raise TooManyErrors("\n".join([f"{rows} failed, more than max_errors={self.max_errors} allows", *shown]))

    def _finish(self, stage: Stage) -> None:
        if stage.store is not None:
            stage.store.refs = [refs[0] for refs in stage.refs if refs is not None]
            stage.store.kind = stage_kind(stage, 0)
            stage.store.rows = [report.rows[0] for report in stage.reports if report is not None]
        self.watcher.stage_done(stage)

    def _tasks(self, stage: Stage) -> Iterator[Task]:
        place, flows = 0, stage.flows
        payloads = pack_all(weave(stage, self.vectorize), self.apart)
        for branch, payload in zip(stage.branches, payloads, strict=True):
            offset = 0
            for local in range(branch.count):
                yield self._task(stage, branch, payload, place, local, offset, flows)
                if branch.counted is not None:
                    offset += branch.counted.rows(local)
                place += 1

    def _task(
        self, stage: Stage, branch: Branch, payload: Payload, place: int, local: int, offset: int, flows: bool
    ) -> Task:
        return Task(
            name=f"{self.name} · {stage.chain} [{place + 1}/{stage.num_tasks}]",
            identity=(stage.number, place),
            payload=payload,
            partition=place,
            inputs=tuple(self._slots(wire, local) for wire in branch.reads),
            outputs=stage.exchange.outputs,
            offset=offset,
            resources=self.resources.joined(branch.resources),
            flows=flows,
            hear=partial(self.watcher.task_heard, stage, place),
            after=stage.num_tasks - place - 1,
        )

    def _slots(self, wire: Wire, local: int) -> tuple[Slot, ...]:
        return (Slot(self._feed(wire, local)),) if isinstance(wire, Arriving) else wire.slots(local)

    def _feed(self, wire: Arriving, local: int) -> Feed:
        """What arrives for a task; all branches of the job that read a channel read it together."""
        key = id(wire.channel)
        if key not in self.deals:
            wires = (other for stage in self.stages for branch in stage.branches for other in branch.wires)
            readers = sum(isinstance(other, Arriving) and other.channel is wire.channel for other in wires)
            self.deals[key] = wire.channel.open(readers)
        return self.deals[key].feeds[wire.reader][local]


def _waves(stages: Sequence[Stage]) -> Iterator[list[Stage]]:
    """Yield the stages in groups, each as soon as all that it reads were in groups before, in order of the stages."""
    waves: dict[int, int] = {}
    groups: dict[int, list[Stage]] = {}
    for stage in stages:  # what a stage reads comes before it
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
