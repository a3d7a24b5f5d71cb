"""Test the automatic engine: a long job moves to Ray once a task has begun there, and no task runs twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

import glowray as gr
from glowray.cluster.host import processes
from glowray.engine import automatic
from glowray.engine.automatic import AutomaticEngine
from glowray.engine.inline import InlineEngine, run_here
from glowray.engine.ray import start as ray_start
from glowray.engine.shared_tasks import Pace, SharedTasks, UntilSlower
from glowray.engine.task.protocol import Done, Engine, Stoppable, Task
from tests.engine.doubles import Lab

LONG = 60.0
"""Seconds that only a hanging process takes."""

Hook = Callable[[], object]


class Elsewhere(InlineEngine):
    """A stand-in for Ray, which records the tasks that it runs."""

    name = "ray"

    def __init__(self, lab: Start) -> None:
        self.lab = lab

    def run(self, tasks: Iterable[Task]) -> Iterator[Done]:
        for task in tasks:
            self.lab.note("ray", task)
            yield run_here(task)

    def shared_bytes(self) -> int:
        return 1 << 20


class Start:
    """A Ray that starts when the test tells it to, with a hook for each task. No clock is involved."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.ran: list[tuple[str, int]] = []
        self.hooks: dict[tuple[str, int], Hook] = {}
        self.wanted, self.begun, self.over = threading.Event(), threading.Event(), threading.Event()
        self.error: Exception | None = None
        self.ray: Engine = Elsewhere(self)
        self.engine = AutomaticEngine(patience=-1)
        patch.setattr(automatic, "WORTH_SECONDS", 0.0)
        patch.setattr(automatic, "usable_cpus", lambda: 2)
        patch.setattr(automatic, "run_here", self.here)
        patch.setattr(ray_start, "begun_ray_engine", self.begin)
        self.flow = gr.Flow("long", engine=self.engine)

    def begin(self, over: threading.Event, is_worth_it: Callable[[], bool]) -> Engine | None:
        self.wanted.set()
        while not over.wait(0.001):
            if self.begun.is_set():
                if self.error is not None:
                    raise self.error
                return self.ray
        self.over.set()
        return None

    def here(self, task: Task) -> Done:
        self.note("here", task)
        return run_here(task)

    def note(self, place: str, task: Task) -> None:
        self.ran.append((place, task.partition))
        self.hooks.pop((place, task.partition), lambda: None)()

    def begin_ray_in(self, place: int, *, until: int) -> None:
        """Start Ray while this process runs task `place`. Task `place` ends when Ray runs task `until`."""
        met = threading.Event()
        self.hooks["here", place] = lambda: (self.begun.set(), wait(met))
        self.hooks["ray", until] = met.set

    def partitions(self, place: str) -> list[int]:
        return [partition for where, partition in self.ran if where == place]


def wait(event: threading.Event) -> None:
    assert event.wait(LONG), "nothing came"


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    made = Start(monkeypatch)
    yield made
    if made.engine.handover.thread.ident is not None:
        made.engine.handover.thread.join(LONG)
        assert not made.engine.handover.thread.is_alive(), "the thread outlives its job"


def test_this_process_goes_on_until_a_task_has_begun_on_ray(start: Start) -> None:
    start.hooks["here", 0] = lambda: wait(start.wanted)
    start.begin_ray_in(4, until=7)
    assert start.flow.from_range(8, partitions=8).map(str).collect() == list("01234567")
    assert start.partitions("here") == [0, 1, 2, 3, 4]
    assert start.partitions("ray") == [5, 6, 7]
    assert start.flow.stats.engine == "inline, then ray"


def test_a_job_that_ends_first_waits_for_nothing(start: Start) -> None:
    start.hooks["here", 3] = lambda: wait(start.wanted)
    assert start.flow.from_range(4, partitions=4).map(str).collect() == list("0123")
    wait(start.over)
    assert start.ran == [("here", n) for n in range(4)]
    assert start.flow.stats.engine == "inline"


def test_a_start_that_fails_is_one_warning(start: Start) -> None:
    start.error = gr.ClusterError("Ray did not start on this machine: no room")
    ended = threading.Event()
    start.engine.announce = lambda text: text or ended.set()  # type: ignore[assignment]
    start.hooks["here", 1] = lambda: (start.begun.set(), wait_for_error(start))
    with pytest.warns(RuntimeWarning, match="goes on in this process: Ray did not start.*no room") as caught:
        assert start.flow.from_range(6, partitions=6).map(lambda n: (n % 2, n)).reduce_by_key(max).collect() != []
    assert len(caught) == 1
    assert start.partitions("ray") == []


