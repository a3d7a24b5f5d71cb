"""Test that walks visit each node once, children first, in plans of any length."""

from __future__ import annotations

from typing import Any

import pytest

import glowray as gr
from glowray.dataset import Dataset
from glowray.plan.nodes import Narrow, Node
from glowray.plan.walk import children_of, reader_counts, walk


def flow() -> gr.Flow:
    return gr.Flow(engine="inline")


def test_children_come_before_their_reader_the_first_child_first() -> None:
    left, right = flow().from_items([1]), flow().from_items([2])
    first, second = left.map(str), right.filter(bool)
    both = first.union(second)
    plan = both.union(first)
    assert list(plan._node.walk()) == [each._node for each in (left, first, right, second, both, plan)]


def test_a_node_that_is_read_many_times_is_visited_once() -> None:
    rows: Dataset[Any] = flow().from_items([1], partitions=1)
    for _ in range(60):
        rows = rows.union(rows)
    visits: list[Node] = []

    def children(node: Node) -> tuple[Node, ...]:
        visits.append(node)
        return tuple(children_of(node))

    assert len(list(walk([rows._node], children))) == len(visits) == 61
    assert rows.num_partitions == 2**60


def test_readers_are_counted_with_the_action_as_one() -> None:
    rows = flow().from_items([1])
    twice, other = rows.union(rows), rows.map(str)
    counts = reader_counts([twice._node, other._node])
    assert [counts[id(each._node)] for each in (rows, twice, other)] == [3, 1, 1]


@pytest.mark.slow
def test_a_hundred_thousand_nodes() -> None:
    node = flow().from_range(3, partitions=2).map(abs)._node
    assert isinstance(node, Narrow)
    for _ in range(99_999):
        node = Narrow(node, node.step)
    assert sum(1 for _ in node.walk()) == 100_001
    assert (node.num_partitions, node.key_partitions) == (2, None)
    assert node.known_bytes is not None
    assert repr(node) == "<Narrow map(abs)>"
