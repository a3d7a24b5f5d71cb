"""Segments: a chain of steps cut where rows must become an iterator, a table of keys, or the task's output."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from glowray.kernels.combine import CombineByKey
from glowray.kernels.partition_steps import PartitionStep, PassOn
from glowray.kernels.steps import FlatMap, FlatMapValues, RowStep, Step

MOST_STEPS = 40
MOST_LOOPS = 6
"""Of one loop: Python compiles no more than 20 blocks inside one another, and a flat_map may be two."""


@dataclass(frozen=True, slots=True)
class Segment:
    """Row steps that run in one loop, and the step that takes their rows; None: the task's exchange."""

    rows: tuple[RowStep, ...]
    end: CombineByKey | PartitionStep | None


def segments(steps: Sequence[Step]) -> list[Segment]:
    """The segments of a task's steps; the last one ends in the exchange."""
    found: list[Segment] = []
    rows: list[RowStep] = []
    for step in steps:
        if isinstance(step, RowStep):
            if len(rows) >= MOST_STEPS or sum(map(_is_loop, rows)) >= MOST_LOOPS:
                found.append(Segment(tuple(rows), PassOn("", "")))
                rows = []
            rows.append(step)
            continue
        assert isinstance(step, (CombineByKey, PartitionStep))
        found.append(Segment(tuple(rows), step))
        rows = []
    return [*found, Segment(tuple(rows), None)]


def _is_loop(step: RowStep) -> bool:
    return isinstance(step, (FlatMap, FlatMapValues))
