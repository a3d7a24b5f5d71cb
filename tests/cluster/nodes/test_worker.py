"""Test that a worker joins a head once, and returns after the head was lost."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from glowray.cluster.host.processes import wait
from tests.cluster.conftest import Pair
from tests.cluster.machine import DEADLINE, Machine, until
from tests.cluster.network_faults import name_of

pytestmark = pytest.mark.cluster

JOB = """
import os, pathlib, sys, time
import glowray as gr

gr.connect()
flow = gr.Flow(engine=None, progress=False)

def wait(n):
    pathlib.Path("begun").touch()
    time.sleep(600)

try:
    flow.from_range(3, partitions=3).map(wait).write_text("out")
except gr.GlowrayError as error:
    print(type(error).__name__, error)
print("left behind:", os.path.exists("out"))
try:
    flow.from_range(3).sum()
except gr.GlowrayError as error:
    print(type(error).__name__, error)
gr.disconnect()
print("sum:", flow.from_range(3).sum())
"""


@pytest.mark.parametrize("home", ["its own", "another"])
def test_a_second_join_of_a_machine_to_a_head_is_refused(pair: Pair, tmp_path: Path, home: str) -> None:
    machine = pair.worker_machine if home == "its own" else Machine(tmp_path / "other")
    before = machine.records()
    said = machine.run("join", pair.head.address, "--token-file", pair.head.token_file, code=1).stderr
    assert said.splitlines() == [
        f"Error: this machine works for the head at {pair.head.address} already",
        "Hint:  end that worker with: glowray down",
    ]
    assert machine.records() == before


def test_a_job_whose_head_dies_fails_and_its_process_goes_on(machine: Machine) -> None:
    head = machine.up()
    job = machine.spawn_python(JOB)
    until((machine.folder / "begun").exists, "the job to begin")
    os.kill(head.processes[0].pid, signal.SIGKILL)
    said, _ = job.communicate(timeout=DEADLINE)
    lines = [line for line in said.splitlines() if line.startswith(("ClusterError", "left", "sum", "Traceback"))]
    assert [line.partition(";")[0] for line in lines] == [
        f"ClusterError the head at {head.address} has ended, and the job with it",
        "left behind: False",
        f"ClusterError no cluster answers at {head.address} (Connection refused)",
        "sum: 3",
    ], said
    assert job.returncode == 0


@pytest.mark.parametrize("tls", [[], ["--tls"]], ids=["plain", "tls"])
def test_a_worker_comes_back_to_its_head(new_machine: Callable[..., Machine], tls: list[str]) -> None:
    heads, workers = new_machine("head"), new_machine("worker")
    head = heads.up(*tls)
    workers.join(head, "--rejoin", 600, *tls)
    os.kill(head.processes[0].pid, signal.SIGKILL)
    assert all(wait(process, DEADLINE) for process in head.processes)
    trouble = f"runs, but the head at {head.address} was lost; trying to come back"
    until(lambda: trouble in workers.run("status", code=1).stdout, "the worker to say what is wrong")
    port = head.address.rpartition(":")[2]
    heads.start("up", "--port", port, "--dashboard-port", 0, "--num-cpus", 1, *tls)
    until(lambda: workers.run("status").stdout.count("alive") == 2, "the worker to come back")
    until(lambda: "started here runs\n" in workers.run("status").stdout, "the worker to be content")


def test_a_worker_comes_back_to_a_head_whose_end_it_did_not_see(new_machine: Callable[..., Machine]) -> None:
    """The new head answers before the worker looks at the port of the old one."""
    heads, workers = new_machine("head"), new_machine("worker")
    head = heads.up()
    worker = workers.join(head, "--rejoin", 600)
    os.kill(worker.processes[0].pid, signal.SIGSTOP)  # the supervisor looks at nothing
    heads.run("down")
    port = head.address.rpartition(":")[2]
    heads.start("up", "--port", port, "--dashboard-port", 0, "--num-cpus", 1)
    (raylet,) = [process for process in worker.processes if name_of(process) == "raylet"]
    os.kill(raylet.pid, signal.SIGKILL)  # Ray ends it by itself after a minute
    os.kill(worker.processes[0].pid, signal.SIGCONT)
    until(lambda: workers.run("status").stdout.count("alive") == 2, "the worker to come back")


def test_a_worker_whose_raylet_is_killed_ends(new_machine: Callable[..., Machine]) -> None:
    heads, workers = new_machine("head"), new_machine("worker")
    worker = workers.join(heads.up())
    (raylet,) = [process for process in worker.processes if name_of(process) == "raylet"]
    os.kill(raylet.pid, signal.SIGKILL)
    assert all(wait(process, DEADLINE) for process in worker.processes)
    assert "ended (raylet ended by itself)" in workers.run("status", code=None).stdout


def test_a_worker_whose_head_stays_away_ends_and_says_so(new_machine: Callable[..., Machine]) -> None:
    heads, workers = new_machine("head"), new_machine("worker")
    head = heads.up()
    worker = workers.join(head, "--rejoin", 0)
    os.kill(head.processes[0].pid, signal.SIGKILL)
    assert all(wait(process, DEADLINE) for process in worker.processes)
    shown = workers.run("status", code=1).stdout
    assert "ended (the head was lost and did not come back within 0 s: no cluster answers" in shown
