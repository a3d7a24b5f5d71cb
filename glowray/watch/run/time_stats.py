"""The use of the time of a stage's tasks: for its source, its steps, or its output."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from glowray.boundary import public
from glowray.engine.task.protocol import Done
from glowray.kernels import Fragment
from glowray.kernels.base.steps import Step
from glowray.kernels.ends.sources import ReadSource
from glowray.watch.plan.step_names import step_name
from glowray.watch.plan.user_functions import is_given


@public
@dataclass
class PartTime:
    """The time of a part of a stage, over all tasks.

    Args:
        kind: "source", "steps" or "output".
        steps: the steps that ran as one program, or the source, or nothing for the output.
        seconds: the time that the part took in all tasks, without the parts before it.
        rows: the rows that came in. For the source, the rows that came out.
        calls: whether a function of the user's is among the steps.
    """

    kind: str
    steps: tuple[str, ...]
    seconds: float = 0.0
    rows: int = 0
    calls: bool = False

    @property
    def nanoseconds(self) -> float:
        """Return the nanoseconds a row, 0.0 if no rows were counted."""
        return self.seconds * 1e9 / self.rows if self.rows else 0.0

    @property
    def name(self) -> str:
        """Return the steps as one text, "output" for the output."""
        return " → ".join(self.steps) or self.kind


@dataclass
class StageTimes:
    """Adds up the time of the parts of a stage's tasks."""

    _parts: dict[tuple[str, tuple[str, ...]], PartTime] = field(default_factory=dict)
    _named: dict[int, tuple[Fragment, list[PartTime]]] = field(default_factory=dict)

    @classmethod
    def of(cls, parts: Sequence[PartTime]) -> StageTimes:
        """Return the times of parts that were added up before."""
        return cls({(part.kind, part.steps): part for part in parts})

    @property
    def parts(self) -> list[PartTime]:
        """Return the stage's timed parts, such as reading and each step, in the order in which rows go through them."""
        order = ("source", "steps", "output")
        return sorted(self._parts.values(), key=lambda part: order.index(part.kind))

    def add(self, done: Done) -> None:
        """Add the report of a task, or of a piece of a flowing task."""
        fragment, times = done.task.payload.fragment, done.report.times
        if fragment is None or not times:
            return
        if id(fragment) not in self._named:
            self._named[id(fragment)] = fragment, list(self._new_parts(fragment))
        _, (source, *steps, output) = self._named[id(fragment)]
        source.seconds += times[0].nanoseconds / 1e9
        source.rows += times[0].rows
        for part, before, time in zip(steps, times, times[1:], strict=False):
            part.seconds += time.nanoseconds / 1e9
            part.rows += done.report.rows_in if before.is_lazy else before.rows
        output.seconds += max(0.0, done.report.seconds - sum(time.nanoseconds for time in times) / 1e9)
        output.rows += times[-1].rows

    def close(self) -> None:
        """Let go of the plan's objects. Only names and numbers stay."""
        self._named = {}

    def _new_parts(self, fragment: Fragment) -> Iterator[PartTime]:
        yield self._part("source", [fragment.source])
        for operator in fragment.operators:
            yield self._part("steps", operator.steps)
        yield self._part("output", [])

    def _part(self, kind: str, steps: Sequence[Step]) -> PartTime:
        names = tuple(dict.fromkeys(map(_name, steps)))
        calls = any(is_given(function) for step in steps for function in step.functions)
        return self._parts.setdefault((kind, names), PartTime(kind, names, calls=calls))


def _name(step: Step) -> str:
    return step.reader.label if isinstance(step, ReadSource) else step_name(step)
