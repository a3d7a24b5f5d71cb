"""A stage: tasks that run the same way, ended by an exchange; and the wires that say which blocks each task reads."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate, zip_longest
from typing import Any

from glowray.engine.protocol import Ref, Slot
from glowray.io.channel import Channel
from glowray.kernels import TaskReport
from glowray.kernels.exchange import Exchange, InPieces
from glowray.kernels.order_steps import OrderStep
from glowray.kernels.resources import NO_NEEDS, Resources
from glowray.kernels.sources import Source
from glowray.kernels.steps import KeyBy, Step
from glowray.plan.nodes import Store
from glowray.vectorize.arrow.kinds import Kind, TupleOf

SHOWN_VERBS = 12
"""Verbs of a chain that a stage's name shows."""

SHOWN_CHAINS = 6
"""Chains of different branches that a stage's name shows."""


@dataclass(frozen=True)
class Wire:
    """Which blocks a task of a later stage reads."""

    @property
    def stages(self) -> tuple[Stage, ...]:
        return ()

    def slots(self, task: int) -> tuple[Slot, ...]:
        return ()


@dataclass(frozen=True)
class Branch:
    """Tasks `count` in number that share a source and steps; a union has several branches in one stage.

    The source reads what comes by `wires`; what comes by `beside` is for steps.
    """

    source: Source
    count: int
    wires: tuple[Wire, ...] = ()
    steps: tuple[Step, ...] = ()
    resources: Resources = NO_NEEDS
    beside: tuple[Wire, ...] = ()
    # A stage whose row counts tell each task how many rows come before it.
    counted: Stage | None = None
    # Steps that draw their rows through one another, as nested iterators do.
    nested: int = 0

    @property
    def reads(self) -> tuple[Wire, ...]:
        """All that its tasks are given, in order."""
        return self.wires + self.beside


@dataclass(eq=False, repr=False)
class Stage:
    """Branches and their exchange; after it has run, the reports and refs of its tasks, in order of partition.

    The branches of a stage never change: what follows from them is found once.
    """

    number: int
    branches: tuple[Branch, ...]
    exchange: Exchange
    until: int | None = None  # stop, in order of partition, once so many rows are there
    stream: bool = False  # partial results count: rows before a failure are given
    store: Store | None = None  # where the blocks are kept for later actions
    row_kind: Kind | None = None  # of the rows that come out, as far as it is known before they are there
    reports: list[TaskReport | None] = field(default_factory=list)
    refs: list[list[Ref] | None] = field(default_factory=list)

    sink: Callable[[int], None] | None = None  # is told of each task that has ended, or given a piece, in its turn
    _filled: dict[int, list[int]] | None = None

    @property
    def flows(self) -> bool:
        """Whether its rows are given piece by piece while they arrive: if no step has to have all of them first."""
        wires = (wire for branch in self.branches for wire in branch.wires)
        steps = (step for branch in self.branches for step in branch.steps)
        return (
            isinstance(self.exchange, InPieces)
            and any(isinstance(wire, Arriving) for wire in wires)
            and all(step.flows for step in steps)
        )

    @cached_property
    def num_tasks(self) -> int:
        return sum(branch.count for branch in self.branches)

    @cached_property
    def _ends(self) -> list[int]:
        return list(accumulate(branch.count for branch in self.branches))

    def branch_of(self, task: int) -> Branch:
        """The branch that a task belongs to."""
        return self.branches[bisect_right(self._ends, task)]

    @cached_property
    def upstream(self) -> tuple[Stage, ...]:
        stages: list[Stage] = []
        for branch in self.branches:
            for wire in branch.reads:
                stages.extend(wire.stages)
            if branch.counted is not None:
                stages.append(branch.counted)
        return tuple(dict.fromkeys(stages))

    @cached_property
    def chain(self) -> str:
        """The verbs of the stage, for task names and explain(); long ones without their middle."""
        chains = list(dict.fromkeys("→".join(_shortened(branch_words(branch))) for branch in self.branches))
        left_out = len(chains) - SHOWN_CHAINS + 1
        return " | ".join(chains if left_out < 2 else [*chains[: SHOWN_CHAINS - 2], f"… {left_out} more …", chains[-1]])

    @cached_property
    def resources(self) -> Resources:
        needs = Resources()
        for branch in self.branches:
            needs = needs.joined(branch.resources)
        return needs

    @property
    def keys_look_alike(self) -> bool:
        """Whether it gave keyed rows whose keys are all of one type of which equal values look the same."""
        kinds = {kind for report in self.reports if report is not None for block in report.kinds for kind in block}
        keys = {kind.fields[0] if isinstance(kind, TupleOf) and len(kind.fields) == 2 else None for kind in kinds}
        return not keys or keys in ({str}, {int}, {bool})

    def filled(self, output: int) -> list[int]:
        """The tasks that gave rows for one output, in order; found for all outputs at once."""
        if self._filled is None:
            found: dict[int, list[int]] = {}
            for task, report in enumerate(self.reports):
                assert report is not None, "a stage is read after it has run"
                for place, rows in enumerate(report.rows):
                    if rows:
                        found.setdefault(place, []).append(task)
            self._filled = found
        return self._filled.get(output, [])

    def begin(self) -> None:
        """Forgets an earlier run."""
        self.reports = [None] * self.num_tasks
        self.refs = [None] * self.num_tasks
        self._filled = None

    def block(self, task: int, output: int = 0) -> Ref:
        refs = self.refs[task]
        assert refs is not None, "a stage is read after it has run"
        return refs[output]

    def rows(self, task: int, output: int = 0) -> int:
        report = self.reports[task]
        assert report is not None, "a stage is read after it has run"
        return report.rows[output]

    def __repr__(self) -> str:
        return f"<Stage {self.number}: {self.chain}>"


