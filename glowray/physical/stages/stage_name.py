"""The name of a stage: the verbs of its branches, as explain(), progress and Ray's dashboard show them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import zip_longest

from glowray.functions.show import cut
from glowray.kernels.base.steps import RowStep, Step
from glowray.kernels.ends.sources import Source
from glowray.kernels.partition.order_steps import OrderStep

SHOWN_VERBS = 12
"""Most verbs of a branch that a stage's name shows."""

SHOWN_NAME = 20
"""Most characters of a user's name for a step that a stage's name shows."""

SHOWN_BRANCHES = 6
"""Most different branches that a stage's name shows."""


def dashboard_name(job: str, number: int, stage: str) -> str:
    """Return the name of all tasks of a stage in Ray's dashboard, which groups tasks by name.

    >>> dashboard_name("flow", 1, "from_range→map")
    'flow · 1 from_range→map'
    """
    return f"{job} · {number} {stage}"


def stage_name(branches: Iterable[str]) -> str:
    """Return the name of a stage from its branches' names. Equal names are shown once; many leave out their middle.

    >>> stage_name(["read_csv→map", "read_csv→map", "from_items"])
    'read_csv→map | from_items'
    """
    names = list(dict.fromkeys(branches))
    left_out = len(names) - SHOWN_BRANCHES + 1
    return " | ".join(names if left_out < 2 else [*names[: SHOWN_BRANCHES - 2], f"… {left_out} more …", names[-1]])


def branch_name(source: Source, steps: Sequence[Step]) -> str:
    """Return the verbs of a branch, or the user's own names for them, source first; many leave out their middle."""
    words = [source.label] if source.label else []
    # A step that computes sort keys and the step that sorts by them are one verb.
    shown = [
        step
        for step, after in zip_longest(steps, steps[1:])
        if not (isinstance(step, RowStep) and step.is_part and isinstance(after, OrderStep) and step.verb == after.verb)
    ]
    verbs = [*words, *map(_word, shown)] or [source.verb]
    if len(verbs) > SHOWN_VERBS:
        verbs[SHOWN_VERBS - 4 : -3] = [f"… {len(verbs) - SHOWN_VERBS + 1} more …"]
    return "→".join(verbs)


def _word(step: Step) -> str:
    """Return a step's name within a stage: the user's own name in place of the verb, or behind a phase of the verb."""
    name = next((function.name for function in step.functions if function.name), None)
    if name is None:
        return step.word
    short = cut(name, SHOWN_NAME)
    return short if step.word == step.verb else f"{step.word} {short}"
