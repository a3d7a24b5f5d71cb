"""A watcher of jobs that does nothing, and a watcher that tells several others."""

from __future__ import annotations

from collections.abc import Sequence

from glowray.engine.task.protocol import Done, Heard, Task
from glowray.physical.job import Watcher
from glowray.physical.stages.stage import StageRun


class NullWatcher:
    """Implements `Watcher` and does nothing. Statistics, progress and the event log override what they need."""

    def stage_started(self, stage: StageRun) -> None:
        """Hear that the tasks of a stage begin."""

    def task_sent(self, task: Task) -> None:
        """Note that the engine takes a task, in any thread."""

    def task_heard(self, stage: StageRun, place: int, heard: Heard) -> None:
        """Note the output that a task printed."""

    def task_done(self, stage: StageRun, done: Done) -> None:
        """Note that a task has ended. Tasks end in any order."""

    def task_unused(self, stage: StageRun, done: Done) -> None:
        """Note that a task has ended whose rows are not needed."""

    def task_settled(self, stage: StageRun, done: Done) -> None:
        """Note that a task is done, and so are the tasks of all partitions before it."""

    def stage_done(self, stage: StageRun) -> None:
        """Note that all tasks of a stage have ended."""


class Watchers(NullWatcher):
    """Tells each of several watchers, in order."""

    def __init__(self, watchers: Sequence[Watcher]) -> None:
        self.watchers = watchers

    def stage_started(self, stage: StageRun) -> None:
        for watcher in self.watchers:
            watcher.stage_started(stage)

    def task_sent(self, task: Task) -> None:
        for watcher in self.watchers:
            watcher.task_sent(task)

    def task_heard(self, stage: StageRun, place: int, heard: Heard) -> None:
        for watcher in self.watchers:
            watcher.task_heard(stage, place, heard)

    def task_done(self, stage: StageRun, done: Done) -> None:
        for watcher in self.watchers:
            watcher.task_done(stage, done)

    def task_unused(self, stage: StageRun, done: Done) -> None:
        for watcher in self.watchers:
            watcher.task_unused(stage, done)

    def task_settled(self, stage: StageRun, done: Done) -> None:
        for watcher in self.watchers:
            watcher.task_settled(stage, done)

    def stage_done(self, stage: StageRun) -> None:
        for watcher in self.watchers:
            watcher.stage_done(stage)
