"""The cost of a shuffle or sort of many terabytes for the driver and the network. No row is read, and no Ray runs.

    python -m benchmarks.plan_at_scale                    # the table of the documentation
    python -m benchmarks.plan_at_scale --terabytes 10 --nodes 100 --maps 10000 --partitions 10000

The plan, the driver's part of every task, and its bookkeeping are glowray's own. The engine runs no task. It makes up
the report that the task would send, and objects of the sizes that it would give. The network is a sum: an object that a
call reads on another node moves there once, as a whole, as in Ray.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from multiprocessing import get_context
from typing import Any

import glowray as gr
from glowray.engine.task.payload import Payload, unpack
from glowray.engine.task.protocol import Done, Engine, Remote, Slot, Task
from glowray.io.reader import RowReader
from glowray.kernels import Fragment, TaskReport
from glowray.kernels.ends.exchange import ByKey, Count, Exchange, GatherSlices, Shuffle, SortedWithSample
from glowray.kernels.ends.sources import ReadSource
from glowray.rows import Block

ROW_BYTES = 100
SAMPLE_BYTES = 4096
REFERENCE_BYTES = 2300
"""Bytes that a reference takes in the process that owns it, as measured in a driver of Ray 2.60."""

NODE_CPUS = 16
STORE_BYTES = 40 << 30
LINK_BYTES = 25e9 / 8
"""Bytes a second that a node can receive: 25 Gbit."""


class Object(Remote):
    """An object in the store of a node. Each reader of a slice takes one of its `buckets`."""

    __slots__ = ("at", "buckets", "engine", "node", "size")

    def __init__(self, engine: SimulatedEngine, node: int, size: int, buckets: int) -> None:
        self.engine, self.node, self.size, self.buckets = engine, node, size, buckets
        self.at: set[int] | None = None
        engine.references += 1
        engine.most_references = max(engine.most_references, engine.references)

    def __del__(self) -> None:
        self.engine.references -= 1

    def fetch(self) -> Block:
        return Block.from_rows([0])

    def bytes_of(self, slot: Slot) -> int:
        """Return the bytes that a slot takes of it."""
        if slot.start is not None and slot.stop is not None:
            return (slot.stop - slot.start) * ROW_BYTES
        return self.size // self.buckets if slot.bucket is not None else self.size

    def moves_to(self, node: int) -> int:
        """Return the bytes that move if a call on a node reads it."""
        if node == self.node or (self.at is not None and node in self.at):
            return 0
        self.at = {node} if self.at is None else self.at | {node}
        return self.size


@dataclass
class SimulatedEngine(Engine):
    """Invents the results of tasks, and counts what they would cost."""

    nodes: int
    tasks: int = 0
    calls: int = 0
    requests: int = 0
    moved: int = 0
    references: int = 0
    most_references: int = 0
    received: list[int] = field(default_factory=list)
    seconds: float = 0.0
    """Seconds that this engine itself took. They are not the driver's."""
    programs: dict[int, tuple[Payload, Fragment]] = field(default_factory=dict)

    name = "simulated"
    is_here = False
    may_share_store = True

    def __post_init__(self) -> None:
        self.received = [0] * self.nodes

    def shared_bytes(self) -> int:
        return self.nodes * STORE_BYTES // 2

    def store_nodes(self) -> list[str]:
        return [str(node) for node in range(self.nodes)]

    def least_groups(self) -> int:
        return 16 * NODE_CPUS * self.nodes

    def run(self, tasks: Iterable[Task]) -> Iterator[Done]:
        waiting = iter(tasks)
        for task in waiting:
            group = [task, *islice(waiting, task.follow)]
            began = time.process_time()
            ended = self._call(group)
            self.seconds += time.process_time() - began
            yield from ended

    def _call(self, group: list[Task]) -> list[Done]:
        self.calls += 1
        self.tasks += len(group)
        program = self._program(group[0].payload)
        node = self._node(group[0])
        taken = [self._read(task, program, node) for task in group]
        sizes = sizes_given(program.exchange, sum(taken))
        buckets = program.exchange.count // len(sizes) if isinstance(program.exchange, Shuffle) and sizes else 1
        if isinstance(program.exchange, GatherSlices):
            buckets = group[0].inputs[0][0].ref.buckets
        objects = [Object(self, node, size, buckets) for size in sizes]
        reports = [report_of(task, own, sizes, len(group)) for task, own in zip(group, taken, strict=True)]
        return [Done(task, report, list(objects)) for task, report in zip(group, reports, strict=True)]

    def _program(self, payload: Payload) -> Fragment:
        if id(payload) not in self.programs:
            program = unpack(payload.data, payload.apart)
            assert isinstance(program, Fragment)
            self.programs[id(payload)] = payload, program
        return self.programs[id(payload)][1]

    def _node(self, task: Task) -> int:
        """Return the node that runs a call: the one that it asks for, that of its first object, or the next one."""
        if task.near:
            return int(task.near)
        first = next((slot.ref for side in task.inputs for slot in side if isinstance(slot.ref, Object)), None)
        return first.node if first is not None else self.calls % self.nodes

    def _read(self, task: Task, program: Fragment, node: int) -> int:
        """Count what a task reads on a node. Return the bytes of its rows."""
        if isinstance(program.source, ReadSource):
            reader = program.source.reader
            return (reader.estimated_bytes or 0) // reader.num_partitions
        total = 0
        for side in task.inputs:
            for slot in side:
                self.requests += 1
                moved = slot.ref.moves_to(node)
                self.moved += moved
                self.received[node] += moved
                total += slot.ref.bytes_of(slot)
        return total


