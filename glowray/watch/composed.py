"""Verbs that are made of several steps, and are shown as the one verb that the user wrote."""

from __future__ import annotations

from glowray.kernels.steps import KeyBy, Keys, Map, Step, Values
from glowray.watch.given import is_given

COMPOSED = frozenset(
    {
        *("count_by_value", "distinct", "group_by", "intersection", "join", "limit", "local_sort", "max"),
        *("merge_sorted", "min", "sample", "sort", "subtract", "top"),
    }
)


def prepares(step: Step | None, verb: str) -> bool:
    """Return whether a step is the first part of the verb after it: `sort(f)` computes keys, then sorts by them."""
    return isinstance(step, (KeyBy, Map)) and step.verb == verb and verb in COMPOSED


def is_glue(step: Step) -> bool:
    """Return whether a step only reshapes rows for another part of its verb. Such a step is not shown."""
    if step.verb not in COMPOSED:
        return False
    return isinstance(step, (Keys, Values)) or (isinstance(step, (KeyBy, Map)) and not is_given(step.function))