def wait_for_error(start: Start) -> None:
    start.engine.handover.thread.join(LONG)


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_an_error_ends_a_start_that_goes_on(start: Start, error: type[BaseException]) -> None:
    def fail() -> None:
        wait(start.wanted)
        raise error

    start.hooks["here", 1] = fail
    with pytest.raises(error):
        start.flow.from_range(4, partitions=4).collect()
    wait(start.over)
    assert start.ran == [("here", 0), ("here", 1)]


def test_an_interrupt_stops_what_runs_on_ray(start: Start) -> None:
    running, cancelled = threading.Event(), threading.Event()

    class Hanging(Elsewhere):
        def run(self, tasks: Iterable[Task]) -> Iterator[Done]:
            yield from super().run([next(iter(tasks))])
            running.set()
            try:
                while not (isinstance(tasks, Stoppable) and tasks.is_stopped):
                    threading.Event().wait(0.001)
            finally:
                cancelled.set()

    def interrupt() -> None:
        start.begun.set()
        wait(running)
        raise KeyboardInterrupt

    start.ray = Hanging(start)
    start.hooks["here", 1] = interrupt
    with pytest.raises(KeyboardInterrupt):
        start.flow.from_range(6, partitions=6).collect()
    assert cancelled.is_set()
    assert start.partitions("ray") == [2]


def test_an_error_on_ray_is_the_job_s(start: Start) -> None:
    class Lost(Elsewhere):
        def run(self, tasks: Iterable[Task]) -> Iterator[Done]:
            yield from super().run([next(iter(tasks))])
            raise gr.GlowrayError("lost")

    start.ray = Lost(start)
    start.begin_ray_in(1, until=2)
    with pytest.raises(gr.GlowrayError, match="lost"):
        start.flow.from_range(6, partitions=6).collect()


def test_later_stages_are_ray_s_but_for_those_of_one_task(start: Start) -> None:
    start.begin_ray_in(1, until=2)
    rows = start.flow.from_range(4, partitions=4).map(lambda n: (n % 3, n)).group_by_key()
    assert sorted(rows.collect()) == [(0, [0, 3]), (1, [1]), (2, [2])]
    assert start.ran[4:] == [("ray", n) for n in range(4)]
    start.ran.clear()
    start.flow.from_range(4, partitions=1).map(str).collect()
    assert start.partitions("ray") == []


def test_the_lowest_partition_fails_wherever_it_ran(start: Start) -> None:
    def fail(n: int) -> int:
        if n >= 2:
            raise ValueError(n)
        return n

    start.begin_ray_in(2, until=3)
    with pytest.raises(ValueError, match=r"^2\b") as caught:
        start.flow.from_range(6, partitions=6).map(fail).collect()
    assert "partition: 2" in caught.value.__notes__


def test_progress_says_that_ray_starts(start: Start, capsys: pytest.CaptureFixture[str]) -> None:
    start.flow = gr.Flow("long", engine=start.engine, progress=True)
    start.begin_ray_in(1, until=3)
    start.flow.from_range(4, partitions=4).collect()
    first, *_ = capsys.readouterr().err.splitlines()
    assert first == "long: starting Ray…"