def sizes_given(exchange: Exchange, size: int) -> list[int]:
    """Return the sizes of the objects that a call gives for so many bytes of rows."""
    if isinstance(exchange, Count):
        return []
    if isinstance(exchange, SortedWithSample):
        return [size, SAMPLE_BYTES]
    if isinstance(exchange, Shuffle):
        few = isinstance(exchange, ByKey) and exchange.fewer and size <= exchange.share
        slices = exchange.fewer if isinstance(exchange, ByKey) and few else exchange.outputs
        return [size // slices] * slices
    return [size]


def report_of(task: Task, own: int, sizes: list[int], tasks: int) -> TaskReport:
    """Return the report of one of the tasks of a call."""
    report = TaskReport(task.partition, remote=True, rows_in=own // ROW_BYTES, rows_out=own // ROW_BYTES, seconds=1.0)
    report.sizes = [size // tasks for size in sizes]
    report.rows = [max(1, size // ROW_BYTES) for size in report.sizes]
    report.kinds = [()] * len(sizes)
    return report


@dataclass(frozen=True)
class Terabytes(RowReader):
    """A reader of rows that nobody reads."""

    label: str
    num_partitions: int
    estimated_bytes: int

    def read(self, index: int) -> Iterator[Any]:
        raise AssertionError("no row is read")


def resident_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


@dataclass(frozen=True)
class Case:
    """One row of the table."""

    job: str
    terabytes: float
    nodes: int
    maps: int
    partitions: int

    def run(self) -> str:
        before, began = resident_bytes(), time.process_time()
        engine = SimulatedEngine(self.nodes)
        size = int(self.terabytes * 1e12)
        flow = gr.Flow("plan at scale", engine=engine, progress=False)
        rows: gr.Dataset[Any] = flow._read(Terabytes("terabytes", self.maps, size), "read_binary", None)
        if self.job == "sort":
            rows.sort().for_each(print)
        else:
            rows.map(lambda row: (row, 1)).partition_by_key(self.partitions).for_each(print)
        seconds = time.process_time() - began - engine.seconds
        memory = engine.most_references * REFERENCE_BYTES + resident_bytes() - before
        cells = (
            self.job, f"{self.terabytes:g} TB", f"{self.nodes:,}", f"{self.maps:,} × {self.partitions:,}",
            f"{engine.tasks:,}", f"{engine.calls:,}", f"{engine.most_references:,}", f"{engine.requests:,}",
            f"{memory / 1e9:.1f} GB", f"{seconds:.0f} s", f"{engine.moved / size:.2f}",
            f"{max(engine.received) / LINK_BYTES:,.0f} s",
        )  # fmt: skip
        return f"| {' | '.join(cells)} |"


HEAD = (
    "job", "input", "nodes", "M × P", "tasks", "calls", "most references", "requests", "driver memory", "driver's work",
    "moved / input", "network",
)  # fmt: skip

CASES = [
    *(Case(job, 1, nodes, 8_000, 8_000) for job in ("by key", "sort") for nodes in (100, 1_000)),
    *(Case(job, 10, 100, 40_000, 40_000) for job in ("by key", "sort")),
    Case("by key", 10, 1_000, 10_000, 10_000),
    *(Case("sort", 100, nodes, 50_000, 50_000) for nodes in (40, 100)),
]
"""The second last is the size of CloudSort on Ray: 100 TB on 40 nodes."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--job", choices=["by key", "sort"], default="by key")
    parser.add_argument("--terabytes", type=float)
    parser.add_argument("--nodes", type=int, default=100)
    parser.add_argument("--maps", type=int, default=8000)
    parser.add_argument("--partitions", type=int, help="of a shuffle by key; a sort has as many as maps")
    given = parser.parse_args()
    partitions = given.partitions or given.maps
    asked = Case(given.job, given.terabytes or 0, given.nodes, given.maps, partitions)
    print(f"| {' | '.join(HEAD)} |\n|{'---|' * len(HEAD)}")
    for case in [asked] if given.terabytes else CASES:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:  # memory is that of one case
            print(process.submit(case.run).result(), flush=True)


if __name__ == "__main__":
    main()
