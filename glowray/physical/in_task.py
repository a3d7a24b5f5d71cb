"""A wide verb whose rows move nowhere."""

from __future__ import annotations

from dataclasses import dataclass

from glowray.kernels.steps import Step
from glowray.plan.derived import derived
from glowray.plan.nodes import Unary, Wide


@dataclass(frozen=True, eq=False, repr=False)
class InTask(Unary):
    """Steps of the tasks that make the input's rows, in place of a wide verb.

    Its rows are partitioned as those of the verb, `wide`, so nothing changes for the nodes that read it.
    """

    wide: Wide
    steps: tuple[Step, ...]

    @property
    def verb(self) -> str:
        return self.wide.verb

    @derived
    def num_partitions(self) -> int:
        return self.wide.num_partitions

    @derived
    def key_partitions(self) -> int | None:
        return self.wide.key_partitions
