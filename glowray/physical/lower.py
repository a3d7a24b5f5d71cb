"""Turn nodes into branches of tasks, and end a stage wherever rows must move. Each kind of node has one method."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce, singledispatchmethod

from glowray.io.reader import ArrivingReader, RowReader, StoredReader
from glowray.io.refusals import RefusingReader
from glowray.kernels.base.steps import Step
from glowray.kernels.ends import sources
from glowray.kernels.ends.exchange import ByKey, ByRange, Count, Exchange, OneBlock, SortedWithSample
from glowray.kernels.keys import combiners as combine
from glowray.kernels.keys.keyed_step import KeyedRows
from glowray.kernels.partition import fold_steps, join_step, order_steps, positional_steps
from glowray.kernels.partition import partition_steps as partition
from glowray.physical.in_task import InTask, as_step, sort_by, sort_key, take_while, zero_if_empty
from glowray.physical.pipeline import MOST_NESTED, Pipeline, counted_from
from glowray.physical.planning import Planning
from glowray.physical.stages.stage import Branch, StagePlan, Wire
from glowray.physical.stages.wires import (
    Ahead,
    All,
    Arriving,
    Backwards,
    Begun,
    Crossed,
    Even,
    Given,
    Head,
    Onward,
    Rest,
    Same,
    Shuffled,
)
from glowray.plan import by_key, nodes, positional
from glowray.plan.walk import reader_counts
from glowray.resources import Resources

Lowered = Generator[nodes.Node, Pipeline, Pipeline]
"""The lowering of one node: it yields each node that it reads, is sent that node's pipeline, and returns its own."""


