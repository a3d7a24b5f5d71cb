"""What a task asks of a node."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Resources:
    """CPUs, GPUs, memory in bytes and node labels that each task needs; None: the engine's default."""

    num_cpus: float | None = None
    num_gpus: float | None = None
    memory: int | None = None
    labels: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(
        cls,
        num_cpus: float | None = None,
        num_gpus: float | None = None,
        memory: int | None = None,
        labels: Mapping[str, str] | None = None,
    ) -> Resources:
        """Checks the values a user gave.

        Raises:
            ValueError: a number is negative.
        """
        for name, value in (("num_cpus", num_cpus), ("num_gpus", num_gpus), ("memory", memory)):
            if value is not None and value < 0:
                raise ValueError(f"{name} must not be negative, got {value}")
        return cls(num_cpus, num_gpus, memory, tuple(sorted((labels or {}).items())))

    def joined(self, other: Resources) -> Resources:
        """What both need together: the larger of each; tasks of fused verbs ask for it."""

        def larger(a: float | None, b: float | None) -> float | None:
            return b if a is None else a if b is None else max(a, b)

        memory = larger(self.memory, other.memory)
        return Resources(
            larger(self.num_cpus, other.num_cpus),
            larger(self.num_gpus, other.num_gpus),
            None if memory is None else int(memory),
            tuple(sorted({**dict(self.labels), **dict(other.labels)}.items())),
        )


NO_NEEDS = Resources()
"""Whatever the engine gives a task by default."""
