"""The statistics of flow.stats: what each stage of the last action or run did."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from glowray.boundary import public
from glowray.engine.task.protocol import Done
from glowray.native import chosen
from glowray.physical.stages.stage import StagePlan, StageRun
from glowray.physical.stages.wires import Given
from glowray.rows import Block
from glowray.watch.plan.function_levels import Level
from glowray.watch.run.level_stats import HandedStats, StageLevels
from glowray.watch.run.null_watcher import NullWatcher
from glowray.watch.run.time_stats import PartTime, StageTimes


@public
@dataclass
class StageStats:
    """One stage: counts of tasks and rows, bytes passed on, values that Arrow could not hold, seconds.

    Args:
        name: the stage's verbs, joined by `→`.
        tasks: the number of tasks, one per partition. take(), limit() and an error may leave some out.
        done: tasks that ended, each counted once.
        retries: attempts at these tasks that were lost with a worker or a node, or that a second attempt on another
            node has overtaken. It does not count Ray's own attempts at rebuilding a lost block after its task was done.
        rows_in: rows that the tasks read, from their source or from blocks of earlier stages.
        rows_out: rows that the tasks passed on or wrote.
        bytes: bytes of the blocks that the tasks passed on, or of the files that they wrote.
        pickled_values: values in these blocks that are held pickled, because Arrow has no exact type for them.
        driver_bytes: bytes of rows that went through the driver: an action's result, and what `handed_over` counts.
            The rows of from_items() do not count, as they begin in the driver.
        seconds: from the stage's start to its end. Stages that do not depend on each other run at the same time.
        task_seconds: the sum of the tasks' own seconds.
        spill: bytes that the tasks wrote to disk for lack of memory. Ray counts the spilling of its object store by
            node and not by task (`ray memory --stats-only`).
        largest: the largest number of bytes that one task passed on or wrote.
        longest: the largest number of rows that one task read.
        handed_over: bytes of blocks of the driver's process that remote tasks read. They do so after the automatic
            engine switched to Ray.
        rows_by_level: the rows of `rows_in` at each level: "arrow", "fused" or "python". A row counts at the lowest
            level of its stage's functions. It counts as "python" if it failed a guard of a column program. Behind a
            source that makes other rows (a join, groups) failed rows are counted up to `rows_in`. Rows that no
            function looks at count as "arrow" if they are columns, else as "python".
        number: the stage's number in the plan, from 1.
        longest_seconds: the seconds of the longest task.
        groups: the calls of workers that computed the stage's partitions, if small ones shared a call; else 0.
        group_bytes: about how many bytes the largest of these calls read.
        restored: tasks that did not run, because an earlier job had saved what they give.
        unsaved: why the tasks' results are not saved, though the flow has `resume=`. "" if they are.
        to_python: the steps planned as `arrow` that handed rows to Python, with the reason and an example.
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
    number: int = 0
    longest_seconds: float = 0.0
    groups: int = 0
    group_bytes: int = 0
    restored: int = 0
    unsaved: str = ""
    levels: StageLevels = field(default_factory=StageLevels, repr=False)
    operators: StageTimes = field(default_factory=StageTimes, repr=False)

    @property
    def times(self) -> list[PartTime]:
        """Return where the tasks' time went: the source, the steps, the output."""
        return self.operators.parts

    @property
    def functions(self) -> list[Level]:
        """Return the user's functions in the stage's tasks, with the levels that were planned."""
        return self.levels.functions

    @property
    def rows_by_level(self) -> dict[str, int]:
        """Return the rows that came in, by the level at which they ran."""
        return self.levels.rows

    @property
    def to_python(self) -> list[HandedStats]:
        """Return the steps planned as `arrow` that handed rows to Python, in the order in which they were found."""
        return self.levels.handed

    @property
    def skew(self) -> float:
        """Return the largest task divided by the mean task, by rows read or by bytes passed on: the larger ratio.

        It is 0.0 if the stage read and passed on nothing.
        """
        return max(_skew(self.longest, self.rows_in, self.done), _skew(self.largest, self.bytes, self.done))

    def to_dict(self) -> dict[str, Any]:
        """Return the statistics as a dict of JSON values."""
        return {
            "name": self.name,
            "tasks": self.tasks,
            "retries": self.retries,
            "restored": self.restored,
            "rows_in": self.rows_in,
            "rows_out": self.rows_out,
            "bytes": self.bytes,
            "pickled_values": self.pickled_values,
            "driver_bytes": self.driver_bytes,
            "seconds": self.seconds,
            "task_seconds": self.task_seconds,
            "spill": self.spill,
            "skew": self.skew,
            "groups": self.groups,
            "group_bytes": self.group_bytes,
            "rows_by_level": dict(self.rows_by_level),
            "to_python": [asdict(step) for step in self.to_python],
            "times": [{**asdict(part), "nanoseconds": part.nanoseconds} for part in self.times],
        }


