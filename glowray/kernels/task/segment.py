"""Segments: a chain of steps, split where rows become an iterator, a table of keys or the task's output."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from glowray.kernels.base.steps import RowStep, Step
from glowray.kernels.keys.combiners import CombineStep
from glowray.kernels.partition.partition_steps import PartitionStep, PassOn

MOST_STEPS = 40
MOST_LOOPS = 6
"""The most loops within one loop: Python compiles at most 20 nested blocks, and a flat_map may be two."""


@dataclass(frozen=True, slots=True)
class Segment:
    """Row steps that run in one loop, and the step that takes their rows, None for the task's exchange."""

    rows: tuple[RowStep, ...]
    end: CombineStep | PartitionStep | None


def segments(steps: Sequence[Step]) -> list[Segment]:
    """Return the segments of a task's steps. The last one ends in the exchange."""
    found: list[Segment] = []
    rows: list[RowStep] = []
    for step in steps:
        if isinstance(step, RowStep):
            rows.append(step)
            continue
        assert isinstance(step, (CombineStep, PartitionStep))
        found += _cut(rows, step)
        rows = []
    return [*found, *_cut(rows, None)]


def _cut(rows: Sequence[RowStep], end: CombineStep | PartitionStep | None) -> list[Segment]:
    """Split row steps into segments of at most MOST_STEPS steps and MOST_LOOPS loops. The last one gets `end`.

    The first segment is cut from the front, the others from the back. Long branches of a union that end in the same
    steps then have the same last segments, and share their loops.
    """
    first = _length(rows)
    found: list[Segment] = []
    rest = list(rows[first:])
    while rest:
        length = _length(reversed(rest))
        found.append(Segment(tuple(rest[-length:]), PassOn("", "") if found else end))
        del rest[-length:]
    return [Segment(tuple(rows[:first]), PassOn("", "") if found else end), *reversed(found)]


def _length(rows: Iterable[RowStep]) -> int:
    """Return how many of the steps, from the first on, one loop may have."""
    length = loops = 0
    for step in islice(rows, MOST_STEPS):
        length += 1
        loops += step.makes_items
        if loops == MOST_LOOPS:
            break
    return length
