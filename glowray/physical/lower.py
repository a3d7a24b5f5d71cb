"""Nodes → branches of tasks, and a stage wherever rows must move. One function a node."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce, singledispatchmethod
from typing import Any

from glowray.io.reader import ArrivingReader, RowReader, StoredReader
from glowray.kernels import combine, fold_steps, join_step, order_steps, sources
from glowray.kernels import partition_steps as partition
from glowray.kernels.exchange import ByKey, ByRange, Exchange, OneBlock, SortedWithSample
from glowray.kernels.resources import Resources
from glowray.kernels.steps import KeyBy, RowStep, Step
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
from glowray.plan.walk import reader_counts

MOST_NESTED = 50
"""Steps of a task that draw their rows through one another, as nested iterators do. More are cut into stages."""

MOST_BRANCHES = 64
"""Branches of blocks that are read again as they are. More of them are a stage: a union of itself doubles them."""


@dataclass(frozen=True)
class Pipeline:
    """Branches that are still open at their end: narrow steps are added to each."""

    branches: tuple[Branch, ...]

    @property
    def count(self) -> int:
        return sum(branch.count for branch in self.branches)

    def then(self, *steps: Step, resources: Resources | None = None) -> Pipeline:
        nested = sum(map(_is_nested, steps))
        return Pipeline(
            tuple(
                replace(
                    branch,
                    steps=branch.steps + steps,
                    nested=branch.nested + nested,
                    resources=branch.resources.joined(resources) if resources else branch.resources,
                )
                for branch in self.branches
            )
        )

    def beside(self, step: join_step.JoinInPlace, wires: Sequence[Wire]) -> Pipeline:
        """With a step that reads by wires of its own."""
        placed = {place: replace(step, place=place) for place in {len(branch.beside) for branch in self.branches}}
        return Pipeline(
            tuple(
                replace(
                    branch,
                    steps=(*branch.steps, placed[len(branch.beside)]),
                    nested=branch.nested + 1,
                    beside=(*branch.beside, *wires),
                )
                for branch in self.branches
            )
        )


Lowered = Generator[nodes.Node, Pipeline, Pipeline]
"""The lowering of one node: it yields nodes that it reads, is sent their pipelines, and returns its own."""


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
        """The open pipeline of a node; a node with several consumers is a stage of its own, run once.

        The methods of nodes yield the nodes that they read, and are sent the pipelines of those. So they stand on a
        list here, and not on Python's stack: a plan may be of any length.
        """
        if id(node) in self.done:
            return self.done[id(node)]
        calls = [(node, self.node(node))]
        found: Pipeline | None = None
        while calls:
            current, method = calls[-1]
            try:
                child = next(method) if found is None else method.send(found)
            except StopIteration as end:
                calls.pop()
                found = self.done[id(current)] = self._settled(current, end.value)
            else:
                found = self.done.get(id(child))
                if found is None:
                    calls.append((child, self.node(child)))
        assert found is not None, "a method of a node returns its pipeline"
        return found

    def _settled(self, node: nodes.Node, pipeline: Pipeline) -> Pipeline:
        """The pipeline, or one over the blocks of its stage if that ends here."""
        is_shared = id(node) in self.shared and not _is_at_hand(pipeline)
        return self.reread(self.close(pipeline, OneBlock())) if is_shared or _is_deep(pipeline) else pipeline

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
    def node(self, node: nodes.Node) -> Lowered:
        raise TypeError(f"no tasks are known for {type(node).__name__}")

    @node.register
    def _(self, node: nodes.Read) -> Lowered:
        yield from ()  # it reads no other node
        reader = node.reader
        if isinstance(reader, ArrivingReader):
            return self.after(sources.Arriving(node.verb, node.verb), node.num_partitions, Arriving(reader.channel))
        if isinstance(reader, StoredReader):
            return self.after(sources.Blocks(node.verb, node.verb), len(reader.blocks), Given(reader.blocks))
        assert isinstance(reader, RowReader)
        source = sources.Read(node.verb, node.verb, reader, function=node.function)
        return self.after(source, node.num_partitions)

    @node.register
    def _(self, node: nodes.Narrow) -> Lowered:
        chain = self._chain(node)
        pipeline = yield chain[0].input
        needs = reduce(Resources.joined, (each.resources for each in chain))
        return pipeline.then(*(each.step for each in chain), resources=needs)

    def _chain(self, last: nodes.Narrow) -> list[nodes.Narrow]:
        """The narrow nodes up to `last` that belong to one pipeline, first to last: their steps are added at once."""
        chain = [last]
        nested = int(_is_nested(last.step))
        while isinstance(before := chain[-1].input, nodes.Narrow) and nested < MOST_NESTED:
            if id(before) in self.shared or id(before) in self.done:
                break
            chain.append(before)
            nested += _is_nested(before.step)
        return chain[::-1]

    @node.register
    def _(self, node: nodes.Union) -> Lowered:
        branches: list[Branch] = []
        first = 0
        for part in node.leaves(lambda part: id(part) not in self.shared):
            pipeline = yield part
            branches.extend(_counted_from(first, branch) for branch in pipeline.branches)
            first += pipeline.count
        return Pipeline(tuple(branches))

    @node.register
    def _(self, node: by_key.CombineByKey) -> Lowered:
        pipeline = yield node.input
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
    def _(self, node: by_key.GroupByKey) -> Lowered:
        pipeline = yield node.input
        if not node.shuffle or pipeline.count == 1:
            return pipeline.then(partition.LocalGroupByKey(node.verb, node.verb))
        stage = self.close(pipeline, ByKey(pipeline.count, node.verb))
        return self.after(sources.GroupByKey(node.verb, node.verb), stage.num_tasks, Shuffled(stage))

    @node.register
    def _(self, node: by_key.CoGroup) -> Lowered:
        return (yield from self._meeting(node, sources.CoGroup(node.verb, node.verb)))

    @node.register
    def _(self, node: by_key.Join) -> Lowered:
        if node.in_place:
            first, *others = node.sides
            whole: list[Wire] = []
            for side in others:
                pipeline = yield side
                whole.append(All(self.close(pipeline, ByKey(1, node.verb))))
            if node.keeps_rows:
                step = join_step.JoinInPlace(node.verb, node.verb, node.how, 0, len(whole))
                return (yield first).beside(step, whole)
            own = self.close((yield first), OneBlock())
            source = sources.Join(node.verb, node.verb, node.how, last_alone=True)
            return self.after(source, own.num_tasks, Onward(own), *whole)
        return (yield from self._meeting(node, sources.Join(node.verb, node.verb, node.how)))

    def _meeting(self, node: by_key.Meeting, source: sources.Source) -> Lowered:
        count = node.num_partitions
        wires: list[Wire] = []
        for side, shuffle in zip(node.sides, node.shuffles, strict=True):
            pipeline = yield side
            wires.append(
                Shuffled(self.close(pipeline, ByKey(count, node.verb)))
                if shuffle
                else Same(self.close(pipeline, OneBlock()))
            )
        return self.after(source, count, *wires)

    @node.register
    def _(self, node: by_key.PartitionByKey) -> Lowered:
        pipeline = yield node.input
        if not node.shuffle:
            return pipeline
        stage = self.close(pipeline, ByKey(node.count, node.verb))
        return self.after(sources.Blocks(node.verb, node.verb), node.count, Shuffled(stage))

    @node.register
    def _(self, node: nodes.Repartition) -> Lowered:
        stage = self.close((yield node.input), OneBlock())
        return self.after(sources.Blocks(node.verb, node.verb), node.count, Even(stage, node.count))

    @node.register
    def _(self, node: nodes.Sort) -> Lowered:
        pipeline = yield node.input
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
    def _(self, node: nodes.MergeSorted) -> Lowered:
        stage = self.close((yield node.input), OneBlock())
        gathered = self.after(sources.Blocks(node.verb, ""), 1, All(stage))
        local = order_steps.LocalSort(node.verb, node.verb, node.reverse, node.function is not None, strip=True)
        return gathered.then(*_sort_key(node), local)

    @node.register
    def _(self, node: nodes.Top) -> Lowered:
        pipeline = (yield node.input).then(*_sort_key(node))
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
    def _(self, node: nodes.Limit) -> Lowered:
        pipeline = (yield node.input).then(partition.Limit(node.verb, node.verb, node.n))
        if pipeline.count == 1:
            return pipeline
        stage = self.close(pipeline, OneBlock(), until=node.n, stream=True)
        return self.after(sources.Blocks(node.verb, node.verb), 1, Head(stage, node.n))

    @node.register
    def _(self, node: nodes.Reduce) -> Lowered:
        pipeline = (yield node.input).then(node.local)
        if pipeline.count > 1:
            stage = self.close(pipeline, OneBlock())
            merge = fold_steps.Reduce(node.verb, "merge", node.function)
            pipeline = self.after(sources.Blocks("", ""), 1, All(stage)).then(merge)
        if node.zero is not None:
            pipeline = pipeline.then(fold_steps.DefaultIfEmpty(node.verb, "zero", node.zero))
        return pipeline

    @node.register
    def _(self, node: nodes.Gather) -> Lowered:
        stage = self.close((yield node.input), OneBlock())
        return self.after(sources.Blocks("", ""), 1, All(stage)).then(*node.steps)

    @node.register
    def _(self, node: nodes.Cartesian) -> Lowered:
        left = self.close((yield node.left), OneBlock())
        right = self.close((yield node.right), OneBlock())
        width = right.num_tasks
        wires = (Crossed(left, width, True), Crossed(right, width, False))
        return self.after(sources.Cartesian(node.verb, node.verb), node.num_partitions, *wires)

    @node.register
    def _(self, node: nodes.Zip) -> Lowered:
        left = self.close((yield node.left), OneBlock())
        right = self.close((yield node.right), OneBlock())
        wires = (Same(left), Even(right, left.num_tasks, like=left))
        return self.after(sources.Zip(node.verb, node.verb), left.num_tasks, *wires)

    @node.register
    def _(self, node: nodes.ZipWithIndex) -> Lowered:
        step = partition.ZipWithIndex(node.verb, node.verb)
        pipeline = yield node.input
        if pipeline.count == 1:
            return pipeline.then(step)
        stage = self.close(pipeline, OneBlock())
        (branch,) = self.reread(stage).branches
        return Pipeline((replace(branch, counted=stage, steps=(step,)),))

    @node.register
    def _(self, node: nodes.Cache) -> Lowered:
        refs = node.store.refs
        if refs is not None:
            return self.after(sources.Blocks(node.verb, node.verb), len(refs), Given(refs, node.store.kind))
        stage = self.close((yield node.input), OneBlock())
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


def _is_nested(step: Step) -> bool:
    """Whether a step draws the rows of the one before it through a call of its own, one inside the other."""
    return not isinstance(step, RowStep)


def _is_deep(pipeline: Pipeline) -> bool:
    """Whether a task would draw its rows through more calls inside one another than it should."""
    return any(branch.nested > MOST_NESTED for branch in pipeline.branches)


def _is_at_hand(pipeline: Pipeline) -> bool:
    """Whether reading this again costs no more than reading blocks."""
    return len(pipeline.branches) <= MOST_BRANCHES and all(
        isinstance(branch.source, (sources.Blocks, sources.Arriving)) and not branch.steps
        for branch in pipeline.branches
    )


def lowering(targets: Sequence[nodes.Node]) -> Lowering:
    """A lowering that knows which nodes of these plans have several consumers."""
    return Lowering({identity for identity, count in reader_counts(targets).items() if count > 1})
