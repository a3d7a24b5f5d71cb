"""The choice of the partitions that hold a join's rows. It is part of the verb's meaning, made at the call.

It depends on the input alone. Rules, levels and filled caches do not change it, so they move no row.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from glowray.plan.nodes import Node

WHOLE_BYTES = 4 << 20
"""The most bytes of a side that every task may read whole. A larger side costs more than a shuffle, because each task
sorts its rows again.
"""


def is_small(node: Node) -> bool:
    """Return whether few bytes are read for these rows, and no operator turns one row into many."""
    return node.known_bytes is not None and node.known_bytes <= WHOLE_BYTES


def common_partitions(sides: Sequence[Node]) -> int:
    """Return the number of partitions in which equal keys of several sides meet.

    A side that is partitioned by key decides it, and then need not move.
    """
    settled = [side.key_partitions for side in sides if side.key_partitions is not None]
    return max(settled) if settled else max(side.num_partitions for side in sides)


def first_side_stays(sides: Sequence[Node], how: str, *, keeps_rows: bool) -> bool:
    """Return whether a join leaves the first side's rows in their partitions. Each then reads the other sides whole.

    Args:
        sides: the nodes to join.
        how: "inner", "left", …
        keeps_rows: whether the join gives rows of the first side unchanged.

    A small first side moves, unless its rows are kept. Later verbs by key then need no shuffle.
    """
    first, *others = sides
    is_widest = first.key_partitions is None and first.num_partitions == common_partitions(sides)
    leads = keeps_rows or (how in ("inner", "left") and is_widest and not is_small(first))
    return leads and is_widest and all(map(is_small, others))
