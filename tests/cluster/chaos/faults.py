"""Faults, and the fuses by which a user's function fires them. Each fires once in the whole cluster.

A fuse is a file in a folder that all hosts share. The first function that renames it from `0.armed` to `0.fired` has
fired the fault. A task that is tried again finds no armed file.
"""

from __future__ import annotations

import os
import resource
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

ARMED, FIRED, APPLIED = ".armed", ".fired", ".applied"
PACE_SECONDS = 0.15
"""How long each task takes at least, so that a fault meets other running tasks."""

APPLY_SECONDS = 60.0
"""How long a function waits until the harness has applied the fault that it fired."""

HOG_BYTES = 64 << 20
"""The memory that a worker may take beyond what it has when it runs out."""

Stage = Literal["rows", "keys"]


@dataclass(frozen=True)
class Kind:
    """A kind of fault. A job must survive it, unless it `may_fail`. `ends_driver`: a signal ends the driver."""

    title: str
    may_fail: bool = False
    ends_driver: bool = False
    lasts: tuple[float, float] = (0.0, 0.0)
    """The least and the most seconds that the fault lasts. A signal to the driver comes so long after the fuse."""


KINDS = {
    "worker": Kind("a worker process is killed"),
    "raylet": Kind("a raylet is killed"),
    "late": Kind("a node joins late"),
    "link": Kind("a link is down for 5 to 90 s", may_fail=True, lasts=(5.0, 90.0)),
    "slow": Kind("the disk hangs for 2 to 10 s", lasts=(2.0, 10.0)),
    "full": Kind("the output's disk is full", may_fail=True),
    "spill": Kind("the disk for temporary files is full", may_fail=True),
    "memory": Kind("a task runs out of memory", may_fail=True),
    "kill": Kind("the driver gets SIGKILL", ends_driver=True, lasts=(0.0, 2.0)),
    "term": Kind("the driver gets SIGTERM", ends_driver=True, lasts=(0.0, 2.0)),
    "int": Kind("the driver gets SIGINT", ends_driver=True, lasts=(0.0, 2.0)),
    "head": Kind("the head is killed", may_fail=True),
}


@dataclass(frozen=True)
class Fault:
    """A fault of a plan. It fires when a task of `stage` and `partition` has seen `after` rows, or all its rows."""

    kind: str
    stage: Stage
    partition: int
    after: int
    host: int
    seconds: float


@dataclass(frozen=True)
class Fuses:
    """The fuses of a job's faults, in a folder. It is pickled with the user's functions."""

    folder: str
    faults: tuple[Fault, ...]

    def arm(self) -> None:
        """Make the file of each fuse."""
        Path(self.folder).mkdir(parents=True)
        for number in range(len(self.faults)):
            self.file(number, ARMED).touch()

    def file(self, number: int, state: str) -> Path:
        """Return the file of a fuse in a state."""
        return Path(self.folder, f"{number}{state}")

    def at(self, stage: Stage) -> Callable[[int, Iterator[Any]], Iterator[Any]]:
        """Return a function for map_partitions() that hands on its rows and fires the faults of a stage."""

        def watch(index: int, rows: Iterator[Any]) -> Iterator[Any]:
            own = {n: fault for n, fault in enumerate(self.faults) if (fault.stage, fault.partition) == (stage, index)}
            time.sleep(PACE_SECONDS if self.folder else 0)
            for seen, row in enumerate(rows):
                for number, fault in own.items():
                    if fault.after == seen:
                        self.fire(number)
                yield row
            for number in own:
                self.fire(number)  # the partition may have had too few rows

        return watch

    def fire(self, number: int) -> None:
        """Fire a fault if no function has fired it yet."""
        try:
            os.rename(self.file(number, ARMED), self.file(number, FIRED))
        except FileNotFoundError:
            return
        kind = self.faults[number].kind
        if kind == "worker":
            os.kill(os.getpid(), signal.SIGKILL)
        if kind == "memory":
            exhaust_memory()
        deadline = time.monotonic() + APPLY_SECONDS
        while not self.file(number, APPLIED).exists() and time.monotonic() < deadline:
            time.sleep(0.02)


def exhaust_memory() -> None:
    """Take memory until this process gets no more. Raises MemoryError."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + HOG_BYTES, before[1]))
    try:
        taken = []
        while True:
            taken.append(bytes(1 << 20))
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)
