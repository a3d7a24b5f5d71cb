"""Test jobs on three hosts, whose processes, shared memory and networks are apart, and a fourth one outside."""

from __future__ import annotations

import ast
import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pytest

from glowray.cluster.host.processes import Process
from glowray.cluster.host.record import NodeRecord
from tests.cluster import listening
from tests.cluster.machine import Machine, until
from tests.cluster.network import MISSING, can_make_hosts, new_hosts
from tests.cluster.test_listening import GRPC_ANSWERS, OPEN, working

pytestmark = pytest.mark.cluster

HEAD, ONE, OTHER, OUTSIDE = ADDRESSES = ("198.18.9.1", "198.18.9.2", "198.18.9.3", "198.18.9.4")

COUNT = """
import glowray as gr

rows = gr.Flow(engine="ray", progress=False).from_range(1000, partitions=8)
print(sorted(rows.map(lambda n: (n % 3, 1)).reduce_by_key(lambda a, b: a + b).collect()))
"""
COUNTED = "[(0, 334), (1, 333), (2, 333)]\n"

# Each partition is 8 MB, so that it costs to move it. A task says on which node it runs.
PLACES = """
import glowray as gr

def node():
    import ray

    return ray.get_runtime_context().get_node_id()

def make(index, rows):
    for n in rows:
        yield node(), bytes(8_000_000)

flow = gr.Flow(engine="ray", progress=False)
kept = flow.from_range(12, partitions=12).map_partitions(make).cache()
made = kept.map(lambda place, block: place).collect()
read = kept.map_partitions(lambda index, rows: [node() for row in rows]).collect()
print([made, read])
"""

SCAN = """
import json, socket, sys
from dataclasses import asdict

from tests.cluster import listening

host, found = sys.argv[1], []
for port in range(1, 65536):
    with socket.socket() as tried:
        if tried.connect_ex((host, port)):
            continue
    found.append((port, asdict(listening.ask("", host, host, port))))
json.dump(found, sys.stdout)
"""


class Cluster(NamedTuple):
    """A head, two workers and a host outside of the cluster, which knows the token."""

    machines: list[Machine]
    head: NodeRecord
    token_file: Path

    @property
    def outside(self) -> Machine:
        return self.machines[3]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Return a running cluster of three hosts with one CPU each."""
    if not can_make_hosts():
        pytest.skip(f"NOT TESTED: {MISSING}")
    folder = tmp_path_factory.mktemp("h")
    with new_hosts(f"gt{os.getpid() % 10**6}", ADDRESSES) as hosts, ExitStack() as stack:
        machines = [Machine(folder / f"host{number}", host.prefix) for number, host in enumerate(hosts)]
        for machine in reversed(machines):
            stack.callback(machine.run, "down")
        head = machines[0].up("--host", HEAD, "--dashboard-host", HEAD)
        for machine in machines[1:3]:
            machine.join(head)
        yield Cluster(machines, head, Path(head.token_file))


@pytest.mark.parametrize("place", [0, 1, 2], ids=["head", "worker", "other-worker"])
def test_a_job_from_each_node(cluster: Cluster, place: int) -> None:
    assert cluster.machines[place].python(COUNT, GLOWRAY_ADDRESS=cluster.head.address) == COUNTED


def test_a_job_from_outside(cluster: Cluster) -> None:
    script = cluster.outside.folder / "count.py"
    script.write_text(COUNT)
    given = ("--address", cluster.head.address, "--token-file", cluster.token_file)
    assert cluster.outside.run("run", *given, script).stdout.endswith(COUNTED)


def test_tasks_go_where_their_blocks_are(cluster: Cluster) -> None:
    places = cluster.machines[0].python(PLACES, GLOWRAY_ADDRESS=cluster.head.address)
    made, read = ast.literal_eval(places)
    assert len(set(made)) > 1, "several nodes work"
    moved = sum(was != now for was, now in zip(made, read, strict=True))
    assert moved <= 3, (made, read)  # a node that has ended its own tasks may take another's


def test_a_scan_from_another_host(cluster: Cluster) -> None:
    """Every port that another host can connect to asks for the token."""
    with working(cluster.machines[0]):
        scanned = json.loads(cluster.outside.python(SCAN, HEAD))
    found = {number: listening.Port(**port) for number, port in scanned}
    fixed = [int(address.rpartition(":")[2]) for address in (cluster.head.address, cluster.head.dashboard)]
    assert {found[number].protocol for number in fixed} == {"grpc", "http"}
    for port in found.values():
        allowed = set().union(*OPEN.values()) if port.protocol == "http" else GRPC_ANSWERS
        assert set(port.open) <= allowed and port.refused >= 1, port


def test_a_worker_that_is_killed_joins_again(cluster: Cluster) -> None:
    worker = cluster.machines[2]
    supervisor: Process = worker.record("worker").processes[0]
    worker.python(f"import os; os.kill({supervisor.pid}, 9)")

    def is_missed() -> bool:
        return cluster.machines[0].run("status").stdout.count("alive") == 2

    until(is_missed, "the head to miss the worker")
    worker.run("down")
    worker.join(cluster.head)
    assert cluster.machines[1].python(COUNT, GLOWRAY_ADDRESS=cluster.head.address) == COUNTED


def test_jobs_of_several_hosts_at_once(cluster: Cluster) -> None:
    def run(machine: Machine) -> str:
        return machine.python(COUNT, GLOWRAY_ADDRESS=cluster.head.address)

    with ThreadPoolExecutor(3) as threads:
        assert list(threads.map(run, cluster.machines[:3])) == [COUNTED] * 3
