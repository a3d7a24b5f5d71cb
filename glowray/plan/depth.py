"""Plans of any length: what walks a plan calls itself once a node, and Python has to allow as many calls."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from glowray.plan.nodes import Node

CALLS_A_NODE = 8


@contextmanager
def walkable(nodes: Sequence[Node]) -> Iterator[None]:
    """Allows calls deep enough for these plans: a loop that adds a verb a round makes long ones."""
    usual = sys.getrecursionlimit()
    sys.setrecursionlimit(usual + CALLS_A_NODE * depth(nodes))
    try:
        yield
    finally:
        sys.setrecursionlimit(usual)


def depth(nodes: Sequence[Node]) -> int:
    """The number of nodes in the longest chain of inputs."""
    depths: dict[int, int] = {}
    stack = list(nodes)
    while stack:
        node = stack[-1]
        waiting = [source for source in node.inputs if id(source) not in depths]
        if waiting:
            stack.extend(waiting)
            continue
        stack.pop()
        depths[id(node)] = 1 + max((depths[id(source)] for source in node.inputs), default=0)
    return max((depths[id(node)] for node in nodes), default=0)
