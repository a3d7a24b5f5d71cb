"""Test that a stopped run holds no CPU: its tasks are interrupted, and killed if they do not end."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from glowray.engine.ray.calls import stop_tasks as ray_stop
from glowray.engine.ray.calls.stop_tasks import FlagWatch, Stop, StopFlag
from glowray.engine.ray.start import ray_engine
from glowray.engine.task.protocol import Stoppable, Task
from tests.engine.doubles import Lab
from tests.engine.signals import read


@pytest.fixture
def up(monkeypatch: pytest.MonkeyPatch) -> Iterator[set[Stop]]:
    """Give the set of tasks that flags stop, without Ray. Restore the signal's handler afterwards."""
    flags: set[Stop] = set()
    monkeypatch.setattr(ray_stop, "_stopped", lambda flag: {stop for stop in flags if stop.flag == flag})
    monkeypatch.setattr(ray_stop, "LOOK_SECONDS", 0.01)
    before = signal.getsignal(ray_stop.SIGNAL)
    yield flags
    signal.signal(ray_stop.SIGNAL, before)


def test_the_work_of_a_stopped_run_is_interrupted(up: set[Stop]) -> None:
    watch = FlagWatch()
    with watch.over(Stop("run", "goes on")):
        pass
    with pytest.raises(KeyboardInterrupt), watch.over(Stop("run", "stopped")):
        up.add(Stop("run", "stopped"))
        threading.Event().wait()
    with watch.over(Stop("run", "goes on")):
        pass


def test_what_waited_for_its_turn_does_not_begin(up: set[Stop]) -> None:
    watch, begun = FlagWatch(), False
    with pytest.raises(KeyboardInterrupt), watch.over(Stop("run", "stopped")):
        up.add(Stop("run", "stopped"))
        threading.Event().wait()
    with pytest.raises(KeyboardInterrupt), watch.over(Stop("run", "stopped")):
        begun = True
    assert not begun


class Store:
    """A key-value store with the calls of Ray's that a flag makes."""

    def __init__(self) -> None:
        self.values: dict[bytes, bytes] = {}

    def internal_kv_put(self, key: bytes, value: bytes, overwrite: bool, namespace: bytes, timeout: float) -> None:
        self.values[key] = value

    def internal_kv_get(self, key: bytes, namespace: bytes, timeout: float) -> bytes | None:
        return self.values.get(key)

    def internal_kv_keys(self, prefix: bytes, namespace: bytes, timeout: float) -> list[bytes]:
        return [key for key in self.values if key.startswith(prefix)]

    def internal_kv_del(self, key: bytes, by_prefix: bool, namespace: bytes, timeout: float) -> None:
        del self.values[key]


def test_a_flag_that_had_to_stay_is_removed_by_a_later_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    store, now = Store(), [1000.0]
    monkeypatch.setattr(ray_stop, "_store", lambda: store)
    monkeypatch.setattr("time.time", lambda: now[0])
    flags = [StopFlag() for _ in range(3)]
    flags[0]._raise([])
    now[0] += 1800.0
    flags[1]._raise([])
    assert sorted(store.values) == sorted(flag.name.encode() for flag in flags[:2])
    now[0] += 1801.0
    flags[2]._raise([])
    assert sorted(store.values) == sorted(flag.name.encode() for flag in flags[1:])


def test_a_flag_stops_only_the_tasks_that_it_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    """An ended task of a stopped run may have to run again, as its blocks are lost with a node."""
    store, flag = Store(), StopFlag()
    monkeypatch.setattr(ray_stop, "_store", lambda: store)
    assert ray_stop._stopped(flag.name) == set()
    flag._raise(["late", "waiting"])
    assert ray_stop._stopped(flag.name) == {Stop(flag.name, "late"), Stop(flag.name, "waiting")}


