"""How much a node's rows can be, as far as the plan tells before anything has run."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from glowray.plan.nodes import Node

WHOLE_BYTES = 4 << 20
"""What is read for a side that every task of another side gets whole. For more than that the shuffle is cheaper: each
task would sort those rows again."""


def is_small(node: Node) -> bool:
    """Whether what these rows are made of is known to be little, and no step makes many rows of one.

    It follows from the input alone: rules, levels and filled caches change nothing in it.
    """
    return node.known_bytes is not None and node.known_bytes <= WHOLE_BYTES
