"""Test that partition counts follow from the input alone, and that the predicted count is the count at run time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import glowray as gr
from glowray.dataset import Dataset
from glowray.plan.nodes import Node


def rows(partitions: int, flow: gr.Flow | None = None) -> Dataset[Any]:
    flow = flow or gr.Flow(engine="inline")
    return flow.from_items([(n % 3, n) for n in range(7)], partitions=partitions)


COUNTS: dict[str, tuple[Callable[[Dataset[Any]], Dataset[Any]], int]] = {
    "map": (lambda ds: ds.map(str), 3),
    "filter": (lambda ds: ds.filter(bool), 3),
    "flat_map": (lambda ds: ds.flat_map(list), 3),
    "map_partitions": (lambda ds: ds.map_partitions(list), 3),
    "union": (lambda ds: ds.union(rows(2, ds.flow)), 5),
    "distinct": (lambda ds: ds.distinct(), 3),
    "limit": (lambda ds: ds.limit(2), 1),
    "sample": (lambda ds: ds.sample(0.5, 1), 3),
    "sample with replacement": (lambda ds: ds.sample(2.0, 1, replace=True), 3),
    "random_split": (lambda ds: ds.random_split([1, 1], 1)[1], 3),
    "reverse": (lambda ds: ds.reverse(), 3),
    "take_while": (lambda ds: ds.take_while(lambda key, n: n < 1), 3),
    "drop_while": (lambda ds: ds.drop_while(lambda key, n: n < 1), 3),
    "sliding": (lambda ds: ds.sliding(9), 3),
    "sum_by_key": (lambda ds: ds.sum_by_key(), 3),
    "top_by_key": (lambda ds: ds.top_by_key(1), 3),
    "repartition": (lambda ds: ds.repartition(4), 4),
    "partition_by_key": (lambda ds: ds.partition_by_key(4), 4),
    "partition_by_key, sorted": (lambda ds: ds.partition_by_key(4, sort=True), 4),
    "sort": (lambda ds: ds.sort(), 3),
    "top": (lambda ds: ds.top(2), 1),
    "subtract": (lambda ds: ds.subtract(rows(5, ds.flow)), 5),
    "intersection": (lambda ds: ds.intersection(rows(5, ds.flow)), 5),
    "cartesian": (lambda ds: ds.cartesian(rows(2, ds.flow)), 6),
    "zip": (lambda ds: ds.zip(rows(5, ds.flow)), 3),
    "zip_with_index": (lambda ds: ds.zip_with_index(), 3),
    "reduce": (lambda ds: ds.reduce(max), 1),
    "aggregate": (lambda ds: ds.aggregate(0, lambda a, row: a + 1, int.__add__), 1),
    "reduce_by_key": (lambda ds: ds.reduce_by_key(max), 3),
    "group_by_key": (lambda ds: ds.group_by_key(), 3),
    "count_by_value": (lambda ds: ds.count_by_value(), 3),
    "join": (lambda ds: ds.join(rows(5, ds.flow), rows(2, ds.flow)), 5),
    "join of a partitioned side": (lambda ds: ds.partition_by_key(2).join(rows(5, ds.flow)), 2),
    "co_group": (lambda ds: ds.co_group(rows(2, ds.flow)), 3),
    "cache": (lambda ds: ds.cache(), 3),
    "local_sort": (lambda ds: ds.local_sort(), 3),
    "merge_sorted": (lambda ds: ds.local_sort().merge_sorted(), 1),
    "merge_reduce": (lambda ds: ds.merge_reduce(max), 1),
}


@pytest.mark.parametrize("verb", COUNTS)
def test_partitions_of_a_verb(verb: str) -> None:
    build, count = COUNTS[verb]
    made = build(rows(3))
    assert made.num_partitions == count
    assert made.map_partitions(lambda index, rows: [index]).collect() == list(range(count))


@given(st.integers(0, 40), st.integers(1, 12))
def test_slices_differ_by_one_row_at_most(length: int, partitions: int) -> None:
    flow = gr.Flow(engine="inline")
    for source in (flow.from_items(range(length), partitions), flow.from_range(length, partitions=partitions)):
        slices = source.map_partitions(lambda rows: [list(rows)]).collect()
        assert [n for part in slices for n in part] == list(range(length))
        assert len(slices) == partitions
        assert max(map(len, slices)) - min(map(len, slices)) <= 1


KEEPS: dict[str, tuple[Callable[[Dataset[Any]], Dataset[Any]], bool]] = {
    "map_values": (lambda ds: ds.map_values(str), True),
    "flat_map_values": (lambda ds: ds.flat_map_values(lambda n: [n]), True),
    "filter": (lambda ds: ds.filter(bool), True),
    "cache": (lambda ds: ds.cache(), True),
    "map": (lambda ds: ds.map(lambda row: row), False),
    "take_while": (lambda ds: ds.take_while(bool), True),
    "drop_while": (lambda ds: ds.drop_while(bool), True),
    "sorted anew": (lambda ds: ds.partition_by_key(4, sort=True), True),
    "reverse": (lambda ds: ds.reverse(), False),
    "sliding": (lambda ds: ds.sliding(1), False),
    "values": (lambda ds: ds.values(), False),
    "key_by": (lambda ds: ds.key_by(str), False),
    "union": (lambda ds: ds.union(ds), False),
    "repartition": (lambda ds: ds.repartition(4), False),
    "sort": (lambda ds: ds.sort(), False),
    "sample": (lambda ds: ds.sample(1.0, 1), False),
}


@pytest.mark.parametrize("verb", KEEPS)
def test_what_is_known_of_key_partitions(verb: str) -> None:
    build, keeps = KEEPS[verb]
    assert build(rows(3).partition_by_key(4))._node.key_partitions == (4 if keeps else None)
    assert rows(3)._node.key_partitions is None


def test_an_abstract_node_names_itself() -> None:
    with pytest.raises(TypeError, match="Node has no verb"):
        Node().verb
