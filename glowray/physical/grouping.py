"""Small partitions of a stage in one call of a worker, decided from their sizes before the stage's tasks start.

A call costs Ray some milliseconds, more than the rows of a small partition do. The tasks of a group run one after the
other, each as it would alone. So a group changes neither rows nor partitions nor errors.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, zip_longest

from glowray.engine.task.protocol import Engine
from glowray.io.reader import Reader
from glowray.kernels.ends.sources import ReadSource
from glowray.physical.stages.grouping import Grouping
from glowray.physical.stages.stage import Branch, Runs
from glowray.resources import Resources

GROUP_BYTES = 64 << 20
"""The bytes up to which neighbouring partitions are read by one call."""

MANY_SLICES = 800_000
"""Objects that the calls of a shuffle may give, an object a node each: about 2 GB in the driver."""

FEWER = 4
"""Calls that would give more objects may be this many times fewer. The CPUs then wait longer for the last ones."""


def grouping(
    branch: Branch, runs: Runs, needs: Resources, engine: Engine, *, is_sliced: bool = False, merges: bool = False
) -> Grouping:
    """Return the groups of a branch's partitions. Each is alone if there are few, or if their sizes are not known.

    Tasks that ask for CPUs, GPUs or labels are alone, as they may need to run at the same time. `is_sliced`: a call
    gives an object to each node that reads. `merges`: the objects of a call hold the rows of all its tasks in one.

    Tasks that read the slices of their node are grouped by node: of two nodes, tasks 0, 2, 4 and tasks 1, 3, 5. These
    groups may not merge, because their readers take the rows of task 0, 1, 2 in this order.
    """
    nodes, least, most = len(engine.store_nodes()), engine.least_groups(), GROUP_BYTES
    are_many = is_sliced and branch.count * nodes > MANY_SLICES
    if are_many:
        least = min(least, max(least // FEWER, MANY_SLICES // nodes))
    is_plain = needs.num_cpus is None and needs.num_gpus is None and not needs.labels
    is_by_node = nodes > 1 and any(wire.shuffles for wire in branch.reads)
    is_plain = is_plain and not (merges and is_by_node)
    sizes = bytes_read(branch, runs) if is_plain and 0 < 2 * least <= branch.count else None
    if sizes is None:
        return Grouping.alone(branch.count)
    if are_many:
        most = max(most, sum(sizes) * nodes // MANY_SLICES)
    lanes = nodes if is_by_node else 1
    numbers = [range(lane, branch.count, lanes) for lane in range(lanes)]
    in_turn = chain.from_iterable(zip_longest(*(_neighbours(lane, sizes, least, most) for lane in numbers)))
    groups = tuple(group for group in in_turn if group is not None)
    return Grouping(groups, tuple(sum(sizes[local] for local in group) for group in groups))


def bytes_read(branch: Branch, runs: Runs) -> list[int] | None:
    """Return about how many bytes each partition of a branch reads, None if that is not known."""
    if isinstance(branch.source, ReadSource):
        return _bytes_of_reader(branch.source.reader, branch.count)
    total = [0] * branch.count
    for wire in branch.reads:
        sizes = wire.sizes(branch.count, runs)
        if sizes is None:
            return None
        total = [before + size for before, size in zip(total, sizes, strict=True)]
    return total


def _bytes_of_reader(reader: Reader, count: int) -> list[int] | None:
    whole = reader.estimated_bytes
    return None if whole is None else [whole // reader.num_partitions] * count


def _neighbours(numbers: range, sizes: Sequence[int], least: int, most: int = GROUP_BYTES) -> Iterator[range]:
    """Cut the numbers of partitions into groups of neighbours. All partitions make about `least` groups or more.

    The groups are even: each takes up to the same share of the bytes and of the number of partitions together.

    >>> list(_neighbours(range(6), [1, 1, 8, 1, 1, 1], 2))
    [range(0, 2), range(2, 3), range(3, 6)]
    """
    mean = max(1.0, sum(sizes) / len(sizes))
    room = 2 * mean * len(sizes) / least
    first, held, weight = 0, 0, 0.0
    for place, number in enumerate(numbers):
        size = sizes[number]
        if place > first and (held + size > most or weight + size + mean > room):
            yield numbers[first:place]
            first, held, weight = place, 0, 0.0
        held, weight = held + size, weight + size + mean
    if first < len(numbers):
        yield numbers[first:]
