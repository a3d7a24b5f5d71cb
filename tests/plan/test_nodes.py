"""Test that every kind of node names its inputs, and can be rebuilt over other children."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

import pytest

import glowray as gr
from glowray.plan import by_key, nodes
from glowray.plan.nodes import Node

KINDS = [
    kind
    for module in (nodes, by_key)
    for kind in vars(module).values()
    if isinstance(kind, type) and issubclass(kind, Node) and kind.__module__ == module.__name__
]
ABSTRACT = {nodes.Node, nodes.Unary, nodes.Wide, nodes.Single, nodes.TwoSided, by_key.Meeting}


def plans() -> Iterator[Node]:
    """Return plans that contain every kind of node."""
    flow = gr.Flow(engine="inline")
    rows = flow.from_items([("a", 1), ("b", 2)], partitions=2)
    other = flow.from_items([("a", 3)], partitions=1)
    yield rows.map(str).repartition(3).sort().top(2).cache().union(other)._node
    yield rows.limit(1).zip_with_index().reduce(max)._node
    yield rows.local_sort().merge_sorted().cartesian(other).zip(rows)._node
    yield rows.merge_reduce(max).reduce_by_key(max).co_group(other)._node
    yield rows.partition_by_key(2).group_by_key().join(other)._node


def test_every_kind_is_tried() -> None:
    assert {type(node) for plan in plans() for node in plan.walk()} == set(KINDS) - ABSTRACT


@pytest.mark.parametrize("place", range(len(list(plans()))))
def test_a_node_over_other_children(place: int) -> None:
    plan = list(plans())[place]
    for node in plan.walk():
        assert node.rebuild(node.children) is node
        if not node.children:
            continue
        others = [gr.Flow(engine="inline").from_range(1)._node for _ in node.children]
        made = node.rebuild(others)
        assert type(made) is type(node)
        assert list(made.children) == others
        kept = [field.name for field in fields(node) if field.name not in ("input", "left", "right", "sides", "parts")]
        assert all(getattr(made, name) is getattr(node, name) for name in kept)


def test_a_node_without_children_has_no_place_for_one() -> None:
    node = gr.from_range(1)._node
    assert node.rebuild([]) is node
    with pytest.raises(ValueError, match=r"shorter|longer"):
        node.rebuild([node])