@pytest.mark.parametrize(("reply", "is_up", "is_held"), [(300.0, True, False), (0.0, True, True), (0.0, False, False)])
def test_a_late_reply_is_held_back(
    up: set[Stop], monkeypatch: pytest.MonkeyPatch, reply: float, is_up: bool, is_held: bool
) -> None:
    monkeypatch.setattr(ray_stop, "REPLY_SECONDS", reply)
    monkeypatch.setattr(ray_stop, "LOOK_SECONDS", 3600.0)  # native code keeps the thread from looking
    held: list[float] = []
    watch = FlagWatch()
    monkeypatch.setattr(watch, "_hold", lambda: held.append(0.0))
    with watch.over(Stop("run", "late")):
        up.update({Stop("run", "late")} if is_up else ())
    assert bool(held) == is_held


def wait_in_c(say: Callable[[], None]) -> None:
    say()
    threading.Event().wait(600)


def wait_and_never_mind(say: Callable[[], None]) -> None:
    say()
    while True:
        try:
            threading.Event().wait(600)
        except BaseException:
            continue


def keep_all_threads_from_running(say: Callable[[], None]) -> None:
    say()
    sum(range(10**12))  # never releases the interpreter and never checks for signals


def wait_for_a_child(say: Callable[[], None]) -> None:
    import subprocess

    say()
    subprocess.run(["sleep", "600"])


@pytest.mark.ray
@pytest.mark.parametrize(
    "work", [wait_in_c, wait_and_never_mind, keep_all_threads_from_running, wait_for_a_child], ids=lambda f: f.__name__
)
def test_nothing_runs_on_after_a_failure(ray_lab: Lab, tmp_path: Path, work: Any) -> None:
    fifo = tmp_path / "alive"
    os.mkfifo(fifo)
    alive = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)

    def fail_or_work(n: int) -> None:
        if n == 0:
            with open(gate) as opened:
                opened.read()
            raise LookupError(n)
        # The FIFO stays open as long as the task or its child runs.
        writer = os.open(fifo, os.O_WRONLY)
        os.set_inheritable(writer, True)
        try:
            work(lambda: os.write(writer, b"begun") and open(gate, "w").close())
        finally:
            os.close(writer)

    gate = tmp_path / "gate"
    os.mkfifo(gate)
    with pytest.raises(LookupError):
        ray_lab.flow().from_range(2, partitions=2).map(fail_or_work).collect()
    while read(alive):
        pass
    os.close(alive)
    assert ray_lab.flow().from_range(4, partitions=4).map(lambda n: n + 1).collect() == [1, 2, 3, 4]


@pytest.mark.ray
def test_the_command_of_a_pipe_ends_with_its_task(ray_lab: Lab, tmp_path: Path) -> None:
    fifo, gate = tmp_path / "alive", tmp_path / "gate"
    os.mkfifo(fifo)
    os.mkfifo(gate)
    alive = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)

    def fail(n: int) -> int:
        if n == 0:
            gate.read_text()
            raise LookupError(n)
        return n

    command = f"trap '' TERM; exec 3>{fifo}; echo begun >&3; : >{gate}; cat; while true; do sleep 600; done"
    rows = ray_lab.flow().from_range(2, partitions=2)
    with pytest.raises(LookupError):
        rows.map(fail).pipe(command).collect()
    while read(alive):
        pass
    os.close(alive)


class CalledOff(Stoppable):
    """Tasks that another thread calls off after one of them has begun."""

    def __init__(self, tasks: Iterable[Task], begun: int) -> None:
        self.tasks, self.begun = iter(tasks), begun
        self._is_stopped = False
        self.thread = threading.Thread(target=self._call_off)
        self.thread.start()

    @property
    def is_stopped(self) -> bool:
        return self._is_stopped

    def __iter__(self) -> Iterator[Task]:
        return self.tasks

    def _call_off(self) -> None:
        read(self.begun)
        self._is_stopped = True


@pytest.mark.ray
def test_tasks_that_another_thread_calls_off_are_ended(
    ray_lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fifo = tmp_path / "alive"
    os.mkfifo(fifo)
    alive = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)

    def hang(n: int) -> None:
        with fifo.open("w") as opened:
            opened.write("begun")
            opened.flush()
            threading.Event().wait()

    engine = ray_engine()
    run = engine.run
    monkeypatch.setattr(engine, "run", lambda tasks: run(CalledOff(tasks, alive)))
    assert list(ray_lab.flow().from_range(1, partitions=1).map(hang)) == []  # no result came
    while read(alive):
        pass
    os.close(alive)
