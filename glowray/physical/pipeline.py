"""Tasks while a plan is cut into stages: branches that further steps are added to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from glowray.kernels.base.steps import Step
from glowray.kernels.ends.sources import ArrivingSource, Blocks
from glowray.kernels.partition.join_step import JoinInPlace
from glowray.physical.stages.stage import Branch, Wire
from glowray.resources import Resources

MOST_NESTED = 50
"""Steps of a task that draw their rows through one another, as nested iterators do. More are cut into stages."""

MOST_UNIONS = 64
"""Unions with steps between them that a branch goes through. More are cut into stages.

The k-th round of `ds = ds.map(f).union(other)` adds a step to k branches. Without a cut the steps of n rounds are
pickled n²/2 times, with it 32 n times at most.
"""

MOST_BRANCHES = 64
"""Branches of blocks that are read again as they are. More of them are a stage: a union of itself doubles them."""


@dataclass(frozen=True)
class Pipeline:
    """Branches that are still open at their end: narrow steps are added to each."""

    branches: tuple[Branch, ...]

    @property
    def count(self) -> int:
        """The number of tasks."""
        return sum(branch.count for branch in self.branches)

    def then(self, *steps: Step, resources: Resources | None = None) -> Pipeline:
        """Return the pipeline with further steps."""
        nested = sum(step.is_nested for step in steps)
        return Pipeline(
            tuple(
                replace(
                    branch,
                    steps=branch.steps + steps,
                    nested=branch.nested + nested,
                    resources=branch.resources.joined(resources) if resources else branch.resources,
                )
                for branch in self.branches
            )
        )

    def beside(self, step: JoinInPlace, wires: Sequence[Wire]) -> Pipeline:
        """Return the pipeline with a further step, which reads by wires of its own."""
        placed = {place: replace(step, place=place) for place in {len(branch.beside) for branch in self.branches}}
        return Pipeline(
            tuple(
                replace(
                    branch,
                    steps=(*branch.steps, placed[len(branch.beside)]),
                    nested=branch.nested + 1,
                    beside=(*branch.beside, *wires),
                )
                for branch in self.branches
            )
        )

    @property
    def is_deep(self) -> bool:
        """Whether its stage should end here: calls are nested too deep, or branches repeat too many steps."""
        return any(branch.nested > MOST_NESTED or branch.unions > MOST_UNIONS for branch in self.branches)

    @property
    def is_at_hand(self) -> bool:
        """Whether reading this again costs no more than reading blocks."""
        return len(self.branches) <= MOST_BRANCHES and all(
            isinstance(branch.source, (Blocks, ArrivingSource)) and not branch.steps for branch in self.branches
        )


def counted_from(first: int, branch: Branch) -> Branch:
    """Return a branch as part of a union in which `first` partitions come before its own.

    A task counts its place in the whole; readers and functions of a partition's index go on counting their own.
    """
    steps = tuple(step.counted_from(first) for step in branch.steps)
    unions = branch.unions + bool(steps)
    return replace(branch, source=branch.source.counted_from(first), steps=steps, unions=unions)
