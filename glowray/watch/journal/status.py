"""The state of a running job in one line, as `glowray top` shows it."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from glowray.watch.journal.folder import Driver
from glowray.watch.run.progress_view import Bar, ProgressView
from glowray.watch.run.stats import Stats

ALIVE = "alive"
"""The kind of the lines of a journal that hold a state."""


@dataclass(frozen=True)
class RunStatus:
    """A running job at a time, which is in seconds since 1970 by the driver's clock.

    Args:
        run: the id of the run.
        name: the flow's name.
        engine: the engine.
        host: the machine of the driver.
        pid: the driver's process.
        script: the file of the driver's program.
        began: when the job began.
        stage: the number and the verbs of the first stage that runs, "" before the first.
        stages: the number of stages.
        done: tasks of this stage that have ended.
        tasks: all tasks of this stage.
        rows: rows that this stage has read.
        rate: rows that it reads a second.
        memory: bytes of memory that the driver uses.
        free: bytes of memory that the driver's machine has left. None if it is not known.
        spill: bytes that all tasks wrote to disk for lack of memory.
        announced: what the engine does besides running tasks, such as "starting Ray…".
    """

    run: str
    time: float
    name: str
    engine: str
    host: str
    pid: int
    script: str
    began: float
    stage: str
    stages: int
    done: int
    tasks: int
    rows: int
    rate: float
    memory: int
    free: int | None
    spill: int
    announced: str

    @classmethod
    def of(cls, run: str, driver: Driver, stats: Stats, view: ProgressView, began: float) -> RunStatus:
        """Return the state of a job now. Safe in any thread: numbers that change meanwhile are read once each."""
        bars = list(view.bars)
        now = time.monotonic()
        bar = next((bar for bar in bars if bar.ended is None), bars[-1] if bars else Bar(0, "", 0))
        return cls(
            run=run,
            time=time.time(),
            name=stats.name,
            engine=stats.engine,
            host=driver.host,
            pid=driver.pid,
            script=driver.script,
            began=began,
            stage=f"{bar.number} {bar.chain}" if bars else "",
            stages=view.stages,
            done=bar.done,
            tasks=bar.tasks,
            rows=bar.rows,
            rate=bar.rate(now),
            memory=used_memory(),
            free=free_memory(),
            spill=sum(stage.spill for stage in list(stats.stages)),
            announced=view.announced,
        )

    @property
    def seconds(self) -> float:
        """Return the seconds from the job's begin to this state."""
        return self.time - self.began

    def to_line(self) -> dict[str, Any]:
        """Return the state as JSON values, for a line of a journal or a notice."""
        return {"event": ALIVE, **asdict(self)}

    @classmethod
    def from_line(cls, values: dict[str, Any]) -> RunStatus | None:
        """Return the state from these values, None if another version of glowray wrote them."""
        try:
            return cls(**{name: value for name, value in values.items() if name != "event"})
        except TypeError:
            return None


def used_memory() -> int:
    """Return the bytes of memory that this process uses, 0 if it cannot be known."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


MEMORY_FILES = (("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),)
"""The limit of this container and its use, in bytes."""


def free_memory() -> int | None:
    """Return the bytes of memory that are left: on this machine or in this container, whichever is less."""
    found = [left for left in (_free_of_machine(), *map(_free_of_container, MEMORY_FILES)) if left is not None]
    return min(found, default=None)


def _free_of_machine() -> int | None:
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")), None)


def _free_of_container(files: Sequence[str]) -> int | None:
    try:
        limit, used = (Path(file).read_text().strip() for file in files)
    except OSError:
        return None
    return max(0, int(limit) - int(used)) if limit.isdigit() else None
