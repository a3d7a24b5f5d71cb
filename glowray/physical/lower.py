"""Nodes → branches of tasks, and a stage wherever rows must move. One function a node."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import singledispatchmethod
from typing import Any

from glowray.kernels import combine, fold_steps, join_step, order_steps, sources
from glowray.kernels import partition_steps as partition
from glowray.kernels.exchange import ByKey, ByRange, Exchange, OneBlock, SortedWithSample
from glowray.kernels.resources import Resources
from glowray.kernels.steps import KeyBy, Step
from glowray.physical.stage import (
    All,
    Arriving,
    Branch,
    Crossed,
    Even,
    Given,
    Head,
    Onward,
    Same,
    Shuffled,
    Stage,
    Wire,
)
from glowray.plan import by_key, nodes


@dataclass(frozen=True)
class Pipeline:
    """Branches that are still open at their end: narrow steps are added to each."""

    branches: tuple[Branch, ...]

    @property
    def count(self) -> int:
        return sum(branch.count for branch in self.branches)

    def then(self, *steps: Step, resources: Resources | None = None) -> Pipeline:
        return Pipeline(
            tuple(
                replace(
                    branch,
                    steps=branch.steps + steps,
                    resources=branch.resources.joined(resources) if resources else branch.resources,
                )
                for branch in self.branches
            )
        )

    def beside(self, step: join_step.JoinInPlace, wires: Sequence[Wire]) -> Pipeline:
        """With a step that reads by wires of its own."""
        return Pipeline(
            tuple(
                replace(
                    branch,
                    steps=(*branch.steps, replace(step, place=len(branch.beside))),
                    beside=(*branch.beside, *wires),
                )
                for branch in self.branches
            )
        )


@dataclass
class Lowering:
    """One plan on its way to stages. `stages` are in an order in which each comes after those it reads."""

    shared: set[int] = field(default_factory=set)
    stages: list[Stage] = field(default_factory=list)
    done: dict[int, Pipeline] = field(default_factory=dict)
    readers: Counter[int] = field(default_factory=Counter)

    def target(self, node: nodes.Node, exchange: Exchange, *, stream: bool = False) -> Stage:
        """The last stage of a plan."""
        return self.close(self.lower(node), exchange, stream=stream)

    def lower(self, node: nodes.Node) -> Pipeline:
        """The open pipeline of a node; a node with several consumers is a stage of its own, run once."""
        if id(node) not in self.done:
            pipeline = self.node(node)
            if id(node) in self.shared and not _is_at_hand(pipeline):
                pipeline = self.reread(self.close(pipeline, OneBlock()))
            self.done[id(node)] = pipeline
        return self.done[id(node)]

    def close(self, pipeline: Pipeline, exchange: Exchange, *, until: int | None = None, stream: bool = False) -> Stage:
        """Ends a pipeline: from here on its rows are blocks."""
        branches = tuple(map(self._reading, pipeline.branches))
        stage = Stage(len(self.stages) + 1, branches, exchange, until=until, stream=stream)
        self.stages.append(stage)
        return stage

    def _reading(self, branch: Branch) -> Branch:
        """The branch as a reader of its own of the channels it reads."""
        return replace(branch, wires=tuple(map(self._read, branch.wires)))

    def _read(self, wire: Wire) -> Wire:
        if not isinstance(wire, Arriving):
            return wire
        self.readers[id(wire.channel)] += 1
        return replace(wire, reader=self.readers[id(wire.channel)] - 1)

    def reread(self, stage: Stage) -> Pipeline:
        """A pipeline over the blocks of a stage, partition by partition."""
        return Pipeline((Branch(sources.Blocks("read", ""), stage.num_tasks, (Same(stage),)),))

    def after(self, source: sources.Source, count: int, *wires: Wire) -> Pipeline:
        return Pipeline((Branch(source, count, wires),))

    @singledispatchmethod
    def node(self, node: nodes.Node) -> Pipeline:
        raise TypeError(f"no tasks are known for {type(node).__name__}")

    @node.register
    def _(self, node: nodes.Read) -> Pipeline:
        channel = getattr(node.reader, "channel", None)
        if channel is not None:
            return self.after(sources.Arriving(node.verb, node.verb), node.num_partitions, Arriving(channel))
        blocks = getattr(node.reader, "blocks", None)
        if blocks is not None:
            return self.after(sources.Blocks(node.verb, node.verb), len(blocks), Given(blocks))
        source = sources.Read(node.verb, node.verb, node.reader, function=node.function)
        return self.after(source, node.num_partitions)

    @node.register
    def _(self, node: nodes.Narrow) -> Pipeline:
        return self.lower(node.input).then(node.step, resources=node.resources)

    @node.register
    def _(self, node: nodes.Union) -> Pipeline:
        branches: list[Branch] = []
        for part in node.parts:
            first = sum(branch.count for branch in branches)
            branches.extend(_counted_from(first, branch) for branch in self.lower(part).branches)
        return Pipeline(tuple(branches))

    @node.register
    def _(self, node: by_key.CombineByKey) -> Pipeline:
        pipeline = self.lower(node.input)
        step = combine.CombineByKey(node.verb, node.label, node.combiner, "combine")
        if not node.shuffle or pipeline.count == 1:
            return pipeline.then(step)
        if node.combine_first:
            stage = self.close(pipeline.then(step), ByKey(pipeline.count, node.verb))
            merge = sources.MergeByKey(node.verb, "merge", node.combiner.merge)
            return self.after(merge, stage.num_tasks, Shuffled(stage))
        stage = self.close(pipeline, ByKey(pipeline.count, node.verb))
        source = sources.CombineThenMerge(node.verb, node.verb, step)
        return self.after(source, stage.num_tasks, Shuffled(stage))

    @node.register
    def _(self, node: by_key.GroupByKey) -> Pipeline:
        pipeline = self.lower(node.input)
        if not node.shuffle or pipeline.count == 1:
            return pipeline.then(partition.LocalGroupByKey(node.verb, node.verb))
        stage = self.close(pipeline, ByKey(pipeline.count, node.verb))
        return self.after(sources.GroupByKey(node.verb, node.verb), stage.num_tasks, Shuffled(stage))

    @node.register
    def _(self, node: by_key.CoGroup) -> Pipeline:
        return self._meeting(node, sources.CoGroup(node.verb, node.verb))

    @node.register
    def _(self, node: by_key.Join) -> Pipeline:
        if node.in_place:
            first, *others = node.sides
            whole = [All(self.close(self.lower(side), ByKey(1, node.verb))) for side in others]
            if node.keeps_rows:
                step = join_step.JoinInPlace(node.verb, node.verb, node.how, 0, len(whole))
                return self.lower(first).beside(step, whole)
            own = self.close(self.lower(first), OneBlock())
            source = sources.Join(node.verb, node.verb, node.how, last_alone=True)
            return self.after(source, own.num_tasks, Onward(own), *whole)
        return self._meeting(node, sources.Join(node.verb, node.verb, node.how))

    def _meeting(self, node: by_key.Meeting, source: sources.Source) -> Pipeline:
        count = node.num_partitions
        wires: list[Wire] = []
        for side, shuffle in zip(node.sides, node.shuffles, strict=True):
            pipeline = self.lower(side)
            wires.append(
                Shuffled(self.close(pipeline, ByKey(count, node.verb)))
                if shuffle
                else Same(self.close(pipeline, OneBlock()))
            )
        return self.after(source, count, *wires)

    @node.register
    def _(self, node: by_key.PartitionByKey) -> Pipeline:
        pipeline = self.lower(node.input)
        if not node.shuffle:
            return pipeline
        stage = self.close(pipeline, ByKey(node.count, node.verb))
        return self.after(sources.Blocks(node.verb, node.verb), node.count, Shuffled(stage))

    @node.register
    def _(self, node: nodes.Repartition) -> Pipeline:
        stage = self.close(self.lower(node.input), OneBlock())
        return self.after(sources.Blocks(node.verb, node.verb), node.count, Even(stage, node.count))

    @node.register
    def _(self, node: nodes.Sort) -> Pipeline:
        pipeline = self.lower(node.input)
        count = pipeline.count
        keyed = node.function is not None
        pipeline = pipeline.then(*_sort_key(node))
        local = order_steps.LocalSort(node.verb, node.verb, node.reverse, keyed, strip=count == 1)
        if count == 1:
            return pipeline.then(local)
        runs = self.close(pipeline.then(local), SortedWithSample(keyed, node.reverse))
        bounds = self.close(
            self.after(sources.Bounds(node.verb, "bounds", count, node.reverse), 1, All(runs, 1)), OneBlock()
        )
        ranges = self.close(
            self.after(sources.Blocks("range", "range", 1), count, Same(runs), All(bounds)),
            ByRange(count, keyed, node.reverse),
        )
        return self.after(sources.MergeSorted(node.verb, "merge", keyed, node.reverse), count, Shuffled(ranges))

    @node.register
    def _(self, node: nodes.MergeSorted) -> Pipeline:
        stage = self.close(self.lower(node.input), OneBlock())
        gathered = self.after(sources.Blocks(node.verb, ""), 1, All(stage))
        local = order_steps.LocalSort(node.verb, node.verb, node.reverse, node.function is not None, strip=True)
        return gathered.then(*_sort_key(node), local)

    @node.register
    def _(self, node: nodes.Top) -> Pipeline:
        pipeline = self.lower(node.input).then(*_sort_key(node))
        single = pipeline.count == 1
        keyed = node.function is not None
        top = order_steps.Top(node.verb, node.verb, node.reverse, keyed, strip=single, n=node.n)
        pipeline = pipeline.then(top)
        if single:
            return pipeline
        stage = self.close(pipeline, OneBlock())
        merge = replace(top, label="merge", strip=True)
        return self.after(sources.Blocks("", ""), 1, All(stage)).then(merge)

    @node.register
    def _(self, node: nodes.Limit) -> Pipeline:
        pipeline = self.lower(node.input).then(partition.Limit(node.verb, node.verb, node.n))
        if pipeline.count == 1:
            return pipeline
        stage = self.close(pipeline, OneBlock(), until=node.n, stream=True)
        return self.after(sources.Blocks(node.verb, node.verb), 1, Head(stage, node.n))

    @node.register
    def _(self, node: nodes.Reduce) -> Pipeline:
        pipeline = self.lower(node.input).then(node.local)
        if pipeline.count > 1:
            stage = self.close(pipeline, OneBlock())
            merge = fold_steps.Reduce(node.verb, "merge", node.function)
            pipeline = self.after(sources.Blocks("", ""), 1, All(stage)).then(merge)
        if node.zero is not None:
            pipeline = pipeline.then(fold_steps.DefaultIfEmpty(node.verb, "zero", node.zero))
        return pipeline

    @node.register
    def _(self, node: nodes.Gather) -> Pipeline:
        stage = self.close(self.lower(node.input), OneBlock())
        return self.after(sources.Blocks("", ""), 1, All(stage)).then(*node.steps)

    @node.register
    def _(self, node: nodes.Cartesian) -> Pipeline:
        left, right = (self.close(self.lower(side), OneBlock()) for side in node.inputs)
        width = right.num_tasks
        wires = (Crossed(left, width, True), Crossed(right, width, False))
        return self.after(sources.Cartesian(node.verb, node.verb), node.num_partitions, *wires)

    @node.register
    def _(self, node: nodes.Zip) -> Pipeline:
        left, right = (self.close(self.lower(side), OneBlock()) for side in node.inputs)
        wires = (Same(left), Even(right, left.num_tasks, like=left))
        return self.after(sources.Zip(node.verb, node.verb), left.num_tasks, *wires)

    @node.register
    def _(self, node: nodes.ZipWithIndex) -> Pipeline:
        step = partition.ZipWithIndex(node.verb, node.verb)
        pipeline = self.lower(node.input)
        if pipeline.count == 1:
            return pipeline.then(step)
        stage = self.close(pipeline, OneBlock())
        (branch,) = self.reread(stage).branches
        return Pipeline((replace(branch, counted=stage, steps=(step,)),))

    @node.register
    def _(self, node: nodes.Cache) -> Pipeline:
        refs = node.store.refs
        if refs is not None:
            return self.after(sources.Blocks(node.verb, node.verb), len(refs), Given(refs, node.store.kind))
        stage = self.close(self.lower(node.input), OneBlock())
        stage.store = node.store
        return self.reread(stage)


def _sort_key(node: nodes.Sort | nodes.MergeSorted | nodes.Top) -> tuple[Step, ...]:
    """What pairs rows with the keys to order them by: computed once a row, a key travels with its row."""
    return () if node.function is None else (KeyBy(node.verb, node.verb, node.function),)


def _counted_from(first: int, branch: Branch) -> Branch:
    """The branch as part of a union in which `first` partitions come before its own.

    A task counts its place in the whole; readers and functions of a partition's index go on counting their own.
    """

    def later(step: Any) -> Any:
        return replace(step, first=step.first + first) if hasattr(step, "first") else step

    return replace(branch, source=later(branch.source), steps=tuple(map(later, branch.steps)))


def _is_at_hand(pipeline: Pipeline) -> bool:
    """Whether reading this again costs no more than reading blocks."""
    return all(
        isinstance(branch.source, (sources.Blocks, sources.Arriving)) and not branch.steps
        for branch in pipeline.branches
    )


def lowering(targets: Sequence[nodes.Node]) -> Lowering:
    """A lowering that knows which nodes of these plans have several consumers."""
    counts: dict[int, int] = {}
    stack = list(targets)
    while stack:
        node = stack.pop()
        counts[id(node)] = counts.get(id(node), 0) + 1
        if counts[id(node)] == 1:
            stack.extend(node.inputs)
    return Lowering({identity for identity, count in counts.items() if count > 1})
