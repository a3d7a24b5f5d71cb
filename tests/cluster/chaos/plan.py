"""The plan of a round: a job, the host of its driver, and one to three faults. Seed and round give the plan."""

from __future__ import annotations

import json
import random
from dataclasses import asdict, dataclass

from tests.cluster.chaos.faults import KINDS, Fault
from tests.cluster.chaos.jobs import JOBS, PARTITIONS, ROWS

HEAD, LAST = 0, 2
"""The numbers of the head's host and of the last worker's."""


@dataclass(frozen=True)
class Plan:
    """A round. `replaces` says whether the outputs have content before."""

    seed: int
    number: int
    job: str
    driver: int
    replaces: bool
    faults: tuple[Fault, ...]

    @classmethod
    def draw(cls, seed: int, number: int) -> Plan:
        """Return the plan of a round. The same seed and number give the same plan."""
        chance = random.Random(f"{seed}/{number}")
        job, driver = chance.choice(list(JOBS)), chance.randint(HEAD, LAST)
        kinds = chance.sample(list(KINDS), chance.choice([1, 1, 2, 3]))
        if "late" in kinds and driver == LAST:
            driver = HEAD  # the last host has no node yet
        faults = tuple(draw_fault(chance, kind) for kind in kinds)
        return cls(seed, number, job, driver, chance.random() < 0.5, faults)

    @classmethod
    def from_json(cls, text: str) -> Plan:
        """Return the plan that `to_json` wrote."""
        fields = json.loads(text)
        return cls(**fields | {"faults": tuple(Fault(**fault) for fault in fields["faults"])})

    def to_json(self) -> str:
        """Return the plan as one line."""
        return json.dumps(asdict(self))

    @property
    def kinds(self) -> set[str]:
        """Return the kinds of the faults."""
        return {fault.kind for fault in self.faults}

    @property
    def nodes_at_start(self) -> list[int]:
        """Return the hosts that have a node when the job begins."""
        return [host for host in range(LAST + 1) if host != LAST or "late" not in self.kinds]

    @property
    def may_fail(self) -> bool:
        """Return whether a clear error is allowed in place of the result."""
        own_node = any(fault.kind == "raylet" and fault.host == self.driver for fault in self.faults)
        return own_node or any(KINDS[kind].may_fail for kind in self.kinds)


def draw_fault(chance: random.Random, kind: str) -> Fault:
    """Return a fault of a kind. A raylet is killed, and a disk filled up, on a worker's host."""
    host = chance.randint(1, LAST) if kind in ("raylet", "spill") else chance.randint(HEAD, LAST)
    stage = "rows" if chance.random() < 0.6 else "keys"
    partition, after = chance.randrange(PARTITIONS), chance.randrange(ROWS // PARTITIONS)
    return Fault(kind, stage, partition, after, host, round(chance.uniform(*KINDS[kind].lasts), 1))
