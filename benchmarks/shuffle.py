"""A shuffle of M map tasks to P partitions on one or two nodes: seconds, the driver's memory, and its references.

    python -m benchmarks.shuffle --maps 2000 --partitions 2000 --nodes 2

All nodes are on this machine. Each run has a process of its own.
"""

from __future__ import annotations

import argparse
import gc
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import glowray as gr

PAGE = 4096
LOOK_SECONDS = 1.0
STORE_BYTES = 512 << 20
HEAD_STORE_BYTES = 512 << 20


class Peak:
    """The peak of this process's resident bytes, and of the references that it holds, in a block of code."""

    def __init__(self) -> None:
        self.idle, self.bytes, self.references = resident_bytes(), 0, 0

    def look(self) -> None:
        """Note the bytes and references of this moment."""
        self.bytes = max(self.bytes, resident_bytes() - self.idle)
        self.references = max(self.references, held_references())


def resident_bytes() -> int:
    """Return the anonymous resident bytes of this process: those of the object store, which it maps, do not count."""
    fields = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(fields["RssAnon"].split()[0]) * 1024


def held_references() -> int:
    """Return the number of objects that this process holds a reference to."""
    from ray._private.worker import global_worker

    return len(global_worker.core_worker.get_all_reference_counts())


@contextmanager
def peak() -> Iterator[Peak]:
    """Measure the peak of the block of code, several times a second."""
    gc.collect()
    found, over = Peak(), threading.Event()

    def look() -> None:
        while not over.wait(LOOK_SECONDS):
            found.look()

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        over.set()
        thread.join()


def shuffled(flow: gr.Flow, rows: int, maps: int, partitions: int) -> Any:
    """Return the sum of all values after a shuffle by key."""
    pairs = flow.from_range(rows, partitions=maps).map(lambda n: (n * 7919 % 1_000_003, n))
    return pairs.partition_by_key(partitions).map(lambda key, n: n + 1).sum()


def ordered(flow: gr.Flow, rows: int, maps: int, partitions: int) -> Any:
    """Return the number of rows after a sort."""
    del partitions  # a sort has as many as its input
    return flow.from_range(rows, partitions=maps).map(lambda n: n * 7919 % 1_000_003).sort().map(lambda n: n + 1).sum()


@contextmanager
def cluster(nodes: int, cpus: int) -> Iterator[None]:
    """Start a Ray of some nodes on this machine, with `cpus` CPUs in all."""
    import ray
    from ray.cluster_utils import Cluster

    each = {"num_cpus": max(1, cpus // nodes), "object_store_memory": STORE_BYTES}
    started = Cluster(initialize_head=True, head_node_args={**each, "include_dashboard": False})
    try:
        for _ in range(nodes - 1):
            started.add_node(**each)
        ray.init(address=started.address, logging_level="error", log_to_driver=False)
        started.wait_for_nodes()
        yield
    finally:
        ray.shutdown()
        started.shutdown()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--maps", type=int, default=200)
    parser.add_argument("--partitions", type=int, default=200)
    parser.add_argument("--rows", type=int, default=400_000)
    parser.add_argument("--nodes", type=int, default=2)
    parser.add_argument("--cpus", type=int, default=2)
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--sort", action="store_true", help="sort instead of a shuffle by key; P is M")
    given = parser.parse_args()
    job = ordered if given.sort else shuffled
    with cluster(given.nodes, given.cpus):
        flow = gr.Flow(engine="ray")
        job(flow, 1000, 4, 4)  # starts the workers
        for _ in range(given.runs):
            with peak() as found:
                began = time.perf_counter()
                answer = job(flow, given.rows, given.maps, given.partitions)
                seconds = time.perf_counter() - began
            print(
                f"{'sort' if given.sort else 'by key'} {given.maps} x {given.partitions}, {given.nodes} nodes:"
                f" {seconds:.1f} s, driver {found.bytes / 1e6:.0f} MB above idle, {found.references:,} references,"
                f" answer {answer}",
                flush=True,
            )


if __name__ == "__main__":
    main()
