"""Shuffles through object stores: how many objects each task gives, and how small ones are put together.

M tasks and P readers would make M × P blocks, and the driver needs about 2 kB for each. So a task gives a slice for
each node that reads, with the rows of all readers there. Readers of a node share its slices. If the rows do not fit
into the stores, a task gives more slices. The readers of a node then need only some of them at once.

Many small slices cost their readers more than their rows do. So tasks gather the slices of a node into larger ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from glowray.engine.task.payload import pack
from glowray.engine.task.protocol import Done, Engine, Ref, Slot, Task
from glowray.kernels import Fragment
from glowray.kernels.ends.exchange import ByKey, ByRange, Exchange, GatherSlices, Shuffle
from glowray.kernels.ends.sources import NoRows
from glowray.physical.stages.grouping import Grouping
from glowray.physical.stages.stage import StageRun

MANY_OBJECTS = 1 << 15
"""Objects that a shuffle may make if its rows do not fit into the stores: about 75 MB in the driver."""

FEW_OBJECTS = 1 << 10
"""Objects that a shuffle may make if its tasks read less than 1/GROWTH of the bytes that fit into the stores."""

GROWTH = 16

MANY_READS = 1 << 13
"""Objects that the readers of a stage read, over all of them, before slices are gathered."""

GATHERED_BYTES = 64 << 20
"""The size up to which slices are gathered …"""

MOST_SLICES = 1000
"""… unless a reader would still read more slices than this. Then the gathered objects are larger."""


def settled(run: StageRun, groupings: Sequence[Grouping], engine: Engine) -> Exchange:
    """Return the exchange of a stage that starts, with the number of objects that each call of a worker gives."""
    exchange, shared = run.plan.exchange, engine.shared_bytes()
    if not (run.plan.node_slices and shared and isinstance(exchange, ByKey | ByRange)):
        return exchange
    nodes, calls = len(engine.store_nodes()), sum(len(grouping.groups) for grouping in groupings)
    read = [size for grouping in groupings for size in grouping.sizes or (shared,)]
    few = min(nodes, exchange.count)
    many = _many(calls, exchange.count, nodes, FEW_OBJECTS if sum(read) * GROWTH < shared else MANY_OBJECTS)
    if isinstance(exchange, ByKey):
        return replace(exchange, slices=many, fewer=few, share=shared // max(calls, 1))
    (sorted_runs,) = run.plan.branches[0].wires[0].stages
    reports = run.runs[sorted_runs].ended
    fits = sum(report.sizes[0] for report in reports) <= shared
    # To read a part of a run with pickled values is to unpickle all of it.
    are_columns = not any(report.pickled_values for report in reports)
    in_place = fits and nodes == 1 and are_columns and run.plan.num_tasks * exchange.count <= MANY_READS
    return replace(exchange, slices=few if fits else many, in_place=in_place)


def _many(tasks: int, count: int, nodes: int, objects: int) -> int:
    """Return the number of slices if the rows do not fit into the stores: `count`, or a multiple of the nodes."""
    if tasks * count <= objects:
        return count
    return min(count, max(1, objects // tasks // nodes) * nodes)


@dataclass(frozen=True, slots=True)
class _Unit:
    """Neighbouring slices of one layer that become one: of layer `layer`, place `place`, refs [start, stop)."""

    layer: int
    place: int
    start: int
    stop: int


def gather(run: StageRun, engine: Engine, name: str) -> Iterator[Done]:
    """Put small slices of a stage together, by tasks of the engine. Yield each task that ended."""
    exchange, plan = run.exchange, run.plan
    layers = run.layers if isinstance(exchange, Shuffle) and plan.num_tasks * exchange.count > MANY_READS else []
    if not isinstance(exchange, Shuffle) or sum(layer.reads(exchange.count) for layer in layers) <= MANY_READS:
        return
    units = [
        _Unit(number, place, start, stop)
        for number, layer in enumerate(layers)
        if len(layer.refs) < exchange.count
        for place, sizes in enumerate(layer.sizes)
        for start, stop in gathered_neighbours(sizes)
    ]
    payload = pack(Fragment(NoRows("gather", "gather"), (), GatherSlices(exchange.joins)))
    nodes = engine.store_nodes()
    tasks = [
        Task(
            name=f"{name} · {plan.number} gather",
            identity=(plan.number, plan.num_tasks + place),
            payload=payload,
            partition=place,
            inputs=(tuple(map(Slot, layers[unit.layer].refs[unit.place][unit.start : unit.stop])),),
            outputs=1,
            after=len(units) - place,  # the readers follow
            near=nodes[unit.place % len(nodes)],
        )
        for place, unit in enumerate(units)
    ]
    gathered: dict[_Unit, Ref] = {}
    for done in engine.run(iter(tasks)):
        yield done
        if done.blocks:
            gathered[units[done.task.partition]] = done.blocks[0]
    for unit in reversed(units):  # from the last on, so that the places of those before stay
        layer = layers[unit.layer]
        layer.refs[unit.place][unit.start : unit.stop] = [gathered[unit]]


def gathered_neighbours(sizes: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield [start, stop) of the neighbours that become one object, given the sizes of slices in bytes."""
    return _neighbours(sizes, max(GATHERED_BYTES, sum(sizes) // MOST_SLICES))


def _neighbours(sizes: Sequence[int], most: int) -> Iterator[tuple[int, int]]:
    """Yield [start, stop) of neighbours of `most` bytes or less together. One alone is not yielded.

    >>> list(_neighbours([40, 10, 50, 90, 1, 2], 64))
    [(0, 2), (4, 6)]
    """
    start = total = 0
    for place, size in enumerate([*sizes, most + 1]):
        if total + size > most:
            if place - start > 1:
                yield start, place
            start, total = place, 0
        total += size
