"""The progress of a running job as data. The terminal and the notebook draw it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from glowray.watch.run.units import clock, in_units, short_count

SHOWN = 6
"""The maximum number of stages shown at once: the running ones first, then the last finished ones."""


@dataclass
class Bar:
    """How far a stage is: tasks done of all tasks, rows read, bytes passed on, and the times of its start and end.

    Times are in seconds of the monotonic clock. `restored` of the tasks done were saved by an earlier job.
    """

    number: int
    chain: str
    tasks: int
    done: int = 0
    rows: int = 0
    bytes: int = 0
    began: float = 0.0
    ended: float | None = None
    restored: int = 0

    @property
    def share(self) -> float:
        """Return how much of the stage is done, from 0 to 1. A stage may end before all its tasks: take() does."""
        return 1.0 if self.ended is not None or not self.tasks else self.done / self.tasks

    def seconds(self, now: float) -> float:
        """Return the seconds that the stage has run at a time."""
        return (now if self.ended is None else self.ended) - self.began

    def rate(self, now: float) -> float:
        """Return the rows read a second, 0 before the first task is done."""
        seconds = self.seconds(now)
        return self.rows / seconds if seconds > 0 else 0.0

    def seconds_left(self, now: float) -> float | None:
        """Return the seconds until the stage ends if its other tasks take as long as those done. None: not known."""
        if self.ended is not None or not self.done or self.restored:
            return None
        return self.seconds(now) * (self.tasks - self.done) / self.done


@dataclass
class ProgressView:
    """A running job: its name, its stages, what its engine does besides, and the bars of the stages that started.

    Args:
        name: the flow's name.
        stages: the number of stages.
        announced: what the engine does besides running tasks, such as "starting Ray…". "" for nothing.
        to_python: the rows that Python computed although columns were planned.
    """

    name: str
    stages: int
    announced: str = ""
    to_python: int = 0
    bars: list[Bar] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)

    @property
    def ended(self) -> int:
        """Return the number of stages that have ended."""
        return sum(bar.ended is not None for bar in self.bars)

    @property
    def remark(self) -> str:
        """Return the line below the bars: how many rows Python computed although columns were planned, "" if none."""
        rows = "1 row" if self.to_python == 1 else f"{self.to_python:,} rows"
        return f"{rows} planned as arrow ran in Python" if self.to_python else ""

    def shown(self) -> list[Bar]:
        """Return at most SHOWN bars in order of stages: the running ones first, then those that ended last."""
        by_need = sorted(self.bars, key=lambda bar: (bar.ended is None, bar.ended or 0.0), reverse=True)
        return sorted(by_need[:SHOWN], key=lambda bar: bar.number)


@dataclass(frozen=True)
class BarTexts:
    """The texts beside a bar."""

    title: str
    tasks: str
    rows: str
    rate: str
    size: str
    clock: str


def bar_texts(bar: Bar, now: float) -> BarTexts:
    """Return the texts beside a bar.

    `2 map→combine`, `3 of 8 tasks`, `1.2M rows`, `250.0k rows/s`, `3.1 MiB`, `0:12 left`.
    """
    left = bar.seconds_left(now)
    rate = bar.rate(now)
    return BarTexts(
        title=f"{bar.number} {bar.chain}",
        tasks=f"{bar.done} of {bar.tasks} tasks{', restored' if bar.restored else ''}",
        rows=f"{short_count(bar.rows)} rows",
        rate=f"{short_count(round(rate))} rows/s" if rate else "",
        size=in_units(bar.bytes) if bar.bytes else "",
        clock=clock(bar.seconds(now)) if left is None else f"{clock(left)} left",
    )
