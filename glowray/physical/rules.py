"""The rules by which a plan runs at less cost. Each is a function, and none of them changes a row or its place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import singledispatch

from glowray.io.reader import PrunableReader
from glowray.kernels.base.steps import RowStep
from glowray.kernels.ends.exchange import ByKey, ByRange, Count, Exchange
from glowray.kernels.ends.sources import ReadSource
from glowray.kernels.partition import order_steps
from glowray.kernels.partition import partition_steps as partition
from glowray.kernels.partition.positional_steps import ReverseRows
from glowray.optimize.rules import IsOwn, Rule
from glowray.physical.in_task import InTask, as_step, sort_key, take_while, zero_if_empty
from glowray.physical.stages.stage import Branch, StagePlan
from glowray.plan import nodes, positional
from glowray.plan.by_key import CombineByKey, GroupByKey, Join
from glowray.plan.nodes import Node
from glowray.resources import NO_NEEDS

MANY_PARTITIONS = 64
"""A stage of fewer partitions computes each in a call of its own."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Facts about a job that its settings and its engine tell before it runs.

    Args:
        vectorize: whether functions whose meaning is known run faster than by calls.
        may_share_store: whether tasks of the job may share an object store.
    """

    vectorize: bool = True
    may_share_store: bool = False


StageRewrite = Callable[[StagePlan, Facts], StagePlan | None]


@dataclass(frozen=True, slots=True)
class NodeRule:
    """A rule that looks at nodes, before the plan is cut into stages."""

    rewrite: Rule


@dataclass(frozen=True, slots=True)
class StageRule:
    """A rule that looks at a stage, before another stage reads it."""

    rewrite: StageRewrite


PhysicalRule = NodeRule | StageRule


def single_partition(node: Node, is_own: IsOwn) -> Node | None:
    """Turn a verb over one partition into a step of its task, because no row has to move."""
    if len(node.children) == 1 and node.children[0].num_partitions == 1:
        return _in_one_task(node)
    return None


@singledispatch
def _in_one_task(node: Node) -> Node | None:
    """Return what runs in place of a node if its input is one partition; None if that makes no difference."""
    return None


@_in_one_task.register(CombineByKey)
@_in_one_task.register(GroupByKey)
def _(node: CombineByKey | GroupByKey) -> Node | None:
    return replace(node, shuffle=False) if node.shuffle else None


@_in_one_task.register
def _(node: nodes.Sort) -> Node:
    local = order_steps.LocalSort(node.verb, node.verb, node.reverse, node.function, strip=True)
    return InTask(node.input, node, (*sort_key(node), local))


@_in_one_task.register
def _(node: nodes.Top) -> Node:
    top = order_steps.TopStep(
        node.verb, node.verb, node.reverse, node.function, strip=True, n=node.n, of_sort=node.of_sort
    )
    return InTask(node.input, node, (*sort_key(node), top))


@_in_one_task.register
def _(node: nodes.Limit) -> Node:
    return InTask(node.input, node, (partition.LimitStep(node.verb, node.verb, node.n),))


@_in_one_task.register
def _(node: nodes.Reduce) -> Node:
    ending = () if node.zero is None else (zero_if_empty(node, node.zero),)
    return InTask(node.input, node, (as_step(node.local), *ending))


@_in_one_task.register
def _(node: nodes.ZipWithIndex) -> Node:
    return InTask(node.input, node, (partition.ZipWithIndexStep(node.verb, node.verb),))


@_in_one_task.register
def _(node: positional.Reverse) -> Node:
    return InTask(node.input, node, (ReverseRows(node.verb, node.verb),))


@_in_one_task.register
def _(node: positional.TakeWhile) -> Node | None:
    return InTask(node.input, node, (take_while(node),)) if node.resources == NO_NEEDS else None


def join_in_place(node: Node, is_own: IsOwn) -> Node | None:
    """Turn a semi or anti join with small sides into a step of the tasks that make the first side's rows."""
    if isinstance(node, Join) and node.stays and node.keeps_rows and not node.is_step:
        return replace(node, is_step=True)
    return None


def prune_columns(stage: StagePlan, facts: Facts) -> StagePlan | None:
    """Let readers leave out the columns that no function uses, if no record is handed on as a whole.

    The compiler finds these columns.
    """
    if facts.vectorize and any(_drops_records(branch, stage.exchange) for branch in stage.branches):
        return replace(stage, prunes=True)
    return None


def _drops_records(branch: Branch, exchange: Exchange) -> bool:
    """Return whether a branch reads records of columns, and hands none of these records on as a whole."""
    if not (isinstance(branch.source, ReadSource) and isinstance(branch.source.reader, PrunableReader)):
        return False
    rows: list[RowStep] = []
    for step in branch.steps:
        if not isinstance(step, RowStep):
            break
        rows.append(step)
    makes_others = any(not (step.keeps_rows or step.hands_row_on) for step in rows)
    return makes_others or (isinstance(exchange, Count) and 0 < len(rows) == len(branch.steps))


def node_slices(stage: StagePlan, facts: Facts) -> StagePlan | None:
    """Let each task give one object for each node that reads, if the engine has object stores. Readers take parts.

    The number of objects is settled when the stage starts (`physical/shuffle.py`), as nodes may come and go.
    """
    splits = isinstance(stage.exchange, ByRange | ByKey) and stage.exchange.count > 1
    return replace(stage, node_slices=True) if facts.may_share_store and splits else None


def group_small_partitions(stage: StagePlan, facts: Facts) -> StagePlan | None:
    """Small neighbouring partitions are computed in one call of a worker, one after the other.

    Their sizes decide the groups when the stage starts (`physical/grouping.py`). Rows that are given one by one stay in
    tasks of their own, as little should run ahead of the row that is taken.
    """
    is_many = stage.num_tasks >= MANY_PARTITIONS
    is_whole = stage.until is None and not stage.stream and not stage.flows
    return replace(stage, may_group=True) if facts.may_share_store and is_many and is_whole else None


PHYSICAL_RULES: tuple[PhysicalRule, ...] = (
    NodeRule(single_partition),
    NodeRule(join_in_place),
    StageRule(prune_columns),
    StageRule(node_slices),
    StageRule(group_small_partitions),
)