def _skew(largest: int, total: int, count: int) -> float:
    return largest * count / total if total else 0.0


@public
@dataclass
class Stats:
    """The statistics of an action: all its stages, in the order in which they started, and the rules that fired.

    Args:
        native: "compiled" if this process has glowray's loops in C, "portable" if NumPy and Arrow stand in.
    """

    name: str = ""
    engine: str = ""
    native: str = field(default_factory=lambda: chosen.loops.name)
    stages: list[StageStats] = field(default_factory=list)
    seconds: float = 0.0
    rules: tuple[str, ...] = ()

    @property
    def tasks(self) -> int:
        """Return the number of tasks that ended."""
        return sum(stage.done for stage in self.stages)

    @property
    def retries(self) -> int:
        """Return the number of attempts at tasks that were lost or overtaken."""
        return sum(stage.retries for stage in self.stages)

    @property
    def restored(self) -> int:
        """Return the number of tasks that did not run because an earlier job had saved their outputs."""
        return sum(stage.restored for stage in self.stages)

    @property
    def pickled_values(self) -> int:
        """Return the number of values that went through an exchange pickled, not as Arrow."""
        return sum(stage.pickled_values for stage in self.stages)

    @property
    def driver_bytes(self) -> int:
        """Return the bytes of rows that went through the driver."""
        return sum(stage.driver_bytes for stage in self.stages)

    @property
    def exchange_driver_bytes(self) -> int:
        """Return the bytes of rows that went through the driver between stages: 0 unless a job switched to Ray."""
        return sum(stage.handed_over for stage in self.stages)

    def __str__(self) -> str:
        tasks = f"{self.tasks} task{'' if self.tasks == 1 else 's'}"
        stages = f"{len(self.stages)} stage{'' if len(self.stages) == 1 else 's'}"
        rows = self.stages[0].rows_in if self.stages else 0
        out = self.stages[-1].rows_out if self.stages else 0
        lost = f", {self.retries} retried" if self.retries else ""
        lost += f", {self.restored} restored" if self.restored else ""
        return (
            f"{self.name}: {stages}, {tasks}{lost}, {rows:,} rows in, {out:,} out, {self.seconds:.2f} s, {self.engine},"
            f" native: {self.native}"
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the statistics as a dict of JSON values: numbers, str, lists and dicts.

        >>> import glowray as gr
        >>> flow = gr.Flow("demo", engine="inline")
        >>> flow.from_range(3, partitions=2).map(lambda n: n + 1).count()
        3
        >>> found = flow.stats.to_dict()
        >>> found["name"], found["engine"], found["stages"][0]["rows_by_level"]
        ('demo', 'inline', {'arrow': 3, 'fused': 0, 'python': 0})
        """
        return {
            "name": self.name,
            "engine": self.engine,
            "native": self.native,
            "seconds": self.seconds,
            "rules": list(self.rules),
            "stages": [stage.to_dict() for stage in self.stages],
        }

    def show(self) -> None:
        """Print a table of the stages, and the summary. A narrow terminal leaves out columns of the middle.

        >>> import glowray as gr
        >>> flow = gr.Flow("demo", engine="inline")
        >>> flow.from_range(3, partitions=2).map(str).collect()
        ['0', '1', '2']
        >>> flow.stats.show()
        stage             tasks  rows in  rows out  skew  driver  bytes  seconds
        1 from_range→map      2        3         3   1.3    27 B   27 B     0...
        demo: 1 stage, 2 tasks, 3 rows in, 3 out, 0... s, inline, native: ...
        """
        from glowray.watch.run.stats_table import stats_table
        from glowray.watch.table.terminal import print_table

        print_table(stats_table(self))

    def _repr_html_(self) -> str:
        from glowray.watch.run.stats_table import stats_table
        from glowray.watch.table.html import page_part, table_html

        return page_part(table_html(stats_table(self)))


class StatsWatcher(NullWatcher):
    """Fills a Stats while a job runs.

    `vectorize` says whether functions may run as columns or loops, `reasons` why stages are not saved for `resume=`.
    """

    def __init__(self, stats: Stats, vectorize: bool = True) -> None:
        self.stats, self.vectorize = stats, vectorize
        self.began = time.perf_counter()
        self.running: dict[int, tuple[StageStats, float]] = {}
        self.by_stage: dict[int, StageStats] = {}
        self.handed_over: dict[int, Block] = {}
        self.reasons: Mapping[StagePlan, str] = {}

    def stage_started(self, stage: StageRun) -> None:
        entry = StageStats(stage.plan.name, stage.plan.num_tasks, number=stage.plan.number)
        if any(grouping.are_shared for grouping in stage.groupings):
            entry.groups = sum(len(grouping.groups) for grouping in stage.groupings)
            entry.group_bytes = max(max(grouping.sizes, default=0) for grouping in stage.groupings)
        entry.unsaved = self.reasons.get(stage.plan, "")
        self.stats.stages.append(entry)
        self.by_stage[id(stage)] = entry
        self.running[id(stage)] = (entry, time.perf_counter())

    def task_done(self, stage: StageRun, done: Done) -> None:
        entry, report = self.by_stage[id(stage)], done.report
        size = report.bytes_out
        entry.done += report.final
        entry.retries += report.attempt
        entry.restored += report.restored
        entry.unsaved = entry.unsaved or report.unsaved
        entry.rows_in += report.rows_in
        entry.rows_out += report.rows_made
        entry.bytes += size
        entry.largest = max(entry.largest, size)
        entry.longest = max(entry.longest, report.rows_in)
        entry.pickled_values += report.pickled_values
        entry.spill += report.spilled
        entry.task_seconds += report.seconds
        entry.longest_seconds = max(entry.longest_seconds, report.seconds)
        entry.levels.add(done)
        entry.operators.add(done)
        if report.remote:
            self._hand_over(stage, done)

    def _hand_over(self, stage: StageRun, done: Done) -> None:
        """Count each block of this process that a remote task read, once. The job's input rows do not count."""
        entry = self.by_stage[id(stage)]
        for wire, slots in zip(stage.plan.branch_of(done.task.identity[1]).reads, done.task.inputs, strict=True):
            for block in (slot.ref for slot in slots if isinstance(slot.ref, Block) and not isinstance(wire, Given)):
                if id(block) not in self.handed_over:
                    self.handed_over[id(block)] = block
                    entry.handed_over += block.nbytes
                    entry.driver_bytes += block.nbytes

    def stage_done(self, stage: StageRun) -> None:
        self._end(*self.running.pop(id(stage)))

    def fetched(self, stage: StageRun, size: int) -> None:
        """Count the bytes of rows that an action brought to the driver."""
        self.by_stage[id(stage)].driver_bytes += size

    def end(self) -> None:
        """End the stages that were cut short by an error, or by a reader that stopped early."""
        while self.running:
            self._end(*self.running.popitem()[1])
        for entry in self.stats.stages:
            entry.levels.close(entry.number, self.vectorize)
            entry.operators.close()

    def _end(self, entry: StageStats, began: float) -> None:
        now = time.perf_counter()
        entry.seconds, self.stats.seconds = now - began, now - self.began
