"""The name of a step as people see it: its verb and its function."""

from __future__ import annotations

from glowray.kernels.base.steps import Step

MERGE = "merge"
"""The label of steps that merge partial results."""


def step_name(step: Step) -> str:
    """Return `verb(function)`, or the verb alone for a step without a function of the user's.

    The second half of a verb, which merges partial results, is `merge of verb(function)`.

    >>> step_name(Step("map", "str.upper")), step_name(Step("distinct", "distinct"))
    ('map(str.upper)', 'distinct')
    """
    if step.label == MERGE:
        return " of ".join([MERGE, *(f"{step.verb}({function.label})" for function in step.functions[:1])])
    return step.verb if step.label in ("", step.verb) else f"{step.verb}({step.label})"
