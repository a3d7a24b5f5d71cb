"""The event log of a job: typed events in the order in which the driver learned of them."""

from __future__ import annotations

import time
import traceback
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar, TypeVar

from glowray.engine.task.protocol import Done, Task
from glowray.physical.stages.stage import StageRun
from glowray.watch.plan.step_names import step_name
from glowray.watch.run.null_watcher import NullWatcher

E = TypeVar("E", bound="Event")


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened. `time` is in seconds since 1970, by the clock of the machine where it happened."""

    kind: ClassVar[str]
    time: float

    def to_dict(self) -> dict[str, Any]:
        """Return the event as a dict of JSON values. Its kind is the field `event`."""
        return {"event": self.kind, **asdict(self)}


@dataclass(frozen=True, slots=True)
class PlanMade(Event):
    """A job begins. `plan` are the lines of its plan, `stages` their names, `reason` says why this engine runs it."""

    kind: ClassVar[str] = "plan"
    name: str
    engine: str
    reason: str
    plan: tuple[str, ...]
    stages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StageBegan(Event):
    """A stage begins."""

    kind: ClassVar[str] = "stage begins"
    stage: int
    name: str
    tasks: int


@dataclass(frozen=True, slots=True)
class StageEnded(Event):
    """All tasks of a stage have ended."""

    kind: ClassVar[str] = "stage ends"
    stage: int


@dataclass(frozen=True, slots=True)
class TaskSent(Event):
    """The engine took a task. Inline it begins now, on Ray as soon as a worker is free."""

    kind: ClassVar[str] = "task sent"
    stage: int
    task: int


@dataclass(frozen=True, slots=True)
class TaskBegan(Event):
    """A task began. `worker` is the node and the process that ran it."""

    kind: ClassVar[str] = "task begins"
    stage: int
    task: int
    worker: str


@dataclass(frozen=True, slots=True)
class TaskEnded(Event):
    """A task, or a piece of a task whose rows arrive while it runs, has ended. `is_final`: no more pieces come."""

    kind: ClassVar[str] = "task ends"
    stage: int
    task: int
    worker: str
    seconds: float
    rows_in: int
    rows_out: int
    bytes: int
    retries: int
    to_python: int
    is_final: bool = True


@dataclass(frozen=True, slots=True)
class RowsHanded(Event):
    """A step of a task, planned as `arrow`, handed rows to Python."""

    kind: ClassVar[str] = "rows to Python"
    stage: int
    task: int
    step: str
    rows: int
    reason: str
    example: str


@dataclass(frozen=True, slots=True)
class Spilled(Event):
    """A task wrote bytes to disk for lack of memory."""

    kind: ClassVar[str] = "spill"
    stage: int
    task: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Failed(Event):
    """The job failed. `stage` and `task` are None if no task is to blame, `error` has the exception and its notes."""

    kind: ClassVar[str] = "failure"
    stage: int | None
    task: int | None
    error: str


@dataclass(frozen=True, slots=True)
class JobEnded(Event):
    """The job has ended."""

    kind: ClassVar[str] = "job ends"
    name: str


KINDS: tuple[type[Event], ...] = (
    PlanMade, StageBegan, StageEnded, TaskSent, TaskBegan, TaskEnded, RowsHanded, Spilled, Failed, JobEnded,
)  # fmt: skip
BY_KIND = {event.kind: event for event in KINDS}


def from_dict(values: dict[str, Any]) -> Event | None:
    """Return the event that `to_dict` wrote, None if these are values of something else."""
    kind = BY_KIND.get(values["event"])
    if kind is None:
        return None
    return kind(**{name: _frozen(value) for name, value in values.items() if name != "event"})


def _frozen(value: Any) -> Any:
    """Return a JSON list as a tuple, any other value as it is."""
    return tuple(value) if isinstance(value, list) else value


@dataclass
class EventLog(NullWatcher):
    """Keeps the events of a job."""

    events: list[Event] = field(default_factory=list)
    _blamed: tuple[int, int] | None = None

    def add(self, event: Event) -> None:
        """Add an event that no task reports."""
        self.events.append(event)

    def of(self, kind: type[E]) -> list[E]:
        """Return the events of a class."""
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def failure(self) -> Failed | None:
        """Return how the job failed, None if it did not."""
        return next(iter(self.of(Failed)), None)

    def stage_started(self, stage: StageRun) -> None:
        plan = stage.plan
        self.add(StageBegan(time.time(), plan.number, plan.name, plan.num_tasks))

    def stage_done(self, stage: StageRun) -> None:
        self.add(StageEnded(time.time(), stage.plan.number))

    def task_sent(self, task: Task) -> None:
        self.add(TaskSent(time.time(), *task.identity))

    def task_done(self, stage: StageRun, done: Done) -> None:
        report, (number, place) = done.report, done.task.identity
        ended, size = report.began + report.seconds, report.bytes_out
        self.add(TaskBegan(report.began, number, place, report.worker))
        self._tell_handed(done)
        if report.spilled:
            self.add(Spilled(ended, number, place, report.spilled))
        self.add(
            TaskEnded(
                ended, number, place, report.worker, report.seconds, report.rows_in, report.rows_made, size,
                report.attempt, report.failed_rows, report.final,
            )
        )  # fmt: skip

    def _tell_handed(self, done: Done) -> None:
        fragment, report, (number, place) = done.task.payload.fragment, done.report, done.task.identity
        if fragment is None:
            return
        for step, handed in report.handed.items():
            name = step_name(fragment.source if step < 0 else fragment.steps[step])
            self.add(RowsHanded(report.began, number, place, name, handed.rows, handed.reason, handed.example))

    def task_settled(self, stage: StageRun, done: Done) -> None:
        if done.report.failure is not None and self._blamed is None:
            self._blamed = done.task.identity

    def fail(self, error: BaseException) -> None:
        """Add the failure of the job."""
        stage, task = self._blamed or (None, None)
        text = "".join(traceback.format_exception_only(error)).strip()
        self.add(Failed(time.time(), stage, task, text))
