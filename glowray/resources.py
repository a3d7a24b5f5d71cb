"""The resources that a task asks of its node."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Real
from typing import Any


@dataclass(frozen=True, slots=True)
class Resources:
    """CPUs, GPUs, memory in bytes and node labels that each task needs. None means the engine's default."""

    num_cpus: float | None = None
    num_gpus: float | None = None
    memory: int | None = None
    labels: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(
        cls,
        num_cpus: float | None = None,
        num_gpus: float | None = None,
        memory: float | None = None,
        labels: Mapping[str, str] | None = None,
    ) -> Resources:
        """Return the resources that a user gave, after checking them.

        Raises:
            TypeError: a number is none, or labels are no dict of str.
            ValueError: a number is negative.
        """
        given: dict[str, Any] = {"num_cpus": num_cpus, "num_gpus": num_gpus, "memory": memory}
        for name, value in given.items():
            if value is not None and not isinstance(value, Real):
                raise TypeError(f"{name} must be a number{' of bytes' if name == 'memory' else ''}, got {value!r}")
            if value is not None and not float(value) >= 0:
                raise ValueError(f"{name} must not be negative, got {value}")
        if labels is not None and not _are_labels(labels):
            raise TypeError(f'labels must be a dict of str, such as {{"zone": "north"}}, got {labels!r}')
        whole = None if memory is None or memory == math.inf else int(memory)
        return cls(num_cpus, num_gpus, whole, tuple(sorted((labels or {}).items())))

    def __str__(self) -> str:
        """Return the arguments that give these resources.

        >>> str(Resources.of(num_cpus=2, labels={"zone": "north"}))
        "num_cpus=2, labels={'zone': 'north'}"
        """
        given = {"num_cpus": self.num_cpus, "num_gpus": self.num_gpus, "memory": self.memory}
        words = [f"{name}={value}" for name, value in given.items() if value is not None]
        return ", ".join([*words, f"labels={dict(self.labels)}"] if self.labels else words)

    def joined(self, other: Resources) -> Resources:
        """Return the larger of each resource, for a task that runs fused verbs."""

        def larger(a: float | None, b: float | None) -> float | None:
            return b if a is None else a if b is None else max(a, b)

        memory = larger(self.memory, other.memory)
        return Resources(
            larger(self.num_cpus, other.num_cpus),
            larger(self.num_gpus, other.num_gpus),
            None if memory is None else int(memory),
            tuple(sorted({**dict(self.labels), **dict(other.labels)}.items())),
        )


def _are_labels(labels: Any) -> bool:
    return isinstance(labels, Mapping) and all(isinstance(part, str) for pair in labels.items() for part in pair)


NO_NEEDS = Resources()
"""The engine's default for a task."""
