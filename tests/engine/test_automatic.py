"""The automatic engine: a long job goes over to Ray, and what was done here is not done again."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import glowray as gr
from glowray.engine import automatic
from glowray.engine.automatic import AutomaticEngine


class Handover:
    """A timer that goes off when a row says so, and a row that waits for another on Ray: no clock is involved."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.long, self.met, self.calls = folder / "long", folder / "met", folder / "calls"
        self.calls.mkdir()
        os.mkfifo(self.long)
        os.mkfifo(self.met)
        patch.setattr(automatic.threading, "Timer", self.timer)
        self.engine = AutomaticEngine(patience=3600)
        patch.setattr("glowray.action.perform.open_engine", lambda choice: self.engine)
        self.flow = gr.Flow("long")

    def timer(self, delay: float, function: Callable[[], None]) -> threading.Thread:
        def wait() -> None:
            self.long.read_bytes()
            function()

        thread = threading.Thread(target=wait, daemon=True)
        thread.cancel = lambda: None  # type: ignore[attr-defined]
        return thread

    def work(self, waiting: int, meeting: int) -> Callable[[int], tuple[int, int]]:
        """Row `waiting` makes the job a long one, and stays until row `meeting` has begun on Ray."""
        calls, long, met = self.calls, self.long, self.met

        def work(n: int) -> tuple[int, int]:
            (calls / f"{n} {os.getpid()}").touch()
            if n == waiting:
                long.write_bytes(b"!")
                met.read_bytes()
            if n == meeting:
                met.write_bytes(b"!")
            return (n % 2, n)

        return work

    def where(self) -> dict[int, bool]:
        """For each row whether it ran here; each ran once."""
        pairs = [tuple(map(int, path.name.split())) for path in self.calls.iterdir()]
        assert len(pairs) == len({n for n, _ in pairs}), "a row ran twice"
        return {n: pid == os.getpid() for n, pid in sorted(pairs)}


@pytest.fixture
def handover(local_ray: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Handover:
    return Handover(tmp_path, monkeypatch)


@pytest.mark.ray
def test_what_is_left_goes_to_ray(handover: Handover) -> None:
    rows = handover.flow.from_range(6, partitions=6).map(handover.work(waiting=2, meeting=5))
    assert rows.collect() == [(n % 2, n) for n in range(6)]
    assert handover.where() == {0: True, 1: True, 2: True, 3: False, 4: False, 5: False}
    assert handover.flow.stats.engine == "inline, then ray"


@pytest.mark.ray
def test_later_stages_read_what_both_made(handover: Handover) -> None:
    rows = handover.flow.from_range(6, partitions=6).map(handover.work(waiting=2, meeting=5))
    grouped = rows.group_by_key().map(lambda key, group: (key, group, os.getpid()))
    found = sorted(grouped.collect())
    assert [(key, group) for key, group, _ in found] == [(0, [0, 2, 4]), (1, [1, 3, 5])]
    assert all(pid != os.getpid() for *_, pid in found), "the rest of the job is Ray's"
    assert len(handover.where()) == 6


@pytest.mark.ray
def test_the_lowest_partition_fails_wherever_it_ran(handover: Handover) -> None:
    work = handover.work(waiting=2, meeting=5)

    def fail(n: int) -> Any:
        work(n)
        if n >= 2:
            raise ValueError(n)

    with pytest.raises(ValueError, match=r"^2\b") as caught:
        handover.flow.from_range(6, partitions=6).map(fail).collect()
    assert "partition: 2" in caught.value.__notes__


@pytest.mark.ray
def test_patience_of_nothing(local_ray: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("glowray.action.perform.open_engine", lambda choice: AutomaticEngine(patience=-1))
    pids = gr.Flow().from_range(4, partitions=4).map(lambda n: os.getpid()).collect()
    assert os.getpid() not in pids
    assert gr.Flow().from_range(4, partitions=1).map(lambda n: os.getpid()).collect() == [os.getpid()] * 4


def test_a_short_job_stays_here(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = AutomaticEngine(patience=3600)
    monkeypatch.setattr("glowray.action.perform.open_engine", lambda choice: engine)
    before = threading.active_count()
    rows = gr.Flow().from_range(40, partitions=8).map(lambda n: (n % 3, n))
    assert sorted(rows.reduce_by_key(max).collect()) == [(0, 39), (1, 37), (2, 38)]
    assert engine.ray is None
    assert rows.take(2) == [(0, 0), (1, 1)]
    assert next(iter(rows)) == (0, 0)
    for thread in threading.enumerate():
        if isinstance(thread, threading.Timer):
            thread.join()
    assert threading.active_count() == before, "no timer goes on ticking"
