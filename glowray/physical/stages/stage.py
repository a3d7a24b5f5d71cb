"""A stage: tasks that run the same way, ended by an exchange. Its plan is frozen; its run is what happens to it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from typing import ClassVar, cast

import numpy as np
import numpy.typing as npt

from glowray.engine.task.protocol import Ref, Slot
from glowray.kernels import TaskReport
from glowray.kernels.base.steps import Step
from glowray.kernels.ends.exchange import Exchange, InPieces
from glowray.kernels.ends.sources import Source
from glowray.physical.stages.grouping import Grouping
from glowray.physical.stages.stage_name import branch_name, stage_name
from glowray.plan.nodes import Store
from glowray.resources import NO_NEEDS, Resources
from glowray.rows.types.kinds import Kind, TupleOf


@dataclass(frozen=True)
class Wire:
    """Tells which blocks of earlier stages a task reads."""

    arrives: ClassVar[bool] = False
    """Whether the rows arrive while the task runs."""
    shuffles: ClassVar[bool] = False
    """Whether each task reads one bucket of all tasks."""

    @property
    def stages(self) -> tuple[StagePlan, ...]:
        """The stages that it leads from."""
        return ()

    def slots(self, task: int, runs: Runs) -> tuple[Slot, ...]:
        """Return the blocks that a task reads. The stages at the wire's start must have run."""
        return ()

    def sizes(self, count: int, runs: Runs) -> list[int] | None:
        """Return about how many bytes each of `count` tasks reads for itself alone. None: that is not known."""
        return None


@dataclass(frozen=True)
class Branch:
    """`count` tasks that share a source and steps. A union has several branches in one stage.

    Args:
        source: where the rows of a task come from.
        count: the number of tasks.
        wires: what the source reads.
        steps: what happens to the rows, first to last.
        resources: what each task needs of a node.
        beside: what steps read.
        counted: the stage whose row counts tell each task how many rows come before its own.
        nested: the number of steps that draw their rows through one another, as nested iterators do.
        unions: the number of unions that it went through after a step of its own.
    """

    source: Source
    count: int
    wires: tuple[Wire, ...] = ()
    steps: tuple[Step, ...] = ()
    resources: Resources = NO_NEEDS
    beside: tuple[Wire, ...] = ()
    counted: StagePlan | None = None
    nested: int = 0
    unions: int = 0

    @property
    def reads(self) -> tuple[Wire, ...]:
        """All wires by which its tasks read, in order."""
        return self.wires + self.beside


@dataclass(frozen=True, eq=False, repr=False)
class StagePlan:
    """The plan of a stage: its branches and their exchange.

    Args:
        number: its place among the stages of the job, from 1.
        branches: groups of tasks. Tasks are numbered branch by branch.
        exchange: how tasks hand on their rows.
        until: the number of rows after which no further batch of tasks starts; None: all tasks run. Batches grow: 1,
            2, 4, … tasks. A task that reports the end of the stage also stops further batches.
        stream: whether a failed task also gives its rows before the failure.
        store: where its blocks are kept for later actions.
        prunes: whether its readers may leave out columns that no function reads; a rule sets it.
        node_slices: whether its tasks may give an object a node in place of one a partition; a rule sets it.
        may_group: whether small partitions may share a call of a worker; a rule sets it.
    """

    number: int
    branches: tuple[Branch, ...]
    exchange: Exchange
    until: int | None = None
    stream: bool = False
    store: Store | None = None
    prunes: bool = False
    node_slices: bool = False
    may_group: bool = False

    @cached_property
    def flows(self) -> bool:
        """Whether its rows are given piece by piece while they arrive. No step may need all of them first."""
        wires = (wire for branch in self.branches for wire in branch.wires)
        steps = (step for branch in self.branches for step in branch.steps)
        return (
            isinstance(self.exchange, InPieces)
            and any(wire.arrives for wire in wires)
            and all(step.flows for step in steps)
        )

    @cached_property
    def num_tasks(self) -> int:
        return sum(branch.count for branch in self.branches)

    @cached_property
    def _ends(self) -> list[int]:
        return list(accumulate(branch.count for branch in self.branches))

    def branch_of(self, task: int) -> Branch:
        """Return the branch that a task belongs to."""
        return self.branches[bisect_right(self._ends, task)]

    @cached_property
    def upstream(self) -> tuple[StagePlan, ...]:
        """The stages that it reads, each once."""
        stages: list[StagePlan] = []
        for branch in self.branches:
            for wire in branch.reads:
                stages.extend(wire.stages)
            if branch.counted is not None:
                stages.append(branch.counted)
        return tuple(dict.fromkeys(stages))

    @cached_property
    def name(self) -> str:
        """The verbs of the stage, for task names and explain()."""
        return stage_name(branch_name(branch.source, branch.steps) for branch in self.branches)

    @cached_property
    def resources(self) -> Resources:
        needs = Resources()
        for branch in self.branches:
            needs = needs.joined(branch.resources)
        return needs

    def __repr__(self) -> str:
        return f"<Stage {self.number}: {self.name}>"


