"""List the large values that a job's functions captured. They are sent apart from the functions, once per job."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from glowray.engine.task.payload import Apart, pack
from glowray.functions import Function
from glowray.functions.captures import path_of
from glowray.kernels import Fragment
from glowray.physical.stages.stage import Branch, StagePlan


def capture_lines(stages: Sequence[StagePlan]) -> list[str]:
    """Return a line for each large captured value: its name, the verb whose function holds it, and its size."""
    known: dict[int, Apart] = {}
    lines: dict[str, None] = {}
    for stage in stages:
        seen: set[int] = set()
        for branch in stage.branches:
            # Branches of a union often share their steps. A shared step is packed once.
            steps = tuple(step for step in branch.steps if id(step) not in seen)
            seen.update(map(id, steps))
            payload = pack(Fragment(branch.source, steps, stage.exchange), known)
            for value in payload.apart.values():
                if not value.shared:
                    lines[f"  {_name(branch, value.value)}  {len(value.data) / 2**20:,.1f} MiB"] = None
    return list(lines)


def _name(branch: Branch, value: Any) -> str:
    for function in _functions(branch):
        path = path_of(function.call, value)
        if path is not None:
            return f"{path} of {function.verb}({function.label})"
    return type(value).__name__


def _functions(branch: Branch) -> Iterator[Function]:
    for step in (branch.source, *branch.steps):
        yield from step.functions
