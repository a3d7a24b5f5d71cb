"""Test that the size of a side, known before the run, decides where a semi join happens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

import glowray as gr
from glowray.dataset import Dataset
from glowray.physical.planning import Rules
from glowray.plan import placement
from glowray.plan.by_key import Join
from glowray.plan.placement import is_small
from tests.optimize.planned import planned

Rows = Dataset[Any]


def few(flow: gr.Flow) -> Rows:
    return flow.from_items([("a", 1), ("c", 3)], partitions=1)


def many(flow: gr.Flow, partitions: int = 4) -> Rows:
    return flow.from_items([(letter, place) for place, letter in enumerate("abcdeabc")], partitions=partitions)


def yields_twice(row: Any) -> Iterator[Any]:
    if row:
        yield row
        yield row


def yields_again(row: Any) -> Iterator[Any]:
    while True:
        yield row


def yields_from(row: Any) -> Iterator[Any]:
    yield from range(row)


SMALL: dict[str, tuple[Callable[[Rows], Rows], bool]] = {
    "map": (lambda rows: rows.map(lambda key, value: (key, value)), True),
    "filter": (lambda rows: rows.filter(bool), True),
    "map_values": (lambda rows: rows.map_values(str), True),
    "distinct": (lambda rows: rows.distinct(), True),
    "sort and limit": (lambda rows: rows.sort().limit(3), True),
    "union": (lambda rows: rows.union(rows), True),
    "reduce_by_key": (lambda rows: rows.reduce_by_key(max), True),
    "semi join": (lambda rows: rows.join(rows, how="semi"), True),
    "flat_map": (lambda rows: rows.flat_map(lambda row: [row] * 1000), False),
    "flat_map_values": (lambda rows: rows.flat_map_values(lambda n: range(n)), False),
    "a few yields": (lambda rows: rows.flat_map(yields_twice), True),
    "a few yields of values": (lambda rows: rows.flat_map_values(yields_twice), True),
    "yields in a loop": (lambda rows: rows.flat_map(yields_again), False),
    "yields of another": (lambda rows: rows.flat_map(yields_from), False),
    "map_partitions": (lambda rows: rows.map_partitions(list), False),
    "join": (lambda rows: rows.join(rows), False),
    "co_group": (lambda rows: rows.co_group(rows), False),
    "cartesian": (lambda rows: rows.cartesian(rows), False),
}


@pytest.mark.parametrize("verb", SMALL)
def test_what_may_be_many_rows_is_not_small(verb: str) -> None:
    build, small = SMALL[verb]
    assert is_small(build(few(gr.Flow(engine="inline")))._node) is small


def test_much_to_read_is_not_small(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = few(gr.Flow(engine="inline"))
    assert is_small(rows._node)
    monkeypatch.setattr(placement, "WHOLE_BYTES", 20)
    assert not is_small(rows._node)
    assert not is_small(gr.from_source(lambda index: iter([1]), 1)._node)


def test_a_filled_cache_changes_nothing() -> None:
    flow = gr.Flow(engine="inline")
    for side, small in ((few(flow), True), (few(flow).flat_map(lambda row: [row]), False)):
        kept = side.cache()
        assert is_small(kept._node) is small
        kept.count()
        assert is_small(kept._node) is small


def test_rows_stay_where_they_are() -> None:
    flow = gr.Flow(engine="inline")
    rows = many(flow)
    kept = rows.join(few(flow), how="semi")
    assert kept.map_partitions(lambda rows: [list(rows)]).collect() == [
        [("a", 0)],
        [("c", 2)],
        [("a", 5)],
        [("c", 7)],
    ]
    lines = kept.explain().splitlines()
    assert [line for line in lines if "reads" in line] == ["  2  from_items→join  4 partitions  reads 1 (broadcast)"]
    assert rows.subtract(flow.from_items([("b", 1), ("d", 3)], partitions=1)).collect() == [
        ("a", 0), ("c", 2), ("e", 4), ("a", 5), ("b", 6), ("c", 7)
    ]  # fmt: skip


@pytest.mark.parametrize(
    "build",
    [
        lambda flow: many(flow).join(few(flow)),
        lambda flow: few(flow).join(many(flow), how="semi"),
        lambda flow: many(flow).partition_by_key(4).join(few(flow), how="semi"),
        lambda flow: many(flow).join(few(flow), few(flow).map_partitions(list), how="anti"),
    ],
)
def test_elsewhere_equal_keys_meet(build: Callable[[gr.Flow], Rows]) -> None:
    node = build(gr.Flow(engine="inline"))._node
    assert isinstance(node, Join)
    assert not node.stays
    assert node.key_partitions == node.num_partitions


def test_two_in_a_row_in_the_branches_of_a_union() -> None:
    flow = gr.Flow(engine="inline")
    few_more = flow.from_items([("b", None)], partitions=1)
    either = many(flow).join(few(flow), how="anti").union(many(flow, 2)).join(few_more, how="anti")
    assert either.collect() == [
        row for row in many(flow).collect() if row[0] in "de"
    ] + [row for row in many(flow, 2).collect() if row[0] != "b"]  # fmt: skip


@pytest.mark.parametrize("rules", [Rules(), Rules((), ()), Rules(physical=())])
def test_no_rule_changes_it(rules: Rules) -> None:
    flow = planned(rules.logical, rules.physical)
    rows = many(flow).join(few(flow).sort().limit(1), how="semi")
    assert rows.map_partitions(lambda rows: [list(rows)]).collect() == [[("a", 0)], [], [("a", 5)], []]


def test_a_row_that_is_not_keyed_is_named() -> None:
    flow = gr.Flow(engine="inline")
    rows = flow.from_items([("a", 1), 5], partitions=1)
    for join in (rows.join(few(flow), how="semi"), few(flow).join(rows, how="semi")):
        assert isinstance(join._node, Join) and join._node.stays
        with pytest.raises(TypeError, match=r"join\(\) needs rows that are 2-tuples \(key, value\), got 5 \(int\)"):
            join.collect()
