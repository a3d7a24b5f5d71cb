"""Calls that take much longer than the others of their stage. While CPUs are idle, they are begun on another node too.

A call runs a group of tasks on a worker. The first attempt to end counts; the other one is stopped with the run. A slow
disk or a busy neighbour then costs a stage little. Files of attempts have names of their own. Counters and dead letters
come with the report that counts. Tasks with effects outside of glowray, such as for_each() and pipe(), are never begun
twice.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from glowray.engine.task.protocol import Task
from glowray.kernels import TaskReport

SLOWER = 3.0
"""A call is late if it takes more than SLOWER times the median of the ended calls of its stage …"""

LEAST_SECONDS = 10.0
"""… and more than this many seconds."""

FEWEST_ENDED = 3
"""The least number of ended calls of a stage that make a median."""

AGAIN_SECONDS = 5.0
"""Seconds between two checks of the same late call, if no other node had room for it."""


Group = list[Task]
"""The tasks that one call runs."""


@dataclass(eq=False)
class _Running:
    group: Group
    submitted: float
    look_at: float = 0.0


class Stragglers:
    """The calls of one run: when each was submitted, and how long the ended ones took. `clock` returns seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._running: dict[Any, _Running] = {}
        self._seconds: defaultdict[int, list[float]] = defaultdict(list)
        self._room_since = clock()

    def begin(self, ref: Any, group: Group) -> None:
        """Note that a call was submitted."""
        if not any(task.once or task.flows for task in group):
            self._running[ref] = _Running(group, self._clock())

    def end(self, ref: Any, group: Group, seconds: float) -> None:
        """Note that a call has ended, after this many seconds of work."""
        self._running.pop(ref, None)
        self._seconds[group[0].identity[0]].append(seconds)

    def drop(self, ref: Any) -> None:
        """Check a call no more."""
        self._running.pop(ref, None)

    def note_room(self, has_room: bool) -> None:
        """Note whether the CPUs can run all submitted calls at once. If not, some of them may wait for their turn."""
        if not has_room:
            self._room_since = self._clock()

    def late(self) -> Iterator[tuple[Any, Group]]:
        """Yield the calls that are late. A call is yielded again after AGAIN_SECONDS, unless it is dropped."""
        now = self._clock()
        for ref, running in list(self._running.items()):
            ended = self._seconds[running.group[0].identity[0]]
            if now < running.look_at or len(ended) < FEWEST_ENDED:
                continue
            # Before there was room, the call may have waited.
            age = now - max(running.submitted, self._room_since)
            if age > LEAST_SECONDS and age > SLOWER * median(ended):
                running.look_at = now + AGAIN_SECONDS
                yield ref, running.group


class Attempts:
    """The attempts at the calls of one run that were submitted and have not ended, by the ref of their report."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.running: dict[Any, tuple[Group, list[Any]]] = {}
        """The tasks and the objects of each attempt."""
        self.beaten: list[Any] = []
        """Attempts whose call was ended by another attempt. They are stopped with the run."""
        self.late: list[tuple[Any, Group]] = []
        """The late calls that `find_late` found."""
        self.stragglers = Stragglers(clock)
        self._others: dict[Any, Any] = {}
        self._second: set[Any] = set()

    def begin(self, ref: Any, group: Group, objects: list[Any]) -> None:
        """Add the first attempt at a call."""
        self.running[ref] = group, objects
        self.stragglers.begin(ref, group)

    def begin_again(self, first: Any, ref: Any, objects: list[Any]) -> None:
        """Add a second attempt at the call of a first one."""
        self.running[ref] = self.running[first][0], objects
        self._others |= {first: ref, ref: first}
        self._second.add(ref)
        self.stragglers.drop(first)

    def put_last(self, ref: Any) -> None:
        """Put an attempt behind all others, so that each has its turn."""
        self.running[ref] = self.running.pop(ref)

    def find_late(self) -> bool:
        """Put the late calls into `late`. Return whether there are any."""
        self.late = list(self.stragglers.late())
        return bool(self.late)

    def survives(self, ref: Any) -> bool:
        """Remove an attempt that is lost. Return whether another attempt at its call still runs."""
        other = self._others.pop(ref, None)
        self._others.pop(other, None)
        del self.running[ref]
        self.stragglers.drop(ref)
        return other is not None

    def end(self, ref: Any, reports: Sequence[TaskReport]) -> None:
        """Remove all attempts at a call of which one has ended. The reports of a second attempt count the first."""
        group, _ = self.running.pop(ref)
        self.stragglers.end(ref, group, sum(report.seconds for report in reports))
        other = self._others.pop(ref, None)
        if other is not None:
            del self._others[other], self.running[other]
            self.stragglers.drop(other)
            self.beaten.append(other)
        for report in reports:
            report.attempt += ref in self._second
