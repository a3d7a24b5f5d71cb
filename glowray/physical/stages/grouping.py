"""The groups of partitions that share a call of a worker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Grouping:
    """The groups of a branch's partitions: those of a group share a call of a worker.

    Args:
        groups: the numbers of the partitions of each group within the branch, in the order in which groups start.
        sizes: the bytes that each group reads; empty if that is not known.
    """

    groups: tuple[Sequence[int], ...]
    sizes: tuple[int, ...] = ()

    @classmethod
    def alone(cls, count: int) -> Self:
        """Return the grouping in which each partition is alone."""
        return cls(tuple((local,) for local in range(count)))

    @property
    def are_shared(self) -> bool:
        """Return whether some partitions share a call."""
        return any(len(group) > 1 for group in self.groups)