@dataclass
class Lowering:
    """The plans of one action on their way to stages.

    Args:
        shared: the ids of the nodes that several nodes read.
        planning: the rules for stages.
        first: the number of the first stage.
        stages: the stages so far; each comes after the stages that it reads.
        done: the pipeline of each node that is lowered, by the node's id.
        readers: how many branches read each channel, by the channel's id.
    """

    shared: set[int] = field(default_factory=set)
    planning: Planning = field(default_factory=Planning)
    first: int = 1
    stages: list[StagePlan] = field(default_factory=list)
    done: dict[int, Pipeline] = field(default_factory=dict)
    readers: Counter[int] = field(default_factory=Counter)

    def target(self, node: nodes.Node, exchange: Exchange, *, stream: bool = False) -> StagePlan:
        """Return the last stage of a plan."""
        return self.close(self.lower(node), exchange, stream=stream)

    def lower(self, node: nodes.Node) -> Pipeline:
        """Return the open pipeline of a node. A node with several readers becomes a stage of its own, which runs once.

        The method of a node yields the nodes that it reads and is sent their pipelines. The methods that wait stand on
        a list, not on Python's stack, so a plan may be of any length.
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
        """Return the pipeline, or if its stage ends here, a pipeline over the stage's blocks."""
        is_shared = id(node) in self.shared and not pipeline.is_at_hand
        return self.reread(self.close(pipeline, OneBlock())) if is_shared or pipeline.is_deep else pipeline

    def close(
        self,
        pipeline: Pipeline,
        exchange: Exchange,
        *,
        until: int | None = None,
        stream: bool = False,
        store: nodes.Store | None = None,
    ) -> StagePlan:
        """End a pipeline with a stage, whose rows are blocks, and return the stage."""
        branches = tuple(map(self._reading, pipeline.branches))
        plan = StagePlan(self.first + len(self.stages), branches, exchange, until, stream, store)
        stage = self.planning.stage(plan)
        self.stages.append(stage)
        return stage

    def _reading(self, branch: Branch) -> Branch:
        """Return the branch with a reader number of its own for each channel that it reads."""
        return replace(branch, wires=tuple(map(self._read, branch.wires)))

    def _read(self, wire: Wire) -> Wire:
        if not isinstance(wire, Arriving):
            return wire
        self.readers[id(wire.channel)] += 1
        return replace(wire, reader=self.readers[id(wire.channel)] - 1)

    def reread(self, stage: StagePlan) -> Pipeline:
        """Return a pipeline over the blocks of a stage, partition by partition."""
        return Pipeline((Branch(sources.Blocks("read", ""), stage.num_tasks, (Same(stage),)),))

    def after(self, source: sources.Source, count: int, *wires: Wire) -> Pipeline:
        """Return a pipeline of `count` tasks whose source reads by wires."""
        return Pipeline((Branch(source, count, wires),))

    @singledispatchmethod
    def node(self, node: nodes.Node) -> Lowered:
        """Lower a node of one kind."""
        raise TypeError(f"no tasks are known for {type(node).__name__}")

    @node.register
    def _(self, node: nodes.Read) -> Lowered:
        yield from ()  # it reads no other node
        reader = node.reader
        if isinstance(reader, ArrivingReader):
            return self.after(
                sources.ArrivingSource(node.verb, node.verb), node.num_partitions, Arriving(reader.channel)
            )
        if isinstance(reader, StoredReader):
            return self.after(sources.Blocks(node.verb, node.verb), len(reader.blocks), Given(reader.blocks))
        assert isinstance(reader, RowReader)
        on_error = node.on_error if isinstance(reader, RefusingReader) else "raise"
        source = sources.ReadSource(node.verb, node.verb, reader, function=node.function, on_error=on_error)
        return self.after(source, node.num_partitions)

    @node.register
    def _(self, node: nodes.Narrow) -> Lowered:
        chain = self._chain(node)
        pipeline = yield chain[0].input
        needs = reduce(Resources.joined, (each.resources for each in chain))
        return pipeline.then(*(as_step(each.step) for each in chain), resources=needs)

    def _chain(self, last: nodes.Narrow) -> list[nodes.Narrow]:
        """Return the narrow nodes up to `last` whose steps are added to a pipeline at once, first to last."""
        chain = [last]
        nested = int(last.step.is_nested)
        while isinstance(before := chain[-1].input, nodes.Narrow) and nested < MOST_NESTED:
            if id(before) in self.shared or id(before) in self.done:
                break
            chain.append(before)
            nested += before.step.is_nested
        return chain[::-1]

    @node.register
    def _(self, node: nodes.Union) -> Lowered:
        branches: list[Branch] = []
        first = 0
        for part in node.leaves(lambda part: id(part) not in self.shared):
            pipeline = yield part
            branches.extend(counted_from(first, branch) for branch in pipeline.branches)
            first += pipeline.count
        return Pipeline(tuple(branches))

    @node.register
    def _(self, node: by_key.CombineByKey) -> Lowered:
        pipeline = yield node.input
        step = combine.CombineStep(node.verb, node.label, node.combiner, "combine", node.pairing)
        if not node.shuffle:
            return pipeline.then(step)
        if node.combine_first:
            stage = self.close(pipeline.then(step), ByKey(pipeline.count, step=step))
            merge = sources.MergeByKey(node.verb, "merge", node.combiner.merge)
            return self.after(merge, stage.num_tasks, Shuffled(stage))
        stage = self.close(pipeline, ByKey(pipeline.count, step=step, joins=False))
        source = sources.CombineThenMerge(node.verb, node.verb, step)
        return self.after(source, stage.num_tasks, Shuffled(stage))

    @node.register
    def _(self, node: by_key.GroupByKey) -> Lowered:
        pipeline = yield node.input
        if not node.shuffle:
            return pipeline.then(partition.LocalGroupByKey(node.verb, node.verb, node.pairing))
        source = sources.GroupSource(node.verb, node.verb, node.pairing)
        stage = self.close(pipeline, ByKey(pipeline.count, step=source))
        return self.after(source, stage.num_tasks, Shuffled(stage))

    @node.register
    def _(self, node: by_key.CoGroup) -> Lowered:
        source = sources.CoGroupSource(node.verb, node.verb)
        return (yield from self._meeting(node, source, [source] * len(node.sides)))

    @node.register
    def _(self, node: by_key.Join) -> Lowered:
        askers = [KeyedRows(node.verb, node.verb, pairing) for pairing in node.pairings]
        pairing = node.pairings[0]
        if not node.stays:
            source = sources.JoinSource(node.verb, node.verb, node.how, pairing=pairing)
            return (yield from self._meeting(node, source, askers))
        first, *others = node.sides
        whole: list[Wire] = []
        for side, asker in zip(others, askers[1:], strict=True):
            pipeline = yield side
            whole.append(All(self.close(pipeline, ByKey(1, step=asker))))
        if node.is_step:
            step = join_step.JoinInPlace(node.verb, node.verb, node.how, 0, len(whole), pairing)
            return (yield first).beside(step, whole)
        own = self.close((yield first), OneBlock())
        source = sources.JoinSource(node.verb, node.verb, node.how, not node.keeps_rows, pairing)
        return self.after(source, own.num_tasks, Same(own) if node.keeps_rows else Onward(own), *whole)

    def _meeting(self, node: by_key.Meeting, source: sources.Source, askers: Sequence[Step]) -> Lowered:
        """Return `source` over the sides, each cut by key for its asker, the step that an error of a key names."""
        count = node.num_partitions
        wires: list[Wire] = []
        for side, shuffle, asker in zip(node.sides, node.shuffles, askers, strict=True):
            pipeline = yield side
            wires.append(
                Shuffled(self.close(pipeline, ByKey(count, step=asker)))
                if shuffle
                else Same(self.close(pipeline, OneBlock()))
            )
        return self.after(source, count, *wires)

    @node.register
    def _(self, node: by_key.PartitionByKey) -> Lowered:
        pipeline = yield node.input
        if node.shuffle:
            stage = self.close(pipeline, ByKey(node.count, step=KeyedRows(node.verb, node.verb)))
            label = node.verb if node.sort_key is None else ""  # the sort has the verb's name
            pipeline = self.after(sources.Blocks(node.verb, label), node.count, Shuffled(stage))
        return pipeline if node.sort_key is None else pipeline.then(*sort_by(node.verb, node.sort_key))

    @node.register
    def _(self, node: nodes.Repartition) -> Lowered:
        stage = self.close((yield node.input), OneBlock())
        return self.after(sources.Blocks(node.verb, node.verb), node.count, Even(stage, node.count))

    @node.register
    def _(self, node: nodes.Sort) -> Lowered:
        pipeline = yield node.input
        count = pipeline.count
        keyed = node.function is not None
        pipeline = pipeline.then(*sort_key(node))
        local = order_steps.LocalSort(node.verb, node.verb, node.reverse, node.function)
        runs = self.close(pipeline.then(local), SortedWithSample(keyed, node.reverse))
        bounds = self.close(
            self.after(sources.Bounds(node.verb, "bounds", count, node.reverse), 1, All(runs, 1)), OneBlock()
        )
        merge = sources.MergeSortedSource(node.verb, "merge", node.function, node.reverse)
        ranges = self.close(
            self.after(sources.Blocks("range", "range", 1), count, Same(runs), All(bounds)),
            ByRange(count, keyed=keyed, reverse=node.reverse, step=merge),
        )
        return self.after(merge, count, Shuffled(ranges))

    @node.register
    def _(self, node: nodes.MergeSorted) -> Lowered:
        stage = self.close((yield node.input), OneBlock())
        gathered = self.after(sources.Blocks(node.verb, ""), 1, All(stage))
        local = order_steps.LocalSort(node.verb, node.verb, node.reverse, node.function, strip=True)
        return gathered.then(*sort_key(node), local)

    @node.register
    def _(self, node: nodes.Top) -> Lowered:
        top = order_steps.TopStep(node.verb, node.verb, node.reverse, node.function, n=node.n, of_sort=node.of_sort)
        stage = self.close((yield node.input).then(*sort_key(node), top), OneBlock())
        merge = replace(top, label="merge", strip=True)
        return self.after(sources.Blocks("", ""), 1, All(stage)).then(merge)

    @node.register
    def _(self, node: nodes.Limit) -> Lowered:
        pipeline = (yield node.input).then(partition.LimitStep(node.verb, node.verb, node.n))
        stage = self.close(pipeline, OneBlock(), until=node.n, stream=True)
        return self.after(sources.Blocks(node.verb, node.verb), 1, Head(stage, node.n))

    @node.register
    def _(self, node: nodes.Reduce) -> Lowered:
        stage = self.close((yield node.input).then(as_step(node.local)), OneBlock())
        merge = fold_steps.ReduceStep(node.verb, "merge", node.function)
        pipeline = self.after(sources.Blocks("", ""), 1, All(stage)).then(merge)
        return pipeline if node.zero is None else pipeline.then(zero_if_empty(node, node.zero))

    @node.register
    def _(self, node: nodes.Gather) -> Lowered:
        stage = self.close((yield node.input), OneBlock())
        return self.after(sources.Blocks("", ""), 1, All(stage)).then(*map(as_step, node.steps))

    @node.register
    def _(self, node: nodes.Cartesian) -> Lowered:
        left = self.close((yield node.left), OneBlock())
        right = self.close((yield node.right), OneBlock())
        width = right.num_tasks
        wires = (Crossed(left, width, True), Crossed(right, width, False))
        return self.after(sources.CartesianSource(node.verb, node.verb), node.num_partitions, *wires)

    @node.register
    def _(self, node: nodes.Zip) -> Lowered:
        left = self.close((yield node.left), OneBlock())
        right = self.close((yield node.right), OneBlock())
        wires = (Same(left), Even(right, left.num_tasks, like=left))
        return self.after(sources.ZipSource(node.verb, node.verb), left.num_tasks, *wires)

    @node.register
    def _(self, node: nodes.ZipWithIndex) -> Lowered:
        step = partition.ZipWithIndexStep(node.verb, node.verb)
        stage = self.close((yield node.input), OneBlock())
        (branch,) = self.reread(stage).branches
        return Pipeline((replace(branch, counted=stage, steps=(step,)),))

    @node.register
    def _(self, node: positional.Reverse) -> Lowered:
        stage = self.close((yield node.input).then(positional_steps.ReverseRows(node.verb, node.verb)), OneBlock())
        return self.after(sources.Blocks(node.verb, ""), stage.num_tasks, Backwards(stage))

    @node.register
    def _(self, node: positional.TakeWhile) -> Lowered:
        pipeline = (yield node.input).then(take_while(node, ends_stage=True), resources=node.resources)
        if node.most is not None:
            pipeline = pipeline.then(partition.LimitStep("limit", "limit", node.most))
        until = sys.maxsize if node.most is None else node.most
        stage = self.close(pipeline, OneBlock(), until=until, stream=node.most is not None)
        return self.after(sources.Blocks(node.verb, ""), stage.num_tasks, Begun(stage))

    @node.register
    def _(self, node: positional.DropWhile) -> Lowered:
        stage = self.close((yield node.input), OneBlock())
        step = take_while(node, ends_stage=True, keeps_failed=True)
        first = self.reread(stage).then(step, resources=node.resources)
        dropped = self.close(first, Count(), until=sys.maxsize)
        return self.after(sources.Blocks(node.verb, node.verb), stage.num_tasks, Rest(stage, dropped))

    @node.register
    def _(self, node: positional.Sliding) -> Lowered:
        stage = self.close((yield node.input), OneBlock())
        source = positional_steps.SlidingStep(node.verb, node.verb, node.size, node.step)
        wires = (Same(stage), Ahead(stage, node.size - 1))
        return Pipeline((Branch(source, stage.num_tasks, wires, counted=stage),))

    @node.register
    def _(self, node: InTask) -> Lowered:
        return (yield node.input).then(*node.steps)

    @node.register
    def _(self, node: nodes.Cache) -> Lowered:
        store = node.store
        if store.refs is not None:
            wire = Given(store.refs, store.kind, store.identity)
            return self.after(sources.Blocks(node.verb, node.verb), len(store.refs), wire)
        return self.reread(self.close((yield node.input), OneBlock(), store=node.store))


def lowering(targets: Sequence[nodes.Node], planning: Planning | None = None, first: int = 1) -> Lowering:
    """Return a lowering that knows which nodes of these plans have several readers. It numbers stages from `first`."""
    shared = {identity for identity, count in reader_counts(targets).items() if count > 1}
    return Lowering(shared, planning or Planning(), first)
