"""Test that any value passes any exchange unchanged, and that typed rows move as Arrow columns, past the driver."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import glowray as gr
from glowray.dataset import Dataset
from tests.effort import examples
from tests.engine.doubles import Lab
from tests.oracle.exact import assert_rows, fingerprint
from tests.rows.hostile import VALUES, values

EXCHANGES: dict[str, Callable[[Dataset[Any]], Dataset[Any]]] = {
    "group_by_key": lambda ds: ds.group_by_key().flat_map_values(lambda group: group),
    "partition_by_key": lambda ds: ds.partition_by_key(3),
    "repartition": lambda ds: ds.repartition(2),
    "sort": lambda ds: ds.sort(lambda row: row[0]),
    "reduce_by_key": lambda ds: ds.map_values(lambda v: [v]).reduce_by_key(list.__add__).flat_map_values(list),
    "join": lambda ds: ds.join(ds.keys().distinct().map(lambda k: (k, k))).map_values(lambda pair: pair[0]),
    "cache": lambda ds: ds.cache(),
    "zip": lambda ds: ds.zip(ds).map(lambda pair: pair[1]),
}


def comes_back(kind: str, exchange: str, given_values: list[Any]) -> None:
    rows = [(place % 3, value) for place, value in enumerate(given_values)]
    got = EXCHANGES[exchange](gr.Flow(engine=kind).from_items(rows, partitions=3)).collect()
    assert_rows(got, rows, ordered=False)


@pytest.mark.parametrize("exchange", EXCHANGES)
@settings(max_examples=examples(25))
@given(st.lists(values, max_size=8))
def test_any_value_inline(exchange: str, given_values: list[Any]) -> None:
    comes_back("inline", exchange, given_values)


@pytest.mark.ray
@settings(max_examples=examples(40))
@given(st.sampled_from(list(EXCHANGES)), st.lists(values, max_size=8))
def test_any_value_on_ray(local_ray: None, exchange: str, given_values: list[Any]) -> None:
    comes_back("ray", exchange, given_values)


@pytest.mark.parametrize("exchange", EXCHANGES)
def test_all_hostile_values_at_once(engine: Lab, exchange: str) -> None:
    comes_back(engine.kind, exchange, VALUES)


@pytest.mark.slow
def test_a_value_made_on_a_worker_comes_back(engine: Lab) -> None:
    rows = engine.flow().from_range(len(VALUES), partitions=4).map(lambda place: VALUES[place])
    assert sorted(map(fingerprint, rows.collect())) == sorted(map(fingerprint, VALUES))


@dataclasses.dataclass(frozen=True)
class City:
    name: str
    people: int
    share: float


class Trip(NamedTuple):
    town: str
    days: int


TYPED: dict[str, Callable[[int], Any]] = {
    "str": lambda n: f"word {n % 7}",
    "int": lambda n: n % 7,
    "float": lambda n: n / 8,
    "bool": lambda n: n % 2 == 0,
    "bytes": lambda n: b"%d" % (n % 7),
    "str or None": lambda n: None if n % 3 == 0 else str(n),
    "int or None": lambda n: None if n % 3 == 0 else n,
    "None": lambda n: None,
    "tuple": lambda n: (n % 7, f"w{n}", n / 2),
    "named tuple": lambda n: Trip(f"t{n % 5}", n),
    "dataclass": lambda n: City(f"c{n % 5}", n, n / 3),
    "record": lambda n: {"name": f"r{n % 5}", "n": n, "x": n / 3},
    "nested": lambda n: (n % 7, (f"a{n}", City("c", n, 0.5))),
}
KEYABLE = [kind for kind in TYPED if kind != "record"]

TYPED_VERBS: dict[str, Callable[[Dataset[Any]], Dataset[Any]]] = {
    "reduce_by_key": lambda ds: ds.map(lambda n, row: (n % 5, row)).reduce_by_key(lambda a, b: b),
    "group_by_key": lambda ds: ds.map(lambda n, row: (n % 5, row)).group_by_key(),
    "join": lambda ds: ds.join(ds),
    "sort": lambda ds: ds.sort(lambda n, row: -n),
    "repartition": lambda ds: ds.repartition(5),
    "partition_by_key": lambda ds: ds.partition_by_key(5),
    "zip_with_index": lambda ds: ds.zip_with_index(),
    "top": lambda ds: ds.top(3, lambda n, row: n),
}


def held_typed(flow: gr.Flow) -> None:
    assert [(stage.name, stage.pickled_values) for stage in flow.stats.stages if stage.pickled_values] == []
    assert flow.stats.exchange_driver_bytes == 0


@pytest.mark.slow
@pytest.mark.parametrize("verb", TYPED_VERBS)
def test_typed_rows_are_never_pickled(engine: Lab, verb: str) -> None:
    for kind, make in TYPED.items():
        flow = engine.flow()
        source = flow.from_items([(n, make(n)) for n in range(20)], partitions=3)
        assert TYPED_VERBS[verb](source).collect(), kind
        held_typed(flow)


@pytest.mark.parametrize("kind", KEYABLE)
def test_typed_keys_are_never_pickled(engine: Lab, kind: str) -> None:
    rows = [TYPED[kind](n) for n in range(20)]
    for verb in ("distinct", "count_by_value"):
        flow = engine.flow()
        got = getattr(flow.from_items(rows, partitions=3), verb)().collect()
        assert len(got) == len(set(rows))
        held_typed(flow)


def test_collected_bytes_are_counted(engine: Lab) -> None:
    flow = engine.flow()
    flow.from_items(["a", "b"], partitions=2).sort().collect()
    assert flow.stats.driver_bytes == flow.stats.stages[-1].driver_bytes > 0


def test_pickled_values_are_counted(engine: Lab) -> None:
    flow = engine.flow()
    flow.from_items([(1, [1, 2.5]), (2, {1: 2}), (3, 2**70)], partitions=2).repartition(2).collect()
    assert flow.stats.pickled_values > 0
