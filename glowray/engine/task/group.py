"""Several tasks of a stage in one call of a worker. Their results become as few objects as one task gives."""

from __future__ import annotations

from collections.abc import Sequence

from glowray.io.spill import mapped
from glowray.kernels import TaskReport
from glowray.kernels.base.context import held_bytes
from glowray.kernels.ends.buckets import Buckets, Stored
from glowray.kernels.ends.exchange import Exchange
from glowray.kernels.task.task_output import describe


class TaskGroup:
    """The results of tasks that run one after the other, in order. Results beyond the tasks' memory wait in files.

    Args:
        memory: the bytes that each task may take, if it asked for some.
    """

    def __init__(self, memory: int | None) -> None:
        self.reports: list[TaskReport] = []
        self._given: list[Sequence[Stored]] = []
        self._room = held_bytes(memory)

    def add(self, report: TaskReport, given: Sequence[Stored] | None) -> None:
        """Take the result of the next task."""
        if self.reports and report.bucket_bytes is not None:
            before = self.reports[-1]
            if before.bucket_bytes is not None:
                report.bucket_bytes, before.bucket_bytes = report.bucket_bytes + before.bucket_bytes, None
        self._room -= sum(report.sizes)
        if self._room < 0 and given:
            given = list(map(_in_file, given))
            report.spilled += sum(report.sizes)
        self.reports.append(report)
        self._given.append(given or ())

    @property
    def has_failed(self) -> bool:
        """Return whether the last task has failed, so that no later task is needed."""
        return self.reports[-1].failure is not None

    def objects(self, exchange: Exchange) -> Sequence[Stored]:
        """Return the objects that hold the rows of all tasks. If the rows are many, they are in files."""
        evened = exchange.even(self._given)
        for report, before, after in zip(self.reports, self._given, evened, strict=True):
            if after is not before:
                describe(report, after)
        is_small = self._room >= 0
        made = exchange.together([given for given in evened if given], is_small=is_small)
        return list(made if is_small else map(_in_file, made))


def _in_file(stored: Stored) -> Stored:
    if isinstance(stored, Buckets):
        return stored.in_file()
    return mapped(stored)[0] if stored.chunks else stored
