"""The part of `resume=` in tasks: a task saves its output, or gives the output that an earlier task saved."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from glowray.functions import Failure
from glowray.io.saved.task_files import TaskFiles
from glowray.kernels.ends.buckets import Stored
from glowray.kernels.task.task_report import TaskReport


@dataclass(frozen=True, slots=True)
class TaskSaver:
    """Saves the report and the objects of each task of a stage."""

    files: TaskFiles

    def save(self, report: TaskReport, stored: Sequence[Stored]) -> None:
        """Write a task's file. If that fails, the report says why, and the job goes on."""
        try:
            self.files.write(report.partition, report, stored)
        except Exception as error:  # A disk may be full, a store may be away, a user's class may refuse to be pickled.
            report.unsaved = f"{type(error).__name__}: {error}"


@dataclass(frozen=True, slots=True)
class SavedTasks:
    """The program of tasks that give saved outputs. `outputs` has the number of objects of each saved task.

    `with_objects`: whether a later task reads the objects. If not, the report is all that is read.
    """

    files: TaskFiles
    outputs: Mapping[int, int]
    with_objects: bool

    def run(
        self, partition: int, inputs: Sequence[Sequence[Any]], offset: int = 0, memory: int | None = None
    ) -> tuple[TaskReport, Sequence[Stored] | None]:
        """Return the report and the objects of a task, as a task that runs does."""
        stored: list[Stored] = []
        began = time.time()
        try:
            if self.with_objects:
                report, stored = self.files.read(partition, self.outputs[partition])
            else:
                report = self.files.read_report(partition, self.outputs[partition])
        except Exception as error:
            return TaskReport(partition, failure=Failure.capture(error, verb="resume", partition=partition)), None
        found: TaskReport = replace(report, restored=True, seconds=0.0, spilled=0, times=[], began=began, worker="")
        return found, stored
