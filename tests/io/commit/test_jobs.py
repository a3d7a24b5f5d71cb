"""Two jobs that claim one target: never do both have it, whatever the order of their calls."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Condition, get_ident

import pytest

from glowray.errors import CommitConflict
from glowray.io.commit.claims import Claim
from glowray.io.commit.jobs import Jobs
from glowray.io.filesystem.location import Location
from tests.io.commit.faulty_store import STORE, FaultyFiles, OfOtherMachines, either, faulty

__all__ = ["either", "faulty"]

pytestmark = pytest.mark.usefixtures("faulty")


class Turns:
    """Runs functions in threads, one call of the store at a time, in the order of `turns`: the number of a function."""

    def __init__(self, turns: Sequence[int], functions: Sequence[Callable[[], object]]) -> None:
        self._turns, self._functions = list(turns), functions
        self._left = set(range(len(functions)))
        self._moved = Condition()
        self._names: dict[int, int] = {}
        self._holder: int | None = None

    def run(self) -> list[object]:
        """Return the result of each function, or its error."""
        STORE.before = lambda number, name: self._take()
        with ThreadPoolExecutor(len(self._functions)) as threads:
            found = list(threads.map(self._one, range(len(self._functions))))
        STORE.before = lambda number, name: None
        return found

    def _one(self, number: int) -> object:
        with self._moved:
            self._names[get_ident()] = number
        try:
            return self._functions[number]()
        except CommitConflict as error:
            return error
        finally:
            with self._moved:
                self._left.discard(number)
                self._give(number)

    def _take(self) -> None:
        """End this thread's turn, which lasts from call to call, and wait for its next."""
        with self._moved:
            number = self._names[get_ident()]
            self._give(number)
            self._moved.wait_for(lambda: self._holder is None and self._next() == number)
            self._holder = number
            if self._turns:
                self._turns.pop(0)

    def _give(self, number: int) -> None:
        if self._holder == number:
            self._holder = None
        self._moved.notify_all()

    def _next(self) -> int:
        while self._turns and self._turns[0] not in self._left:
            self._turns.pop(0)
        return self._turns[0] if self._turns else min(self._left)


def claimed(name: str) -> tuple[Jobs, Callable[[], object]]:
    """Return a job that has entered, and a function by which it claims what both jobs want."""
    jobs = Jobs(Location("faulty://b/jobs", FaultyFiles()), "out", name)
    jobs.enter()
    path = jobs.claim_path("none")
    return jobs, lambda: jobs.claim(path, Claim(name, "faulty://b/out"))


@pytest.mark.slow
def test_two_claims_in_any_order_of_their_calls(monkeypatch: pytest.MonkeyPatch, either: None) -> None:
    OfOtherMachines(monkeypatch)
    outcomes: Counter[int] = Counter()
    for ones in itertools.combinations(range(12), 6):
        STORE.clear()
        jobs, claims = zip(claimed("one"), claimed("two"), strict=True)
        found = Turns([int(place in ones) for place in range(12)], claims).run()
        winners = [job.job for job, result in zip(jobs, found, strict=True) if result is None]
        outcomes[len(winners)] += 1
        left = [path for path in STORE.objects if path.endswith((".claim", ".wish"))]
        assert len(winners) <= 1 and left == ["faulty://b/jobs/after-none.claim"] * len(winners)
        assert all(Claim.decode(STORE.objects[path][0]).job == winners[0] for path in left)
        for job in jobs:
            job.leave()
    assert set(outcomes) <= ({0, 1} if outcomes[0] else {1}) and outcomes[1] > 100
