"""In which partitions the rows of a join are: part of what the verb means, settled when it is called.

It follows from the input alone. Rules, levels and filled caches change nothing in it, so they change no row's place.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from glowray.plan.nodes import Node

WHOLE_BYTES = 4 << 20
"""Bytes of input up to which every task may read a side whole. A shuffle costs less than more bytes, for each task
would sort those rows again."""


def is_small(node: Node) -> bool:
    """Return whether little is read for these rows, and no operator makes many rows of one."""
    return node.known_bytes is not None and node.known_bytes <= WHOLE_BYTES


def common_partitions(sides: Sequence[Node]) -> int:
    """Return the number of partitions in which equal keys of several sides meet.

    A side that is partitioned by key sets it, and then need not move.
    """
    settled = [side.key_partitions for side in sides if side.key_partitions is not None]
    return max(settled) if settled else max(side.num_partitions for side in sides)


def first_side_stays(sides: Sequence[Node], how: str, *, keeps_rows: bool) -> bool:
    """Return whether a join leaves the first side's rows in their partitions, and gives each of these the others whole.

    Args:
        sides: the nodes to join.
        how: "inner", "left", …
        keeps_rows: whether the join gives rows of the first side unchanged.

    A small first side moves unless its rows are kept: verbs by key that follow then need no shuffle.
    """
    first, *others = sides
    is_widest = first.key_partitions is None and first.num_partitions == common_partitions(sides)
    leads = keeps_rows or (how in ("inner", "left") and is_widest and not is_small(first))
    return leads and is_widest and all(map(is_small, others))
