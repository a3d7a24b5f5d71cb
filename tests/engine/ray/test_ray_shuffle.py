"""Test a shuffle on a Ray of two nodes: the objects it makes, the references it holds, and a node lost on the way."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.engine.ray.test_ray_losses import ROOT

pytestmark = [pytest.mark.ray, pytest.mark.slow]

SCRIPT = """
import json
import sys
import threading
import time
import uuid
from pathlib import Path

import ray
from ray.cluster_utils import Cluster

import glowray as gr

MAPS, READERS, ROWS = 100, 110, 20_000
folder, loses = Path(sys.argv[1]), sys.argv[2] == "loses"
cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
other = cluster.add_node(num_cpus=1)
ray.init(address=cluster.address, log_to_driver=False, logging_level="CRITICAL")


def here():
    return ray.get_runtime_context().get_node_id()


def noted(rows):
    rows = list(rows)
    (folder / f"map {rows[0] // (ROWS // MAPS)} {here()} {uuid.uuid4().hex}").touch()
    return ((n * 7919 % 10_007, str(n) * 400) for n in rows)


def lengths(rows):
    (folder / "reading").touch()
    while loses and not (folder / "lost").exists():
        time.sleep(0.01)
    return [(key, len(text)) for key, text in rows]


def lose():
    while not (folder / "reading").exists():
        time.sleep(0.01)
    cluster.remove_node(other, allow_graceful=False)
    (folder / "lost").touch()


def job(engine):
    pairs = gr.Flow(engine=engine).from_range(ROWS, partitions=MAPS).map_partitions(noted)
    return pairs.partition_by_key(READERS).map_partitions(lengths).collect()


held = 0


def count():
    global held
    worker = ray._private.worker.global_worker.core_worker
    while not (folder / "over").exists():
        held = max(held, len(worker.get_all_reference_counts()))
        time.sleep(0.01)


lost = other.node_id
threads = [threading.Thread(target=target) for target in [count, lose][: 1 + loses]]
for thread in threads:
    thread.start()
try:
    rows = job("ray")
finally:
    (folder / "over").touch()
for thread in threads:
    thread.join()
runs = [path.name.split()[1:3] for path in folder.glob("map *")]
here = lambda: ""
loses = False
print(json.dumps({"same": rows == job("inline"), "runs": runs, "lost": lost, "held": held}))
ray.shutdown()
cluster.shutdown()
"""


def run(folder: Path, how: str) -> dict[str, object]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(folder), how], env=environment, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_the_driver_holds_an_object_a_task_and_node(tmp_path: Path) -> None:
    """At least 32 groups of map tasks with two slices each and of readers with one block, and what is in flight."""
    found = run(tmp_path, "stays")
    assert found["same"]
    assert isinstance(found["held"], int) and 50 < found["held"] < 500


def test_only_the_map_tasks_of_a_lost_node_run_again(tmp_path: Path) -> None:
    found = run(tmp_path, "loses")
    assert found["same"]
    assert isinstance(found["runs"], list)
    on_lost = {place for place, node in found["runs"] if node == found["lost"]}
    again = {place for place, _ in found["runs"] if sum(place == other for other, _ in found["runs"]) > 1}
    assert on_lost and again <= on_lost