def _shortened(verbs: list[str]) -> list[str]:
    """A chain of many verbs without its middle."""
    if len(verbs) <= SHOWN_VERBS:
        return verbs
    left_out = len(verbs) - SHOWN_VERBS + 1
    return [*verbs[: SHOWN_VERBS - 4], f"… {left_out} more …", *verbs[-3:]]


def branch_words(branch: Branch) -> list[str]:
    """The verbs of a branch, source first."""
    words = [branch.source.label] if branch.source.label else []
    # A key to order by and what orders by it are one verb.
    steps = [
        step
        for step, after in zip_longest(branch.steps, branch.steps[1:])
        if not (isinstance(step, KeyBy) and isinstance(after, OrderStep) and step.verb == after.verb)
    ]
    return [*words, *(step.word for step in steps)] or [branch.source.verb]


@dataclass(frozen=True)
class Given(Wire):
    """Task i reads block i of a list that is there already; `kind` is that of their rows, if it is known."""

    blocks: Sequence[Any]
    kind: Kind | None = None

    def slots(self, task: int) -> tuple[Slot, ...]:
        return (Slot(self.blocks[task]),)


@dataclass(frozen=True)
class Arriving(Wire):
    """Task i reads what arrives for partition i; `reader` tells the branches of a job apart that read one channel."""

    channel: Channel
    reader: int = 0


@dataclass(frozen=True)
class FromStage(Wire):
    """A wire from one stage."""

    stage: Stage

    @property
    def stages(self) -> tuple[Stage, ...]:
        return (self.stage,)


@dataclass(frozen=True)
class Same(FromStage):
    """Task i reads output 0 of task i (or of task i + first)."""

    first: int = 0

    def slots(self, task: int) -> tuple[Slot, ...]:
        return (Slot(self.stage.block(task + self.first)),)


@dataclass(frozen=True)
class Onward(FromStage):
    """Task i reads output 0 of task i, after those of the tasks before it where equal keys may look different there."""

    def slots(self, task: int) -> tuple[Slot, ...]:
        first = task if self.stage.keys_look_alike else 0
        return tuple(Slot(self.stage.block(source)) for source in range(first, task + 1))


@dataclass(frozen=True)
class Shuffled(FromStage):
    """Task i reads output i of every task, in order of partition."""

    def slots(self, task: int) -> tuple[Slot, ...]:
        return tuple(Slot.of(self.stage.block(source, task)) for source in self.stage.filled(task))


@dataclass(frozen=True)
class All(FromStage):
    """Every task reads one output of every task."""

    output: int = 0

    def slots(self, task: int) -> tuple[Slot, ...]:
        return tuple(Slot(self.stage.block(source, self.output)) for source in range(self.stage.num_tasks))


@dataclass(frozen=True)
class Head(FromStage):
    """The first n rows of a stage that stopped once it had them."""

    n: int

    def slots(self, task: int) -> tuple[Slot, ...]:
        slots, left = [], self.n
        for source, refs in enumerate(self.stage.refs):
            if refs is None or left <= 0:
                break
            rows = self.stage.rows(source)
            slots.append(Slot(refs[0], 0, min(rows, left)))
            left -= rows
        return tuple(slots)


@dataclass(frozen=True)
class Even(FromStage):
    """Task i reads slice i of `count` slices of even length; `like`: slices as long as that stage's partitions."""

    count: int
    like: Stage | None = None

    @property
    def stages(self) -> tuple[Stage, ...]:
        return (self.stage,) if self.like is None else (self.stage, self.like)

    def slots(self, task: int) -> tuple[Slot, ...]:
        lengths = [self.stage.rows(source) for source in range(self.stage.num_tasks)]
        start, stop = self._range(task, sum(lengths))
        slots, position = [], 0
        for source, length in enumerate(lengths):
            low, high = max(start, position), min(stop, position + length)
            if low < high:
                slots.append(Slot(self.stage.block(source), low - position, high - position))
            position += length
        return tuple(slots)

    def _range(self, task: int, total: int) -> tuple[int, int]:
        if self.like is None:
            return task * total // self.count, (task + 1) * total // self.count
        before = sum(self.like.rows(earlier) for earlier in range(task))
        # The last slice takes what is left, so that a difference in length is seen where the rows are paired.
        return before, total if task == self.count - 1 else before + self.like.rows(task)


@dataclass(frozen=True)
class Crossed(FromStage):
    """For a product of two stages: task i reads block i // width (left) or i % width (right)."""

    width: int
    left: bool

    def slots(self, task: int) -> tuple[Slot, ...]:
        return (Slot(self.stage.block(task // self.width if self.left else task % self.width)),)