@dataclass(frozen=True, slots=True)
class Layer:
    """The slices of neighbouring tasks that each gave n of them: refs and sizes in bytes, a list for each slice.

    Slice `b % n` has the rows for reader b, as bucket `b // n`.
    """

    refs: list[list[Ref]]
    sizes: list[list[int]]

    @classmethod
    def of(cls, slices: int) -> Layer:
        """Return a layer of no tasks."""
        return cls([[] for _ in range(slices)], [[] for _ in range(slices)])

    def add(self, place: int, ref: Ref, size: int) -> None:
        """Add the rows of a task to a slice. The tasks of a group have one object for each slice."""
        refs, sizes = self.refs[place], self.sizes[place]
        if refs and refs[-1] is ref:
            sizes[-1] += size
        else:
            refs.append(ref)
            sizes.append(size)

    def reads(self, readers: int) -> int:
        """Return about how many slices so many readers read in all."""
        return sum(map(len, self.refs)) * readers // len(self.refs)

    def slots(self, reader: int) -> Iterator[Slot]:
        """Yield the blocks that a reader reads, in order of task."""
        bucket, place = divmod(reader, len(self.refs))
        return (Slot.of(ref, bucket) for ref in self.refs[place])


@dataclass(eq=False, repr=False)
class StageRun:
    """One run of a stage: the reports and refs of its tasks, in order of partition.

    Args:
        plan: what the tasks do.
        runs: the runs of the stages that it reads. They do not refer back, so blocks are freed without a collector.
        exchange: how the tasks hand on their rows, settled when the stage starts.
        groupings: for each branch, which of its tasks share a call of a worker; settled when the stage starts.
        row_kind: the kind of its rows, as far as it is known before the tasks have reported.
        sink: is called with the place of each task that has ended, or has given a piece, in its turn.
    """

    plan: StagePlan
    runs: Runs
    exchange: Exchange = field(init=False)
    row_kind: Kind | None = None
    sink: Callable[[int], None] | None = None
    groupings: list[Grouping] = field(default_factory=list)
    reports: list[TaskReport | None] = field(default_factory=list)
    refs: list[list[Ref] | None] = field(default_factory=list)
    _layers: list[Layer] | None = None
    _bucket_bytes: npt.NDArray[np.int64] | None = None

    def __post_init__(self) -> None:
        self.exchange = self.plan.exchange

    def begin(self, exchange: Exchange, groupings: list[Grouping]) -> None:
        """Forget an earlier run."""
        self.exchange, self.groupings = exchange, groupings
        self.reports = [None] * self.plan.num_tasks
        self.refs = [None] * self.plan.num_tasks
        self._layers = None
        self._bucket_bytes = None

    def accept(self, place: int, report: TaskReport, refs: list[Ref] | None) -> None:
        """Note a task's blocks, and add the sizes of its buckets to those of earlier tasks."""
        self.reports[place], self.refs[place] = report, refs
        if report.bucket_bytes is not None:
            known = self._bucket_bytes
            self._bucket_bytes = report.bucket_bytes if known is None else known + report.bucket_bytes
            report.bucket_bytes = None

    def bucket_bytes(self, count: int) -> list[int]:
        """Return the bytes of each of `count` buckets. Buckets of unknown size get an even share of their slice."""
        if self._bucket_bytes is not None:
            return cast(list[int], self._bucket_bytes.tolist())
        found = np.zeros(count, np.int64)
        for layer in self.layers:
            for place, sizes in enumerate(layer.sizes):
                own = found[place :: len(layer.sizes)]
                own += sum(sizes) // max(1, len(own))
        return found.tolist()

    @property
    def ended(self) -> list[TaskReport]:
        """The reports that are there, in order of partition."""
        return [report for report in self.reports if report is not None]

    @property
    def keys_look_alike(self) -> bool:
        """Whether it gave keyed rows whose keys are all of one type of which equal values look the same."""
        kinds = {kind for report in self.ended for block in report.kinds for kind in block}
        keys = {kind.fields[0] if isinstance(kind, TupleOf) and len(kind.fields) == 2 else None for kind in kinds}
        return not keys or keys in ({str}, {int}, {bool})

    @property
    def layers(self) -> list[Layer]:
        """The slices of its tasks that have rows, in order of task."""
        if self._layers is None:
            self._layers = []
            for task, report in enumerate(self.reports):
                assert report is not None, "a stage is read after it has run"
                if not report.rows:
                    continue
                if not self._layers or len(self._layers[-1].refs) != len(report.rows):
                    self._layers.append(Layer.of(len(report.rows)))
                layer = self._layers[-1]
                for place, rows in enumerate(report.rows):
                    if rows:
                        layer.add(place, self.block(task, place), report.sizes[place])
        return self._layers

    def block(self, task: int, output: int = 0) -> Ref:
        """Return a ref to a block that a task gave."""
        refs = self.refs[task]
        assert refs is not None, "a stage is read after it has run"
        return refs[output]

    def size(self, task: int) -> int:
        """Return the bytes of the first block that a task gave."""
        report = self.reports[task]
        assert report is not None, "a stage is read after it has run"
        return report.sizes[0]

    def rows(self, task: int, output: int = 0) -> int:
        """Return the number of rows in a block that a task gave."""
        report = self.reports[task]
        assert report is not None, "a stage is read after it has run"
        return report.rows[output]

    def __repr__(self) -> str:
        return f"<Run of stage {self.plan.number}: {self.plan.name}>"


Runs = Mapping[StagePlan, StageRun]
"""The runs of stages."""


def runs_of(stages: Iterable[StagePlan]) -> dict[StagePlan, StageRun]:
    """Return a run for each stage. None has begun; each stage comes after the stages that it reads."""
    runs: dict[StagePlan, StageRun] = {}
    for stage in stages:
        runs[stage] = StageRun(stage, {read: runs[read] for read in stage.upstream})
    return runs
