"""Test that verbs only build plans, and that actions run no more of them than they need."""

from __future__ import annotations

import queue
from collections.abc import Callable
from typing import Any

import pytest

import glowray as gr
from glowray.dataset import Dataset
from tests.engine.doubles import CountingEngine, ForbiddenEngine

VERBS: dict[str, Callable[[Dataset[Any]], Any]] = {
    "map": lambda ds: ds.map(str),
    "flat_map": lambda ds: ds.flat_map(list),
    "filter": lambda ds: ds.filter(bool),
    "map_values": lambda ds: ds.map_values(str),
    "flat_map_values": lambda ds: ds.flat_map_values(list),
    "keys": lambda ds: ds.keys(),
    "values": lambda ds: ds.values(),
    "key_by": lambda ds: ds.key_by(str),
    "map_partitions": lambda ds: ds.map_partitions(list),
    "union": lambda ds: ds.union(ds),
    "distinct": lambda ds: ds.distinct(),
    "limit": lambda ds: ds.limit(1),
    "sample": lambda ds: ds.sample(0.5),
    "sample_by_key": lambda ds: ds.sample_by_key({1: 0.5}),
    "random_split": lambda ds: ds.random_split([1, 2]),
    "reverse": lambda ds: ds.reverse(),
    "take_while": lambda ds: ds.take_while(bool),
    "drop_while": lambda ds: ds.drop_while(bool),
    "sliding": lambda ds: ds.sliding(2),
    "sum_by_key": lambda ds: ds.sum_by_key(),
    "mean_by_key": lambda ds: ds.mean_by_key(),
    "min_by_key": lambda ds: ds.min_by_key(),
    "max_by_key": lambda ds: ds.max_by_key(),
    "top_by_key": lambda ds: ds.top_by_key(2, abs),
    "repartition": lambda ds: ds.repartition(3),
    "partition_by_key": lambda ds: ds.partition_by_key(3),
    "sort": lambda ds: ds.sort(),
    "top": lambda ds: ds.top(1),
    "subtract": lambda ds: ds.subtract(ds),
    "intersection": lambda ds: ds.intersection(ds),
    "cartesian": lambda ds: ds.cartesian(ds),
    "zip": lambda ds: ds.zip(ds),
    "zip_with_index": lambda ds: ds.zip_with_index(),
    "reduce": lambda ds: ds.reduce(max),
    "aggregate": lambda ds: ds.aggregate(0, max, max),
    "reduce_by_key": lambda ds: ds.reduce_by_key(max),
    "aggregate_by_key": lambda ds: ds.aggregate_by_key(0, max, max),
    "count_by_key": lambda ds: ds.count_by_key(),
    "count_by_value": lambda ds: ds.count_by_value(),
    "group_by_key": lambda ds: ds.group_by_key(),
    "group_by": lambda ds: ds.group_by(str),
    "join": lambda ds: ds.join(ds),
    "co_group": lambda ds: ds.co_group(ds),
    "cache": lambda ds: ds.cache(),
    "uncache": lambda ds: ds.cache().uncache(),
    "local_sort": lambda ds: ds.local_sort(),
    "local_reduce": lambda ds: ds.local_reduce(max),
    "local_reduce_by_key": lambda ds: ds.local_reduce_by_key(max),
    "local_group_by_key": lambda ds: ds.local_group_by_key(),
    "merge_sorted": lambda ds: ds.merge_sorted(),
    "merge_reduce": lambda ds: ds.merge_reduce(max),
    "output": lambda ds: ds.output(queue.Queue()),
    "explain": lambda ds: ds.explain(),
    "repr": repr,
    "num_partitions": lambda ds: ds.num_partitions,
    "take(0)": lambda ds: ds.take(0),
}


@pytest.mark.parametrize("verb", VERBS)
def test_nothing_runs_before_an_action(forbidden: ForbiddenEngine, verb: str) -> None:
    VERBS[verb](gr.Flow(engine=forbidden).from_items([(1, 2), (3, 4)]))


def test_an_action_runs(forbidden: ForbiddenEngine) -> None:
    with pytest.raises(AssertionError, match="something ran"):
        gr.Flow(engine=forbidden).from_items([1]).collect()


@pytest.fixture
def flow(counting: CountingEngine) -> gr.Flow:
    return gr.Flow("lazy", engine=counting)


def test_a_narrow_chain_is_one_task_a_partition(flow: gr.Flow, counting: CountingEngine) -> None:
    rows = flow.from_items(range(9), partitions=3)
    rows.map(str).filter(bool).flat_map(list).key_by(int).map_values(int).keys().collect()
    assert counting.tasks == {1: 3}
    assert counting.names[0] == "lazy · 1 from_items→map→filter→flat_map→key_by→map_values→keys"


def test_taking_few_rows_runs_few_tasks(flow: gr.Flow, counting: CountingEngine) -> None:
    rows = flow.from_items(range(64), partitions=64)
    assert rows.take(1) == [0]
    assert counting.tasks[1] == 1
    counting.tasks.clear()
    assert rows.take(3) == [0, 1, 2]
    assert counting.tasks[1] <= 4


def test_iteration_runs_no_partition_before_it_is_reached(flow: gr.Flow, counting: CountingEngine) -> None:
    rows = iter(flow.from_items(range(8), partitions=8))
    assert counting.tasks == {}
    assert next(rows) == 0
    assert counting.tasks[1] <= 2


def test_a_second_keyed_verb_does_not_shuffle_again(flow: gr.Flow, counting: CountingEngine) -> None:
    rows = flow.from_items([(n % 3, n) for n in range(12)], partitions=4)
    counts = rows.reduce_by_key(max).map_values(str).filter(bool).group_by_key().map_values(len).count_by_key()
    assert sorted(counts.collect()) == [(0, 1), (1, 1), (2, 1)]
    assert counting.shuffles == 1
    assert counting.tasks == {1: 4, 2: 4}


def test_a_join_of_sides_that_are_partitioned_alike_moves_neither(flow: gr.Flow, counting: CountingEngine) -> None:
    sides = [flow.from_items([(n % 3, n) for n in range(12)], partitions=4).partition_by_key(5) for _ in range(2)]
    sides[0].join(sides[1]).collect()
    assert counting.shuffles == 2, "only the two partition_by_key()"


def test_a_partition_needs_no_shuffle(flow: gr.Flow, counting: CountingEngine) -> None:
    rows = flow.from_items([(n % 3, n) for n in range(12)], partitions=1)
    rows.reduce_by_key(max).group_by_key().keys().sort().distinct().top(2).collect()
    assert counting.tasks == {1: 1}


def test_a_sort_samples_and_shuffles_once(flow: gr.Flow, counting: CountingEngine) -> None:
    flow.from_items(range(9, 0, -1), partitions=3).sort().collect()
    assert counting.tasks == {1: 3, 2: 1, 3: 3, 4: 3}


def test_count_brings_no_row(flow: gr.Flow, counting: CountingEngine) -> None:
    assert flow.from_items(range(10), partitions=3).count() == 10
    assert counting.outputs == {1: 0}
    assert flow.stats.driver_bytes == 0
