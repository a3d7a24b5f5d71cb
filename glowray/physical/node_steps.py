"""What the nodes of a plan are to tasks."""

from __future__ import annotations

from glowray.functions.combiner import Zero
from glowray.kernels.fold_steps import DefaultIfEmpty
from glowray.kernels.steps import KeyBy, Step
from glowray.plan.nodes import MergeSorted, Reduce, Sort, Top
from glowray.plan.operator import Operator


def as_step(operator: Operator) -> Step:
    """Return an operator of the plan as the step that tasks run."""
    assert isinstance(operator, Step), "verbs make plans of steps"
    return operator


def sort_key(node: Sort | MergeSorted | Top) -> tuple[Step, ...]:
    """Return the step that pairs each row with its key, if there is a key function.

    The key is computed once a row and travels with it.
    """
    return () if node.function is None else (KeyBy(node.verb, node.verb, node.function),)


def zero_if_empty(node: Reduce, zero: Zero) -> Step:
    """Return the step that gives the start of a fold where there is no row."""
    return DefaultIfEmpty(node.verb, "zero", zero)
