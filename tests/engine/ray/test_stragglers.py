"""Test that late tasks are begun on another node, and that one attempt counts."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from glowray.engine.ray.calls.stop_tasks import StopFlag
from glowray.engine.ray.calls.stragglers import AGAIN_SECONDS, LEAST_SECONDS, Attempts
from glowray.engine.ray.engine import RayEngine
from glowray.engine.task.payload import Payload
from glowray.engine.task.protocol import Task
from glowray.errors import ClusterError
from glowray.kernels import TaskReport


class Clock:
    """A clock that tests turn."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def task(place: int, **fields: Any) -> Task:
    return replace(Task("flow · 1 map", (1, place), Payload(b""), place, (), 1), **fields)


class Stage:
    """A stage of which some tasks have ended, in so many seconds each, and one runs under the ref "slow"."""

    def __init__(self, *ended: float, **fields: Any) -> None:
        self.clock = Clock()
        self.attempts = Attempts(self.clock)
        self.attempts.begin("slow", [task(99, **fields)], ["slow block"])
        for place, seconds in enumerate(ended):
            self.attempts.begin(place, [task(place)], [])
            self.attempts.end(place, [TaskReport(place, seconds=seconds)])

    def late_after(self, seconds: float) -> bool:
        self.clock.now += seconds
        return self.attempts.find_late()


def test_a_task_is_late_after_three_times_the_median() -> None:
    stage = Stage(5, 6, 100)
    assert not stage.late_after(17.9)
    assert stage.late_after(0.2)
    assert [(ref, [late.partition for late in group]) for ref, group in stage.attempts.late] == [("slow", [99])]


def test_a_short_task_is_not_late() -> None:
    stage = Stage(0.1, 0.1, 0.1)
    assert not stage.late_after(LEAST_SECONDS - 0.1)
    assert stage.late_after(0.2)


def test_a_median_needs_some_tasks() -> None:
    assert not Stage(1, 1).late_after(1000)


@pytest.mark.parametrize("fields", [{"once": True}, {"flows": True}])
def test_tasks_with_effects_run_once(fields: dict[str, Any]) -> None:
    assert not Stage(1, 1, 1, **fields).late_after(1000)


def test_the_wait_for_a_cpu_does_not_count() -> None:
    stage = Stage(1, 1, 1)
    stage.clock.now += 1000
    stage.attempts.stragglers.note_room(False)
    assert not stage.late_after(9)
    stage.attempts.stragglers.note_room(True)
    assert stage.late_after(2)


def test_a_task_without_room_is_looked_at_again_later() -> None:
    stage = Stage(1, 1, 1)
    assert stage.late_after(11)
    assert not stage.late_after(4.9)
    assert stage.late_after(0.2)


def test_the_second_attempt_may_win() -> None:
    stage = Stage(1, 1, 1)
    assert stage.late_after(11)
    stage.attempts.begin_again("slow", "again", ["new block"])
    assert not stage.late_after(1000), "a task has at most two attempts"
    assert stage.attempts.running["again"] == (stage.attempts.running["slow"][0], ["new block"])
    report = TaskReport(99)
    stage.attempts.end("again", [report])
    assert (stage.attempts.running, stage.attempts.beaten, report.attempt) == ({}, ["slow"], 1)


def test_the_first_attempt_may_win() -> None:
    stage = Stage(1, 1, 1)
    stage.attempts.begin_again("slow", "again", [])
    report = TaskReport(99)
    stage.attempts.end("slow", [report])
    assert (stage.attempts.running, stage.attempts.beaten, report.attempt) == ({}, ["again"], 0)


@pytest.mark.parametrize(("lost", "left"), [("slow", "again"), ("again", "slow")])
def test_a_task_is_lost_with_its_last_attempt(lost: str, left: str) -> None:
    stage = Stage(1, 1, 1)
    stage.attempts.begin_again("slow", "again", [])
    assert stage.attempts.survives(lost)
    assert list(stage.attempts.running) == [left]
    assert not stage.attempts.survives(left)
    assert not stage.attempts.running


class LostWatch:
    """A watch whose head falls silent: each question takes as long as a call waits before it is looked at again."""

    def __init__(self, clock: Clock) -> None:
        self.clock, self.checks = clock, 0

    def check(self) -> None:
        self.checks += 1
        if self.checks == 3:
            raise ClusterError("the head has not answered")

    def wait(self, refs: list[Any], is_over: Callable[[], bool], *, goes_on: bool) -> None:
        assert is_over()

    def nodes(self) -> list[Any]:
        self.clock.now += AGAIN_SECONDS
        assert self.clock.now < 1000, "nobody asks whether the cluster is lost"
        return []


def test_a_lost_cluster_is_told_while_calls_are_late() -> None:
    stage = Stage(1, 1, 1)
    stage.clock.now += 11
    engine = RayEngine.__new__(RayEngine)
    engine.watch = cast(Any, LostWatch(stage.clock))
    with pytest.raises(ClusterError, match="has not answered"):
        engine._wait(stage.attempts, StopFlag(), lambda: False)


TWO_NODES = """
import json, os, sys, threading
import ray
from ray.cluster_utils import Cluster

cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
cluster.add_node(num_cpus=1)
ray.init(address=cluster.address, logging_level="CRITICAL")

import glowray as gr
from glowray.engine.ray.calls import stragglers

stragglers.LEAST_SECONDS = 1.0
folder = sys.argv[1]

def seen(n):
    gr.counter("rows").add(1)
    print("row", n)
    if n == 5:
        try:
            os.mkdir(folder + "/first")
        except FileExistsError:
            return n
        threading.Event().wait(600)
    return n

flow = gr.Flow("slow", engine="ray")
written = flow.from_range(6, partitions=6).map(seen).write_text(folder + "/out")
rows = sorted(gr.Flow(engine="inline").read_text(folder + "/out").map(int).collect())
facts = {"rows": rows, "counter": flow.counters["rows"], "retries": flow.stats.retries, "written": written.rows}
print(json.dumps(facts), flush=True)
ray.shutdown()
cluster.shutdown()
"""


@pytest.mark.ray
@pytest.mark.slow
@pytest.mark.process
def test_a_slow_task_is_begun_on_the_other_node(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", TWO_NODES, tmp_path], capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout.splitlines()[-1])
    assert facts == {"rows": [0, 1, 2, 3, 4, 5], "counter": 6, "retries": 1, "written": 6}
    printed = [line for line in done.stderr.splitlines() if line.startswith("row ")]
    assert printed == [*(f"row {n}" for n in range(6)), "row 5"], (
        "each attempt's lines are shown, as those of a retried task"
    )
    assert sorted(path.name.startswith("part-") for path in (tmp_path / "out").iterdir()).count(True) == 6
