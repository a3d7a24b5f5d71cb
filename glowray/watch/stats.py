"""flow.stats: what each stage of the last action or run did."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from glowray.engine.protocol import Done
from glowray.physical.stage import Stage


@dataclass
class StageStats:
    """One stage: counts of tasks and rows, bytes handed on, values that Arrow could not hold, seconds."""

    name: str
    tasks: int
    done: int = 0
    retries: int = 0
    rows_in: int = 0
    rows_out: int = 0
    bytes: int = 0
    pickled_values: int = 0
    driver_bytes: int = 0
    seconds: float = 0.0
    task_seconds: float = 0.0
    spill: int = 0
    largest: int = 0

    @property
    def skew(self) -> float:
        """Bytes of the largest partition over the mean; 1.0 is even, 0.0 is nothing."""
        return self.largest * self.done / self.bytes if self.bytes and self.done else 0.0


@dataclass
class Stats:
    """All stages of an action, in the order in which they ran."""

    name: str = ""
    engine: str = ""
    stages: list[StageStats] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def tasks(self) -> int:
        return sum(stage.tasks for stage in self.stages)

    @property
    def pickled_values(self) -> int:
        """Values that went through an exchange pickled rather than as Arrow."""
        return sum(stage.pickled_values for stage in self.stages)

    @property
    def driver_bytes(self) -> int:
        """Row bytes that came to the driver: an action's result, and nothing else."""
        return sum(stage.driver_bytes for stage in self.stages)

    @property
    def exchange_driver_bytes(self) -> int:
        """Row bytes that went through the driver between stages."""
        return sum(stage.driver_bytes for stage in self.stages[:-1])

    def __str__(self) -> str:
        tasks = f"{self.tasks} task{'' if self.tasks == 1 else 's'}"
        stages = f"{len(self.stages)} stage{'' if len(self.stages) == 1 else 's'}"
        rows = self.stages[0].rows_in if self.stages else 0
        out = self.stages[-1].rows_out if self.stages else 0
        return f"{self.name}: {stages}, {tasks}, {rows:,} rows in, {out:,} out, {self.seconds:.2f} s, {self.engine}"


class StatsWatcher:
    """Fills Stats while a job runs."""

    def __init__(self, stats: Stats) -> None:
        self.stats = stats
        self.began = time.perf_counter()
        self.by_stage: dict[int, tuple[StageStats, float]] = {}

    def stage_started(self, stage: Stage) -> None:
        entry = StageStats(stage.chain, stage.num_tasks)
        self.stats.stages.append(entry)
        self.by_stage[id(stage)] = (entry, time.perf_counter())

    def task_done(self, stage: Stage, done: Done) -> None:
        entry, _ = self.by_stage[id(stage)]
        report = done.report
        entry.done += 1
        entry.rows_in += report.rows_in
        entry.rows_out += report.rows_out
        entry.bytes += sum(report.sizes)
        entry.largest = max(entry.largest, sum(report.sizes))
        entry.pickled_values += report.pickled_values
        entry.task_seconds += report.seconds

    def task_settled(self, stage: Stage, done: Done) -> None:
        """A task's turn has come: all partitions before its own have ended."""

    def stage_done(self, stage: Stage) -> None:
        entry, began = self.by_stage[id(stage)]
        entry.seconds = time.perf_counter() - began
        self.stats.seconds = time.perf_counter() - self.began

    def fetched(self, stage: Stage, size: int) -> None:
        """Counts row bytes that an action brought to the driver."""
        self.by_stage[id(stage)][0].driver_bytes += size
