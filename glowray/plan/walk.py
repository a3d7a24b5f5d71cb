"""Walks over plans. They are loops, so that a plan may have a chain of any number of nodes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeVar


class Reading(Protocol):
    """A node, as walks see it."""

    @property
    def children(self: N) -> tuple[N, ...]: ...


N = TypeVar("N", bound=Reading)


def children_of(node: N) -> Sequence[N]:
    """Return the nodes that a node reads."""
    return node.children


def walk(targets: Sequence[N], children: Callable[[N], Sequence[N]] = children_of) -> Iterator[N]:
    """Yield every node of these plans once. A node comes after its children, and the first child's nodes come first.

    Args:
        targets: the last nodes of the plans.
        children: returns the nodes to visit before a node.
    """
    done: set[int] = set()
    stack = [(node, False) for node in reversed(targets)]
    while stack:
        node, is_ready = stack.pop()
        if id(node) in done:
            continue
        if is_ready:
            done.add(id(node))
            yield node
        else:
            stack.append((node, True))
            stack.extend((child, False) for child in reversed(children(node)) if id(child) not in done)


def reader_counts(targets: Sequence[Reading]) -> Counter[int]:
    """Count the readers of each node, by its id. The action counts as a reader of each target."""
    counts: Counter[int] = Counter()
    for node in walk(targets):
        counts.update(map(id, node.children))
    counts.update(map(id, targets))
    return counts
