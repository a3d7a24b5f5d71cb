"""Test that every verb with a function takes name=, on_error=, num_cpus=, num_gpus= and memory=."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import glowray as gr
from glowray.physical.lower import lowering
from glowray.plan.nodes import Node

Rows = Any


def identity(row: Any) -> Any:
    return row


def pick(a: Any, b: Any) -> Any:
    return a


VERBS: dict[str, Callable[..., Rows]] = {
    "map": lambda rows, **given: rows.map(identity, **given),
    "flat_map": lambda rows, **given: rows.flat_map(lambda row: [row], **given),
    "filter": lambda rows, **given: rows.filter(bool, **given),
    "key_by": lambda rows, **given: rows.key_by(identity, **given),
    "group_by": lambda rows, **given: rows.group_by(identity, **given),
    "map_values": lambda rows, **given: rows.map_values(identity, **given),
    "flat_map_values": lambda rows, **given: rows.flat_map_values(lambda row: [row], **given),
    "distinct": lambda rows, **given: rows.distinct(identity, **given),
    "sort": lambda rows, **given: rows.sort(gr.whole(identity), **given),
    "top": lambda rows, **given: rows.top(2, gr.whole(identity), **given),
    "top_by_key": lambda rows, **given: rows.top_by_key(2, identity, **given),
    "take_while": lambda rows, **given: rows.take_while(gr.whole(identity), **given),
    "drop_while": lambda rows, **given: rows.drop_while(gr.whole(identity), **given),
    "local_sort": lambda rows, **given: rows.local_sort(gr.whole(identity), **given),
    "merge_sorted": lambda rows, **given: rows.merge_sorted(gr.whole(identity), **given),
    "reduce": lambda rows, **given: rows.reduce(pick, **given),
    "aggregate": lambda rows, **given: rows.aggregate(0, pick, pick, **given),
    "reduce_by_key": lambda rows, **given: rows.reduce_by_key(pick, **given),
    "aggregate_by_key": lambda rows, **given: rows.aggregate_by_key(0, pick, pick, **given),
    "local_reduce": lambda rows, **given: rows.local_reduce(pick, **given),
    "merge_reduce": lambda rows, **given: rows.merge_reduce(pick, **given),
    "local_reduce_by_key": lambda rows, **given: rows.local_reduce_by_key(pick, **given),
    "map_partitions": lambda rows, **given: rows.map_partitions(iter, **given),
    "map_batches": lambda rows, **given: rows.map_batches(identity, **given),
}


def asked(node: Node) -> list[float | None]:
    """Return the CPUs that the stages of a plan ask for."""
    plan = lowering([node])
    return [branch.resources.num_cpus for branch in plan.lower(node).branches] + [
        branch.resources.num_cpus for stage in plan.stages for branch in stage.branches
    ]


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_takes_all_options(verb: str) -> None:
    rows = gr.Flow(engine="inline").from_items([(1, 2), (3, 4), (1, 5)], partitions=2)
    plain = VERBS[verb](rows)
    full = VERBS[verb](rows, name="mine", on_error="raise", num_cpus=0.5, memory=1000)
    assert full.num_partitions == plain.num_partitions
    assert full.collect() == plain.collect()
    assert 0.5 in asked(full._node)
    with pytest.raises(ValueError, match="on_error"):
        VERBS[verb](rows, on_error="ignore")


@pytest.mark.parametrize("verb", ["distinct", "sort", "top", "local_sort", "merge_sorted"])
def test_rows_on_which_a_key_fails_are_dropped_where_that_is_asked_for(verb: str) -> None:
    flow = gr.Flow(engine="inline")
    rows = flow.from_items(["3", "x", "1"], partitions=2)
    calls: dict[str, Callable[..., Rows]] = {
        "distinct": lambda **given: rows.distinct(int, **given),
        "sort": lambda **given: rows.sort(int, **given),
        "top": lambda **given: rows.top(5, int, **given),
        "local_sort": lambda **given: rows.local_sort(int, **given),
        "merge_sorted": lambda **given: rows.merge_sorted(int, **given),
    }
    with pytest.raises(ValueError, match="invalid literal"):
        calls[verb]().collect()
    assert sorted(calls[verb](on_error="skip").collect()) == ["1", "3"]
    assert flow.skipped == {verb: 1}
    if verb == "sort":
        assert calls[verb](on_error="skip").collect() == ["1", "3"]
        assert calls[verb](on_error="skip", reverse=True).collect() == ["3", "1"]
