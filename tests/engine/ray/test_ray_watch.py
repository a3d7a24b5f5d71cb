"""Test the loss of a cluster: how long its head may be silent, and that the process goes on."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from glowray.cluster.host.ports import Reach
from glowray.engine.ray.nodes import watch as ray_watch
from glowray.engine.ray.nodes.watch import CALL_SECONDS, HEAD_SECONDS, PERIOD_SECONDS, ClusterWatch

LOCAL = """
import os, select, signal
from pathlib import Path
import glowray as gr

flow = gr.Flow(engine="ray", progress=False)
kept = flow.from_range(100, partitions=4).map(lambda n: n + 1).cache()
print(kept.sum())
import ray
from glowray.engine.ray.calls.stop_tasks import StopFlag

task = ray.remote(lambda: 1).remote()
from glowray.cluster.host.processes import Process, descendants

for process in descendants([Process.of(os.getpid())]):
    if Path(f"/proc/{process.pid}/comm").read_text().strip() == "raylet":
        ended = os.pidfd_open(process.pid)
        os.kill(process.pid, signal.SIGKILL)
        select.select([ended], [], [])
def error_of(rows):
    try:
        rows.map(str).collect()
    except gr.GlowrayError as error:
        print(type(error).__name__, error)

error_of(flow.from_range(10))
try:
    ray.put(1)
except ray.exceptions.RaySystemError as error:
    print("4", error)
ask, ray.is_initialized = ray.is_initialized, lambda: True  # as if the cluster were lost while tasks are stopped
StopFlag().stop([task])
ray.is_initialized = ask
error_of(kept)
print(flow.from_range(10, partitions=4).sum())
"""


def silent_watch(monkeypatch: pytest.MonkeyPatch, reached: Reach) -> ClusterWatch:
    """Return a watch of a head that gives no answers. A connection to its port gives `reached`."""
    monkeypatch.setattr(ray_watch, "reach", lambda address, seconds: reached)
    watch = ClusterWatch.__new__(ClusterWatch)
    watch.address, watch._is_named, watch._silent, watch._loss = "192.0.2.1:6379", True, 0.0, None
    return watch


@pytest.mark.parametrize("reached", list(Reach))
def test_how_long_a_head_may_be_silent(monkeypatch: pytest.MonkeyPatch, reached: Reach) -> None:
    watch = silent_watch(monkeypatch, reached)
    silent = 0.0
    while silent < HEAD_SECONDS[reached]:
        assert not watch.is_lost
        watch._note_silence(time.monotonic() - 3600.0)  # a process that was suspended for an hour counts only seconds
        silent += 2 * CALL_SECONDS + PERIOD_SECONDS
    said = "has ended" if reached is Reach.REFUSED else f"has not answered for {silent:.0f} s"
    assert str(watch._loss).startswith(f"the head at 192.0.2.1:6379 {said}, and the job with it; ")


@pytest.mark.ray
@pytest.mark.process
def test_a_process_goes_on_when_its_local_ray_dies() -> None:
    done = subprocess.run([sys.executable, "-c", LOCAL], capture_output=True, text=True, timeout=600)
    lines = [line for line in done.stdout.splitlines() if line.startswith(("ClusterError", "5", "4"))]
    assert len(lines) == 5, done.stdout + done.stderr
    assert lines[0] == "5050" and lines[4] == "45" and done.returncode == 0
    assert "Ray has not been started" in lines[2], "a lost Ray is not replaced by one that nobody asked for"
    assert "on which the job ran, has ended; run the job again" in lines[1]
    assert lines[3].startswith("ClusterError rows that were kept in a Ray which has ended are lost; call uncache()")
