"""flow.stats: what each stage of the last action or run did."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from glowray.boundary import public
from glowray.engine.protocol import Done
from glowray.native import chosen
from glowray.physical.stage import Given, Stage
from glowray.rows import Block


@public
@dataclass
class StageStats:
    """One stage: counts of tasks and rows, bytes handed on, values that Arrow could not hold, seconds.

    Args:
        name: the chain of verbs.
        tasks: one a partition; take(), limit() and an error leave some of them out.
        done: tasks that ended, each counted once.
        retries: attempts at these tasks that were lost with a worker or a node. An attempt at making a lost block
            again after its task was done is Ray's own affair and not seen here.
        rows_in: rows that the tasks read, from their source or as blocks of earlier stages.
        rows_out: rows that they handed on or wrote.
        bytes: of the blocks that they handed on, or of the files that they wrote.
        pickled_values: values in these blocks that are held pickled, as no Arrow type is exact for them.
        driver_bytes: bytes of rows that went through the driver: an action's result, and blocks of its own process
            that tasks elsewhere read once the automatic engine has handed over to Ray. Rows given to from_items()
            are where they begin, not on their way.
        seconds: from the stage's start to its end; stages that need nothing of each other run side by side.
        task_seconds: the tasks' own seconds, summed.
        spill: bytes that the tasks themselves put on disk for lack of memory. What Ray's object store spills is
            counted by node and not by task (`ray memory --stats-only`).
    """

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
    longest: int = 0
    handed_over: int = 0

    @property
    def skew(self) -> float:
        """The largest task over the mean one, by rows read or bytes handed on, whichever is less even; 0.0: nothing."""
        return max(_skew(self.longest, self.rows_in, self.done), _skew(self.largest, self.bytes, self.done))


def _skew(largest: int, total: int, count: int) -> float:
    return largest * count / total if total else 0.0


@public
@dataclass
class Stats:
    """All stages of an action, in the order in which they ran.

    Args:
        native: "compiled" where this process has glowray's loops in C, "portable" where NumPy and Arrow stand in.
    """

    name: str = ""
    engine: str = ""
    native: str = field(default_factory=lambda: chosen.loops.name)
    stages: list[StageStats] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def tasks(self) -> int:
        """Tasks that ended."""
        return sum(stage.done for stage in self.stages)

    @property
    def retries(self) -> int:
        """Attempts at tasks that were lost with a worker or a node."""
        return sum(stage.retries for stage in self.stages)

    @property
    def pickled_values(self) -> int:
        """Values that went through an exchange pickled rather than as Arrow."""
        return sum(stage.pickled_values for stage in self.stages)

    @property
    def driver_bytes(self) -> int:
        """Row bytes that came to the driver."""
        return sum(stage.driver_bytes for stage in self.stages)

    @property
    def exchange_driver_bytes(self) -> int:
        """Row bytes that went through the driver between stages: 0 unless a job was handed over to Ray half-way."""
        return sum(stage.handed_over for stage in self.stages)

    def __str__(self) -> str:
        tasks = f"{self.tasks} task{'' if self.tasks == 1 else 's'}"
        stages = f"{len(self.stages)} stage{'' if len(self.stages) == 1 else 's'}"
        rows = self.stages[0].rows_in if self.stages else 0
        out = self.stages[-1].rows_out if self.stages else 0
        lost = f", {self.retries} retried" if self.retries else ""
        return (
            f"{self.name}: {stages}, {tasks}{lost}, {rows:,} rows in, {out:,} out, {self.seconds:.2f} s, {self.engine},"
            f" native: {self.native}"
        )

    def show(self) -> None:
        """Prints a table of the stages, and the summary.

        >>> import glowray as gr
        >>> flow = gr.Flow("demo", engine="inline")
        >>> flow.from_range(3, partitions=2).map(str).collect()
        ['0', '1', '2']
        >>> flow.stats.show()
        stage                  tasks  rows in  rows out  bytes  skew  seconds  driver
            1  from_range→map      2        3         3   27 B   1.3     0...    27 B
        demo: 1 stage, 2 tasks, 3 rows in, 3 out, 0... s, inline, native: ...
        """
        from glowray.watch.stats_table import show_stats

        show_stats(self)


class StatsWatcher:
    """Fills Stats while a job runs."""

    def __init__(self, stats: Stats) -> None:
        self.stats = stats
        self.began = time.perf_counter()
        self.running: dict[int, tuple[StageStats, float]] = {}
        self.by_stage: dict[int, StageStats] = {}
        self.handed_over: dict[int, Block] = {}

    def stage_started(self, stage: Stage) -> None:
        entry = StageStats(stage.chain, stage.num_tasks)
        self.stats.stages.append(entry)
        self.by_stage[id(stage)] = entry
        self.running[id(stage)] = (entry, time.perf_counter())

    def task_done(self, stage: Stage, done: Done) -> None:
        entry, report = self.by_stage[id(stage)], done.report
        size = sum(report.sizes) + sum(part.bytes for part in report.parts)
        entry.done += report.final
        entry.retries += report.attempt
        entry.rows_in += report.rows_in
        entry.rows_out += report.rows_out + sum(part.rows for part in report.parts)
        entry.bytes += size
        entry.largest = max(entry.largest, size)
        entry.longest = max(entry.longest, report.rows_in)
        entry.pickled_values += report.pickled_values
        entry.spill += report.spilled
        entry.task_seconds += report.seconds
        if report.remote:
            self._hand_over(stage, done)

    def _hand_over(self, stage: Stage, done: Done) -> None:
        """Counts blocks of this process that a task elsewhere has read, each once; not those that a job begins with."""
        entry = self.by_stage[id(stage)]
        for wire, slots in zip(stage.branch_of(done.task.identity[1]).reads, done.task.inputs, strict=True):
            for block in (slot.ref for slot in slots if isinstance(slot.ref, Block) and not isinstance(wire, Given)):
                if id(block) not in self.handed_over:
                    self.handed_over[id(block)] = block
                    entry.handed_over += block.nbytes
                    entry.driver_bytes += block.nbytes

    def stage_done(self, stage: Stage) -> None:
        self._end(*self.running.pop(id(stage)))

    def fetched(self, stage: Stage, size: int) -> None:
        """Counts row bytes that an action brought to the driver."""
        self.by_stage[id(stage)].driver_bytes += size

    def end(self) -> None:
        """Ends the stages that an error, or a reader who had enough, has cut short."""
        while self.running:
            self._end(*self.running.popitem()[1])

    def _end(self, entry: StageStats, began: float) -> None:
        now = time.perf_counter()
        entry.seconds, self.stats.seconds = now - began, now - self.began
