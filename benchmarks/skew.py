"""One key with 90 % of the rows beside even keys: reduce_by_key, group_by_key and join, on some nodes of this machine.

    python -m benchmarks.skew --rows 4_000_000 --nodes 2 --runs 5

Even and skewed runs take turns. A join has the hot key on one side, as real tables have. The other side has one row for
each key.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import glowray as gr
from benchmarks.shuffle import cluster

KEYS = 1000

Key = Callable[[int], int]


def even_key(n: int) -> int:
    return n * 7919 % KEYS


def hot_key(n: int) -> int:
    return 0 if n % 10 else n * 7919 % KEYS


def pairs(flow: gr.Flow, rows: int, partitions: int, key: Key) -> gr.Dataset[tuple[int, int]]:
    """Return keyed rows. Each is `(key(n), n)`."""
    return flow.from_range(rows, partitions=partitions).map(lambda n: (key(n), n))


def reduced(rows: gr.Dataset[tuple[int, int]]) -> Any:
    """Return the sum of the keys' largest values."""
    return rows.reduce_by_key(max).values().sum()


def grouped(rows: gr.Dataset[tuple[int, int]]) -> Any:
    """Return the sum over all groups, each of which is read value by value."""
    return rows.group_by_key().map(lambda key, values: sum(value & 7 for value in values)).sum()


def joined(rows: gr.Dataset[tuple[int, int]]) -> Any:
    """Return the sum of a join with one row for each key. It is too large to be sent to all tasks."""
    others = rows.flow.from_range(1_000_000, partitions=rows.num_partitions).map(lambda n: (n, n))
    return rows.join(others).map(lambda key, left, right: left + right).sum()


JOBS = {"reduce_by_key": reduced, "group_by_key": grouped, "join": joined}


def seconds(job: Callable[[Any], Any], rows: gr.Dataset[tuple[int, int]]) -> float:
    began = time.perf_counter()
    job(rows)
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=4_000_000)
    parser.add_argument("--partitions", type=int, default=16)
    parser.add_argument("--nodes", type=int, default=1, help="0: inline")
    parser.add_argument("--cpus", type=int, default=2)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--explain", action="store_true", help="show what really ran")
    given = parser.parse_args()
    with cluster(given.nodes, given.cpus) if given.nodes else nullcontext():
        flow = gr.Flow("skew", engine="ray" if given.nodes else "inline")
        for name, job in JOBS.items():
            found: dict[Key, list[float]] = {even_key: [], hot_key: []}
            for run in range(given.runs + 1):
                for key, times in found.items():
                    rows = pairs(flow, given.rows, given.partitions, key)
                    took = seconds(job, rows)
                    if run:  # the first run starts workers
                        times.append(took)
                    elif given.explain:
                        print(flow.stats)
            even, hot = (statistics.median(times) for times in found.values())
            print(f"{name:14} even {even:.2f} s, hot {hot:.2f} s, ratio {hot / even:.2f}", flush=True)


if __name__ == "__main__":
    main()
