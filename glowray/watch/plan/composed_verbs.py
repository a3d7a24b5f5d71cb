"""Verbs that are made of several steps, and are shown as the one verb that the user wrote."""

from __future__ import annotations

from glowray.kernels.base.steps import RowStep
from glowray.plan.operator import Operator
from glowray.watch.plan.user_functions import is_given


def prepares(step: Operator | None, verb: str) -> bool:
    """Return whether a step is the first part of the verb after it: `sort(f)` computes keys, then sorts by them."""
    return isinstance(step, RowStep) and step.is_part and step.verb == verb


def is_glue(step: Operator) -> bool:
    """Return whether a step only reshapes rows for another part of its verb. The step is not shown."""
    return isinstance(step, RowStep) and step.is_part and not any(map(is_given, step.functions))
