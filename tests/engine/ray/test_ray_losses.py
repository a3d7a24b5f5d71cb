"""Test the error of a lost task: it says what happened, on which node, and what to do."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from glowray.engine.ray.calls.losses import lost_task
from glowray.engine.ray.nodes.ray_node import RayNode
from glowray.engine.task.payload import Payload
from glowray.engine.task.protocol import Task
from glowray.errors import OutOfDisk, OutOfMemory, WorkerLost
from tests.engine.doubles import Lab
from tests.engine.signals import PATIENCE, ROOT

TASK = Task("f · 1 map", (0, 0), Payload(b""), 0, (), 1, after=1)
NODE = RayNode("1a2b3c4d5e6f", "192.0.2.7", 1, "tiger", {}, {})

OUT_OF_MEMORY = """2 worker(s) were killed due to the node running low on memory. \
Memory on the node (IP: 192.0.2.7, ID: 1a2b3c4d5e6f) was 22.50GB used / 23.54GB limit (0.955821)
OOM kill reason: Memory usage 24159191040B exceeded threshold of 24013256650B (95.0% of 25276059648B limit)
Selected to kill: (Task: job ID=01000000, lease ID=00, task name=f · 2 filter, required resources={CPU: 1}, pid=7, \
actual memory used=0.31GB, worker ID=00)
(Task: job ID=01000000, lease ID=00, task name=f · 1 map, required resources={CPU: 1}, pid=8, \
actual memory used=9.75GB, worker ID=01)
Top 10 memory users: PID	MEM(GB)	COMMAND"""


def test_out_of_memory_names_the_task_its_memory_and_the_nodes() -> None:
    from ray.exceptions import OutOfMemoryError

    error = lost_task(TASK, OutOfMemoryError(OUT_OF_MEMORY), NODE)
    assert type(error) is OutOfMemory
    assert str(error).startswith(
        "the task 'f · 1 map [1/2]' ran out of memory 4 times: it held 9.75 GiB while 22.50 of 23.54 GiB of the node "
        "192.0.2.7 (host tiger, node 1a2b3c4d) were in use; give the verb memory="
    )
    unknown = lost_task(TASK, OutOfMemoryError("another text"), None)
    assert "ran out of memory 4 times: its worker was killed; give the verb memory=" in str(unknown)


def test_a_task_that_fails_by_itself_is_not_said_to_be_tried_again() -> None:
    from ray.exceptions import RayTaskError

    def failed(cause: Exception) -> WorkerLost:
        return lost_task(TASK, RayTaskError("_task", "trace", cause), NODE)

    memory, disk, other = failed(MemoryError()), failed(OSError(28, "No space left on device")), failed(KeyError("k"))
    assert type(memory) is OutOfMemory and "could not get more memory on 192.0.2.7 (host tiger" in str(memory)
    assert type(disk) is OutOfDisk and "found a full disk on 192.0.2.7" in str(disk)
    assert type(other) is WorkerLost and "failed on 192.0.2.7 (host tiger, node 1a2b3c4d): KeyError: 'k'" in str(other)
    assert not any("times" in str(error) for error in (memory, disk, other))


@pytest.mark.parametrize("name", ["NodeDiedError", "WorkerCrashedError", "LocalRayletDiedError", "RaySystemError"])
def test_every_loss_names_task_and_node(name: str) -> None:
    from ray import exceptions

    kind = getattr(exceptions, name)
    error = lost_task(TASK, kind("a text") if name in ("NodeDiedError", "RaySystemError") else kind(), NODE)
    assert type(error) is WorkerLost
    assert str(error).startswith("the task 'f · 1 map [1/2]' was lost 4 times: ")
    assert "192.0.2.7 (host tiger, node 1a2b3c4d)" in str(error)
    assert "; " in str(error), "what to do"


@pytest.mark.ray
@pytest.mark.slow
@pytest.mark.parametrize(
    "die",
    [lambda n: os._exit(3), lambda n: os.kill(os.getpid(), signal.SIGSEGV), lambda n: os.kill(os.getpid(), 9)],
    ids=["exit", "crash", "kill"],
)
def test_a_worker_that_dies_each_time(ray_lab: Lab, die: Callable[[int], object]) -> None:
    with pytest.raises(WorkerLost, match=r"was lost 4 times: its worker process on .* died") as lost:
        ray_lab.flow().from_range(1, partitions=1).map(die).collect()
    assert "memory=" in str(lost.value)


SAID = "said: "

OWN_RAY = """
import os, sys, time
os.environ.update(RAY_memory_monitor_refresh_ms="0", RAY_task_oom_retry_delay_base_ms="1")
os.environ.update(pair.split("=") for pair in sys.argv[3:])
import ray
ray.init(address="local", num_cpus=1, include_dashboard=False, log_to_driver=False, logging_level="CRITICAL",
         object_store_memory=80 * 2**20, _temp_dir=sys.argv[1])
import glowray as gr

def work(n):
    if kind == "memory":
        time.sleep(600)
    return [bytes(2**20) + bytes([i]) for i in range(30)]

kind = sys.argv[2]
try:
    gr.Flow(engine="ray").from_range(8, partitions=8).flat_map(work).repartition(2).count()
except gr.GlowrayError as error:
    print("said:", type(error).__name__, error)
"""


def told(tmp_path: Path, *arguments: str) -> str:
    """Return the error that a job gives on a Ray of its own, which the user has started."""
    script = tmp_path / "job.py"
    script.write_text(OWN_RAY)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:  # Ray's sockets need a short path
        return _run([str(script), folder, *arguments])


def _run(arguments: list[str]) -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stderr
    # Ray prints before and after this line
    (said,) = (line for line in done.stdout.splitlines() if line.startswith(SAID))
    return said.removeprefix(SAID)


@pytest.mark.ray
@pytest.mark.slow
@pytest.mark.process
def test_a_task_that_is_killed_for_its_memory_each_time(tmp_path: Path) -> None:
    """Set a threshold below the use of any machine. The monitor then kills every task, without memory being taken."""
    said = told(tmp_path, "memory", "RAY_memory_monitor_refresh_ms=50", "RAY_memory_usage_threshold=0.001")
    assert said.startswith("OutOfMemory the task 'flow · 1 from_range→flat_map")
    # Ray's report may name another process as the killed one. Then the memory of the task is unknown.
    assert re.search(r" ran out of memory 4 times: (it held [\d.]+ GiB|its worker was killed) while [\d.]+ of ", said)


@pytest.mark.ray
@pytest.mark.slow
@pytest.mark.process
def test_a_full_disk_behind_the_object_store(tmp_path: Path) -> None:
    said = told(tmp_path, "disk", "RAY_local_fs_capacity_threshold=0")
    assert said.startswith("OutOfDisk the task 'flow · ")
    assert "so was the disk, /" in said
    assert "make room there" in said
