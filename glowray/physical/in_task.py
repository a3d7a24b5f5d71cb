"""Steps of the plan's nodes in the tasks that run them."""

from __future__ import annotations

from dataclasses import dataclass

from glowray.functions import Function
from glowray.functions.combiner import Zero
from glowray.kernels.base.steps import Step
from glowray.kernels.operators.keyed import KeyBy
from glowray.kernels.partition.fold_steps import DefaultIfEmpty
from glowray.kernels.partition.order_steps import LocalSort
from glowray.kernels.partition.positional_steps import TakeWhileStep
from glowray.plan.derived import derived
from glowray.plan.nodes import MergeSorted, Reduce, Sort, Top, Unary, Wide
from glowray.plan.operator import Operator
from glowray.plan.positional import Bounded


@dataclass(frozen=True, eq=False, repr=False)
class InTask(Unary):
    """Steps of the tasks that make the input's rows, in place of a wide verb.

    Its rows are partitioned as those of the verb, `wide`, so nothing changes for the nodes that read it.
    """

    wide: Wide
    steps: tuple[Step, ...]

    @property
    def verb(self) -> str:
        return self.wide.verb

    @derived
    def num_partitions(self) -> int:
        return self.wide.num_partitions

    @derived
    def key_partitions(self) -> int | None:
        return self.wide.key_partitions


def as_step(operator: Operator) -> Step:
    """Return an operator of the plan as the step that tasks run."""
    assert isinstance(operator, Step), "verbs make plans of steps"
    return operator


def sort_key(node: Sort | MergeSorted | Top) -> tuple[Step, ...]:
    """Return the step that pairs each row with its key, if there is a key function.

    The key is computed once a row and travels with it.
    """
    if node.function is None or node.is_keyed:
        return ()
    return (KeyBy(node.verb, node.verb, node.function, is_part=True),)


def sort_by(verb: str, key: Function) -> tuple[Step, ...]:
    """Return the steps that sort the rows of a partition by a key."""
    return KeyBy(verb, verb, key, is_part=True), LocalSort(verb, verb, False, key, strip=True)


def take_while(node: Bounded, *, ends_stage: bool = False, keeps_failed: bool = False) -> Step:
    """Return the step that gives the rows before the first one on which the node's function is false."""
    return TakeWhileStep(node.verb, node.detail, node.function, ends_stage, keeps_failed, on_error=node.on_error)


def zero_if_empty(node: Reduce, zero: Zero) -> Step:
    """Return the step that gives the start of a fold where there is no row."""
    return DefaultIfEmpty(node.verb, "zero", zero)
