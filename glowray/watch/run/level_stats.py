"""At which level the rows of a stage ran, and which steps handed rows to Python."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from glowray.boundary import public
from glowray.engine.task.protocol import Done
from glowray.kernels import Fragment, TaskReport
from glowray.kernels.base.row_levels import HandedRows
from glowray.kernels.base.steps import Step
from glowray.watch.plan.function_levels import Level, arrow_steps, levels_of, lowest_level
from glowray.watch.plan.step_names import step_name

LEVELS = ("arrow", "fused", "python")


@public
@dataclass
class HandedStats:
    """Rows that a step planned as `arrow` handed to Python.

    Args:
        step: the step's verb and function.
        rows: the rows that it handed to Python.
        of: the rows that came to its column program.
        reason: why the first of these rows left the columns. The lowest partition's row is the first.
        example: that row as the step was given it, cut to 80 characters.
    """

    step: str
    rows: int = 0
    of: int = 0
    reason: str = ""
    example: str = ""

    def __str__(self) -> str:
        example = f", as {self.example}" if self.example else ""
        return f"{self.rows:,} of {self.of:,} rows of {self.step} ran in Python: {self.reason}{example}"


@dataclass(frozen=True)
class _Planned:
    """The plan for the tasks of a fragment: its lowest level, and the operator of each step over columns."""

    fragment: Fragment
    level: str
    operators: dict[int, int]

    @classmethod
    def of(cls, fragment: Fragment) -> _Planned:
        steps = {id(step) for step in arrow_steps(fragment)}
        operators = {
            id(step): place
            for place, operator in enumerate(fragment.operators)
            for step in operator.steps
            if id(step) in steps
        }
        if id(fragment.source) in steps:
            operators[id(fragment.source)] = -1
        return cls(fragment, lowest_level(fragment), operators)

    def rows_at(self, operator: int, report: TaskReport) -> int:
        """Return the rows that came to an operator of a task. -1 is the source."""
        if operator < 0 or operator >= len(report.times) or report.times[operator].is_lazy:
            return report.rows_in
        return report.times[operator].rows

    def step(self, number: int) -> Step:
        """Return the step with a number in the task's report."""
        return self.fragment.source if number < 0 else self.fragment.steps[number]


@dataclass
class StageLevels:
    """Adds up the levels of a stage's tasks in `rows` (level → rows) and `handed`, an entry for each step.

    After close() it holds names and numbers only. `functions` are then the user's functions with their planned levels.
    """

    rows: dict[str, int] = field(default_factory=lambda: dict.fromkeys(LEVELS, 0))
    handed: list[HandedStats] = field(default_factory=list)
    functions: list[Level] = field(default_factory=list)
    groups: list[list[HandedStats]] = field(default_factory=list)
    _planned: dict[int, _Planned] = field(default_factory=dict)
    _steps: dict[int, tuple[HandedStats, int]] = field(default_factory=dict)
    _came: Counter[int] = field(default_factory=Counter)

    def add(self, done: Done) -> None:
        """Add the report of a task, or of a piece of a flowing task."""
        fragment, report = done.task.payload.fragment, done.report
        if fragment is None:
            return
        planned = self._planned.get(id(fragment))
        if planned is None:
            planned = self._planned[id(fragment)] = _Planned.of(fragment)
        self.rows["python"] += report.failed_rows
        self.rows[planned.level] += report.rows_in - report.failed_rows
        for step, operator in planned.operators.items():
            self._came[step] += planned.rows_at(operator, report)
        for number, handed in report.handed.items():
            self._add(planned.step(number), report.partition, handed)
        for key, (stats, _) in self._steps.items():
            stats.of = self._came[key]

    def _add(self, step: Step, partition: int, handed: HandedRows) -> None:
        known = self._steps.get(id(step))
        if known is None or partition < known[1]:
            stats = HandedStats(step_name(step)) if known is None else known[0]
            if known is None:
                self.handed.append(stats)
            stats.reason, stats.example = handed.reason, handed.example
            self._steps[id(step)] = stats, partition
        self._steps[id(step)][0].rows += handed.rows

    def close(self, number: int, vectorize: bool) -> None:
        """Let go of the plan's objects. `number` is the stage's number."""
        self.functions = self.known(number, vectorize)
        groups: dict[tuple[int, int], list[HandedStats]] = {}
        for place, planned in self._planned.items():
            for step, operator in planned.operators.items():
                if step in self._steps:
                    groups.setdefault((place, operator), []).append(self._steps[step][0])
        self.groups += groups.values()
        self._planned, self._steps = {}, {}

    def known(self, number: int, vectorize: bool) -> list[Level]:
        """Return the functions of the tasks that ended so far, with their planned levels."""
        return self.functions + levels_of([(number, [each.fragment for each in self._planned.values()])], vectorize)

    def over(self, least: float) -> Iterator[HandedStats]:
        """Yield the step that handed over most rows, for each operator that handed over more than a share `least`."""
        for group in self.groups:
            if sum(stats.rows for stats in group) > least * group[0].of:
                yield max(group, key=lambda stats: stats.rows)
