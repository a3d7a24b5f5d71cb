"""Wires: which blocks each task of a later stage reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from glowray.engine.task.protocol import Slot
from glowray.io.channel import Channel
from glowray.physical.stages.stage import Runs, StagePlan, StageRun, Wire
from glowray.rows.types.kinds import Kind


@dataclass(frozen=True)
class Given(Wire):
    """Task i reads block i of a list that is there already; `kind` is the kind of their rows, if it is known.

    `identity` is the fingerprint of the stage that made them; None: the rows themselves tell which they are.
    """

    blocks: Sequence[Any]
    kind: Kind | None = None
    identity: str | None = None

    def slots(self, task: int, runs: Runs) -> tuple[Slot, ...]:
        return (Slot(self.blocks[task]),)


@dataclass(frozen=True)
class Arriving(Wire):
    """Task i reads the rows that arrive for partition i. `reader` numbers the branches that read one channel."""

    arrives: ClassVar[bool] = True

    channel: Channel
    reader: int = 0


@dataclass(frozen=True)
class FromStage(Wire):
    """A wire from one stage."""

    stage: StagePlan

    @property
    def stages(self) -> tuple[StagePlan, ...]:
        return (self.stage,)


@dataclass(frozen=True)
class Same(FromStage):
    """Task i reads output 0 of task i (or of task i + first)."""

    first: int = 0

    def slots(self, task: int, runs: Runs) -> tuple[Slot, ...]:
        return (Slot(runs[self.stage].block(task + self.first)),)

    def sizes(self, count: int, runs: Runs) -> list[int]:
        run = runs[self.stage]
        return [run.size(task + self.first) for task in range(count)]


@dataclass(frozen=True)
class Begun(FromStage):
    """Task i reads output 0 of task i; nothing if the stage had ended before task i."""

    def slots(self, task: int, runs: Runs) -> tuple[Slot, ...]:
        refs = runs[self.stage].refs[task]
        return () if refs is None else (Slot(refs[0]),)


@dataclass(frozen=True)
class Rest(FromStage):
    """Task i reads output 0 of task i, without the first rows of the whole: as many as all tasks of `dropped` gave."""

    dropped: StagePlan

    @property
    def stages(self) -> tuple[StagePlan, ...]:
        return (self.stage, self.dropped)

    def slots(self, task: int, runs: Runs) -> tuple[Slot, ...]:
        run = runs[self.stage]
        left = sum(report.rows_out for report in runs[self.dropped].ended)
        left -= sum(run.rows(earlier) for earlier in range(task))
        return (Slot(run.block(task), min(max(left, 0), run.rows(task)), run.rows(task)),)


@dataclass(frozen=True)
class Backwards(FromStage):
    """Task i of n reads output 0 of task n - 1 - i."""

    def slots(self, task: int, runs: Runs) -> tuple[Slot, ...]:
        return (Slot(runs[self.stage].block(self.stage.num_tasks - 1 - task)),)


@dataclass(frozen=True)
class Ahead(FromStage):
    """Task i reads the first n rows after those of task i. They may lie in several partitions."""

    n: int

    def slots(self, task: int, runs: Runs) -> tuple[Slot, ...]:
        run = runs[self.stage]
        slots, left = [], self.n
        for source in range(task + 1, self.stage.num_tasks):
            if left <= 0:
                break
            rows = min(run.rows(source), left)
            if rows:
                slots.append(Slot(run.block(source), 0, rows))
            left -= rows
        return tuple(slots)


@dataclass(frozen=True)
class Onward(FromStage):
    """Task i reads output 0 of task i, and if equal keys may look different, first that of all earlier tasks."""

    def slots(self, task: int, runs: Runs) -> tuple[Slot, ...]:
        run = runs[self.stage]
        first = task if run.keys_look_alike else 0
        return tuple(Slot(run.block(source)) for source in range(first, task + 1))


@dataclass(frozen=True)
class Shuffled(FromStage):
    """Task i reads bucket i of every task, in order of partition."""

    shuffles: ClassVar[bool] = True

    def slots(self, task: int, runs: Runs) -> tuple[Slot, ...]:
        return tuple(slot for layer in runs[self.stage].layers for slot in layer.slots(task))

    def sizes(self, count: int, runs: Runs) -> list[int]:
        return runs[self.stage].bucket_bytes(count)


@dataclass(frozen=True)
class All(FromStage):
    """Every task reads one output of every task."""

    output: int = 0

    def slots(self, task: int, runs: Runs) -> tuple[Slot, ...]:
        run = runs[self.stage]
        return tuple(Slot(run.block(source, self.output)) for source in range(self.stage.num_tasks))

    def sizes(self, count: int, runs: Runs) -> list[int]:
        return [0] * count  # the tasks of a group read the same objects


@dataclass(frozen=True)
class Head(FromStage):
    """The first n rows of a stage that stopped once it had them."""

    n: int

    def slots(self, task: int, runs: Runs) -> tuple[Slot, ...]:
        run = runs[self.stage]
        slots, left = [], self.n
        for source, refs in enumerate(run.refs):
            if refs is None or left <= 0:
                break
            rows = run.rows(source)
            slots.append(Slot(refs[0], 0, min(rows, left)))
            left -= rows
        return tuple(slots)


@dataclass(frozen=True)
class Even(FromStage):
    """Task i reads slice i of `count` slices of even length; `like`: slices as long as that stage's partitions."""

    count: int
    like: StagePlan | None = None

    @property
    def stages(self) -> tuple[StagePlan, ...]:
        return (self.stage,) if self.like is None else (self.stage, self.like)

    def slots(self, task: int, runs: Runs) -> tuple[Slot, ...]:
        run = runs[self.stage]
        lengths = [run.rows(source) for source in range(self.stage.num_tasks)]
        start, stop = self._range(task, sum(lengths), None if self.like is None else runs[self.like])
        slots, position = [], 0
        for source, length in enumerate(lengths):
            low, high = max(start, position), min(stop, position + length)
            if low < high:
                slots.append(Slot(run.block(source), low - position, high - position))
            position += length
        return tuple(slots)

    def sizes(self, count: int, runs: Runs) -> list[int]:
        run = runs[self.stage]
        return [sum(map(run.size, range(self.stage.num_tasks))) // count] * count

    def _range(self, task: int, total: int, like: StageRun | None) -> tuple[int, int]:
        if like is None:
            return task * total // self.count, (task + 1) * total // self.count
        before = sum(like.rows(earlier) for earlier in range(task))
        # The last slice takes all rows that are left, so the task that pairs rows sees a difference in length.
        return before, total if task == self.count - 1 else before + like.rows(task)


@dataclass(frozen=True)
class Crossed(FromStage):
    """For a product of two stages: task i reads block i // width (left) or i % width (right)."""

    width: int
    left: bool

    def slots(self, task: int, runs: Runs) -> tuple[Slot, ...]:
        return (Slot(runs[self.stage].block(task // self.width if self.left else task % self.width)),)
