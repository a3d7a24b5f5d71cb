"""The tasks of a run that two threads take from, and the pace at which this process runs them."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator

from glowray.engine.task.protocol import Stoppable, Task


class SharedTasks(Stoppable):
    """An iterator of tasks that two threads may take from. `is_stopped`: nobody wants a task any more."""

    def __init__(self, tasks: Iterable[Task]) -> None:
        self.tasks = iter(tasks)
        self.lock = threading.Lock()
        self.peeked: list[Task] = []
        self._is_stopped = False

    def __iter__(self) -> Iterator[Task]:
        return self

    def __next__(self) -> Task:
        with self.lock:
            task = self._peek()
            if task is None:
                raise StopIteration
            self.peeked.clear()
            return task

    @property
    def is_stopped(self) -> bool:
        return self._is_stopped

    def are_fed(self) -> bool:
        """Return whether the next task reads a channel. It has to run in this process, where the rows are."""
        with self.lock:
            task = self._peek()
            return task is not None and task.feed is not None

    def are_left(self) -> bool:
        """Return whether another task is left that may run anywhere."""
        with self.lock:
            task = self._peek()
            return task is not None and task.feed is None

    def are_several(self) -> bool:
        """Return whether the next task's stage has more than one task left."""
        with self.lock:
            task = self._peek()
            return task is not None and task.feed is None and task.after > 0

    def stop(self) -> None:
        """Hand out no more tasks."""
        with self.lock:
            self._is_stopped = True

    def _peek(self) -> Task | None:
        if self.is_stopped:
            return None
        if not self.peeked:
            self.peeked.extend(task for task in [next(self.tasks, None)] if task is not None)
        return self.peeked[0] if self.peeked else None


class Pace:
    """How long the tasks of a stage take in this process. One thread runs tasks; another may ask."""

    def __init__(self) -> None:
        self.stage = -1
        self.after = 0
        self.done, self.seconds = 0, 0.0
        self.began: float | None = None

    def begin(self, task: Task) -> None:
        """Note that a task begins."""
        if task.identity[0] != self.stage:
            self.stage, self.done, self.seconds = task.identity[0], 0, 0.0
        self.after, self.began = task.after, time.monotonic()

    def end(self) -> None:
        """Note that the task has ended."""
        if self.began is not None:
            self.done, self.seconds = self.done + 1, self.seconds + time.monotonic() - self.began
            self.began = None

    def mean(self) -> float | None:
        """Return the mean seconds of a task, or None before the stage's first task has ended."""
        return self.seconds / self.done if self.done else None

    def seconds_left(self) -> float:
        """Return about how many seconds this process still needs for the tasks of the stage."""
        began, mean = self.began, self.mean()
        age = 0.0 if began is None else time.monotonic() - began
        if mean is None:
            return age * self.after
        return mean * self.after + max(0.0, mean - age if began is not None else 0.0)


class UntilSlower(Stoppable):
    """The tasks that Ray takes. It ends early if Ray turns out slower than this process was.

    Args:
        tasks: the stage's tasks.
        mean: the mean seconds of a task in this process; None if none has ended.
    """

    LOOK_AFTER = 2.0
    """Seconds before Ray is compared with this process, as its first tasks wait for workers."""

    SLOWER = 1.1

    def __init__(self, tasks: SharedTasks, mean: float | None) -> None:
        self.tasks, self.mean = tasks, mean
        self.began: float | None = None
        self.done = 0
        self.is_slower = False

    @property
    def is_stopped(self) -> bool:
        """Return whether the job needs no further task."""
        return self.tasks.is_stopped

    def __iter__(self) -> Iterator[Task]:
        return self

    def __next__(self) -> Task:
        if self.is_slower:
            raise StopIteration
        return next(self.tasks)

    def note_done(self) -> None:
        """Note that Ray has done a task. The first one shows when Ray began."""
        now = time.monotonic()
        if self.began is None:
            self.began = now
            return
        self.done += 1
        taken = now - self.began
        if self.mean is not None and taken >= self.LOOK_AFTER:
            self.is_slower = taken / self.done > self.SLOWER * self.mean
