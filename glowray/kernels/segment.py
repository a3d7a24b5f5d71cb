"""Segments: a chain of steps cut where rows must become an iterator, a table of keys, or the task's output."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from glowray.kernels.combine import CombineByKey
from glowray.kernels.partition_steps import PartitionStep
from glowray.kernels.steps import RowStep, Step


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
            rows.append(step)
            continue
        assert isinstance(step, (CombineByKey, PartitionStep))
        found.append(Segment(tuple(rows), step))
        rows = []
    return [*found, Segment(tuple(rows), None)]