def test_a_ray_that_is_slower_gives_the_rest_back(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(UntilSlower, "LOOK_AFTER", 0.0)
    monkeypatch.setattr(Pace, "mean", lambda self: 0.0)  # no Ray is this fast
    start.begin_ray_in(1, until=3)
    rows = start.flow.from_range(8, partitions=8).map(lambda n: (n % 2, n))
    assert sorted(rows.reduce_by_key(max).collect()) == [(0, 6), (1, 7)]
    assert start.partitions("ray") == [2, 3]
    assert start.ran[:8] == [("here", 0), ("here", 1), ("ray", 2), ("ray", 3)] + [("here", n) for n in range(4, 8)]
    assert {place for place, _ in start.ran[8:]} == {"here"}


def test_a_job_that_is_nearly_done_starts_no_ray(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(automatic, "WORTH_SECONDS", LONG)
    start.flow.from_range(8, partitions=8).collect()
    assert not start.wanted.is_set()


def test_a_single_cpu_starts_no_ray(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(automatic, "usable_cpus", lambda: 1)
    start.flow.from_range(8, partitions=8).collect()
    assert start.engine.handover.thread.ident is None


def test_the_end_of_the_process_ends_what_waits(start: Start) -> None:
    rows = iter(start.flow.from_range(4, partitions=4))
    start.hooks["here", 0] = lambda: wait(start.wanted)
    assert next(rows) == 0
    automatic._end_handovers()
    wait(start.over)


@pytest.mark.parametrize(
    ("done", "age", "after", "left"),
    [([], 3.0, 7, 21.0), ([2.0, 4.0], None, 3, 9.0), ([2.0], 0.5, 3, 7.5), ([2.0], 9.0, 3, 6.0), ([1.0], 0.5, 0, 0.5)],
)
def test_what_is_left(
    done: list[float], age: float | None, after: int, left: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    pace = Pace()
    pace.done, pace.seconds, pace.after = len(done), sum(done), after
    monkeypatch.setattr("glowray.engine.shared_tasks.time.monotonic", lambda: 100.0)
    pace.began = None if age is None else 100.0 - age
    assert pace.seconds_left() == left


def test_tasks_that_are_stopped() -> None:
    tasks: Any = [object(), object()]
    shared = SharedTasks(tasks)
    assert next(shared) is tasks[0]
    shared.stop()
    assert list(shared) == [] and not shared.are_left()


@pytest.mark.ray
def test_what_is_left_goes_to_ray(ray_lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a real Ray: it reads blocks of this process, and each row runs once."""
    begun, calls = tmp_path / "begun", tmp_path / "calls"
    os.mkfifo(begun)
    calls.mkdir()
    monkeypatch.setattr(UntilSlower, "SLOWER", float("inf"))  # on a busy machine Ray may look slower than this process
    monkeypatch.setattr(automatic, "WORTH_SECONDS", 0.0)
    monkeypatch.setattr(
        ray_start, "begun_ray_engine", lambda over, worth: ray_start.ray_engine() if begun.read_bytes() else None
    )

    def work(n: int) -> tuple[int, int]:
        (calls / f"{n} {os.getpid()}").touch()
        if n == 2:
            begun.write_bytes(b"!")
            begun.read_bytes()  # waits until another task has begun on Ray
        if n == 5:
            begun.write_bytes(b"!")
        return n % 2, n

    flow = gr.Flow(engine=AutomaticEngine(patience=-1))
    grouped = flow.from_range(6, partitions=6).map(work).group_by_key()
    found = sorted(grouped.map(lambda key, group: (key, group, os.getpid())).collect())
    assert [(key, group) for key, group, _ in found] == [(0, [0, 2, 4]), (1, [1, 3, 5])]
    assert all(pid != os.getpid() for *_, pid in found), "the rest of the job is Ray's"
    where = [(int(n), int(pid) == os.getpid()) for n, pid in (path.name.split() for path in calls.iterdir())]
    assert sorted(where) == [(n, n < 3) for n in range(6)]
    assert flow.stats.engine == "inline, then ray"


SCRIPT = """
import signal, sys, time
import glowray as gr
from glowray.engine import automatic
from glowray.engine.ray import start as ray_start

automatic.PATIENCE = automatic.WORTH_SECONDS = automatic.CONNECT_SECONDS = -1.0
automatic.usable_cpus = lambda: 2

def work(n):
    from glowray.engine.ray import start as ray_start
    while ray_start._node is None or sys.argv[1] == "started" and not ray_start._node.entered:
        time.sleep(0.001)
    if n == 1:
        print(ray_start._node._keeper.pid, flush=True)
        if sys.argv[1] == "interrupted":
            signal.raise_signal(signal.SIGINT)
    return n

print(gr.Flow(engine=None).from_range(2, partitions=2).map(work).collect())
"""


@pytest.mark.process
@pytest.mark.parametrize("when", ["starting", "interrupted", pytest.param("started", marks=pytest.mark.slow)])
def test_a_process_ends_however_far_ray_came(when: str, tmp_path: Path) -> None:
    script = tmp_path / "job.py"
    script.write_text(SCRIPT)
    unset = ("GLOWRAY_ENGINE", "GLOWRAY_ADDRESS", "RAY_ADDRESS")
    environment = {name: value for name, value in os.environ.items() if name not in unset}
    done = subprocess.run(
        [sys.executable, str(script), when], env=environment, capture_output=True, text=True, timeout=10 * LONG
    )
    keeper, *rest = done.stdout.splitlines()
    left = processes.Process.of(int(keeper))
    assert left is None or processes.wait(left, LONG)  # it ends after this process has ended
    if when == "interrupted":
        assert done.returncode == -signal.SIGINT
        assert "ray" not in done.stderr.replace(str(tmp_path), "").lower().replace("glowray", "")
    else:
        assert (done.returncode, rest, done.stderr) == (0, ["[0, 1]"], "")
