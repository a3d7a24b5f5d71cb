"""Test sum_by_key, mean_by_key, min_by_key, max_by_key and top_by_key, beyond the cases of the law."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import glowray as gr
from glowray.dataset import Dataset
from tests.effort import examples
from tests.engine.doubles import CountingEngine, Lab
from tests.oracle.exact import assert_rows

VERBS = ["sum", "mean", "min", "max"]

numbers = st.none() | st.integers(-9, 9) | st.sampled_from([0.5, 2.25])


def by_key(rows: Dataset[Any], verb: str) -> dict[Any, Any]:
    return dict(getattr(rows, f"{verb}_by_key")().collect())


@pytest.mark.slow
@settings(max_examples=examples(40))
@given(st.lists(st.tuples(st.sampled_from("abc"), numbers), min_size=1, max_size=20), st.integers(1, 4))
def test_as_polars(rows: list[tuple[str, Any]], partitions: int) -> None:
    table = pl.DataFrame(rows, {"k": pl.String, "v": pl.Float64}, orient="row", strict=False)
    pairs = gr.Flow(engine="inline").from_items(rows, partitions)
    for verb in VERBS:
        wanted = table.group_by("k").agg(getattr(pl.col("v"), verb)()).rows()
        assert by_key(pairs, verb) == dict(wanted), verb
    best = table.group_by("k").agg(pl.col("v").drop_nulls().top_k(2).sort(descending=True)).rows()
    assert dict(pairs.top_by_key(2).collect()) == dict(best)


@pytest.mark.parametrize("verb", VERBS)
def test_of_no_value(engine: Lab, verb: str) -> None:
    rows = engine.flow().from_items([("a", None), ("a", None)])
    assert_rows(getattr(rows, f"{verb}_by_key")().collect(), [("a", 0 if verb == "sum" else None)])
    assert engine.flow().from_items([]).sum_by_key().collect() == []


@pytest.mark.slow
def test_nan(engine: Lab) -> None:
    rows = engine.flow().from_items([("a", math.nan), ("a", 1.0), ("b", math.nan), ("a", None), ("a", 2.0)])
    assert_rows(sorted(rows.min_by_key().collect()), [("a", 1.0), ("b", math.nan)])
    assert_rows(sorted(rows.max_by_key().collect()), [("a", 2.0), ("b", math.nan)])
    assert_rows(sorted(rows.top_by_key(3).collect()), [("a", [2.0, 1.0, math.nan]), ("b", [math.nan])])


@pytest.mark.slow
def test_values_that_are_no_numbers(engine: Lab) -> None:
    rows = engine.flow().from_items([("k", "b"), ("k", "c"), ("k", "a")])
    assert rows.min_by_key().collect() == [("k", "a")]
    assert rows.max_by_key().collect() == [("k", "c")]
    assert rows.top_by_key(2).collect() == [("k", ["c", "b"])]
    with pytest.raises(TypeError, match="unsupported operand"):
        rows.sum_by_key().collect()


@pytest.mark.slow
def test_a_key_ranks_values(engine: Lab) -> None:
    values = [{"n": 1, "s": "a"}, {"n": None, "s": "b"}, {"n": 3, "s": "c"}, {"n": 3, "s": "d"}, {"n": math.nan}]
    rows = engine.flow().from_items([("k", value) for value in values])
    assert rows.top_by_key(2, "n").collect() == [("k", [values[2], values[3]])]
    assert rows.top_by_key(2, "-n").collect() == [("k", [values[0], values[2]])]
    assert_rows(rows.top_by_key(9, "n").collect(), [("k", [values[place] for place in (2, 3, 0, 4)])])
    assert rows.top_by_key(1, lambda value: value["n"] or 9).collect() == [("k", [values[1]])]
    assert rows.top_by_key(0).collect() == [("k", [])]
    with pytest.raises(KeyError, match="'s'"):
        rows.top_by_key(1, "s").collect()


def test_a_key_function_is_spread_and_may_fail(engine: Lab) -> None:
    flow = engine.flow()
    rows = flow.from_items([("a", (1, 2)), ("a", (5, 1)), ("b", (7, 0))])
    assert sorted(rows.top_by_key(1, lambda x, y: x * y).collect()) == [("a", [(5, 1)]), ("b", [(7, 0)])]
    assert rows.top_by_key(1, lambda x, y: x // y, on_error="skip").collect() == [("a", [(5, 1)])]
    assert flow.skipped == {"top_by_key": 1}
    with pytest.raises(ZeroDivisionError) as caught:
        rows.top_by_key(1, lambda x, y: x // y).collect()
    assert "row: ('b', (7, 0))" in caught.value.__notes__


def test_rows_that_are_not_keyed(engine: Lab) -> None:
    calls: list[Callable[[Dataset[Any]], Dataset[Any]]] = [
        lambda rows: rows.sum_by_key(),
        lambda rows: rows.top_by_key(1),
        lambda rows: rows.top_by_key(1, abs),
    ]
    for call in calls:
        with pytest.raises(TypeError, match=r"_by_key\(\) needs .*2-tuples"):
            call(engine.flow().from_items([1, 2])).collect()


@pytest.mark.parametrize("verb", [*VERBS, "top"])
def test_values_are_combined_before_the_shuffle(counting: CountingEngine, verb: str) -> None:
    rows = gr.Flow(engine=counting).from_items([("a", n) for n in range(300)], partitions=3)
    arguments = [2] if verb == "top" else []
    getattr(rows, f"{verb}_by_key")(*arguments).collect()
    assert counting.shuffles == 1
    assert rows.flow.stats.stages[0].rows_out == 3


@pytest.mark.parametrize("size", [1, 10_000])
def test_ranks_of_columns(size: int) -> None:
    rows = gr.Flow(engine="inline").from_range(size, partitions=2).map(lambda n: (n % 2, n))
    wanted = {key: sorted((n for n in range(size) if n % 2 == key), key=lambda n: (-(n % 5), n))[:3] for key in (0, 1)}
    found = dict(rows.top_by_key(3, lambda n: n % 5).collect())
    assert found == {key: best for key, best in wanted.items() if best}


def test_partitions_sorted_by_key(engine: Lab) -> None:
    rows = engine.flow().from_items([("b", 1), ("a", 2), ("c", 3), ("b", 0), ("a", 1)], partitions=3)
    parts = rows.partition_by_key(2, sort=True).map_partitions(lambda part: [list(part)]).collect()
    plain = rows.partition_by_key(2).map_partitions(lambda part: [list(part)]).collect()
    assert parts == [sorted(part, key=lambda row: row[0]) for part in plain]
    again = rows.partition_by_key(2).map_values(str).partition_by_key(2, sort=True)
    assert again.keys().collect() == [key for part in parts for key, _ in part]
    mixed = engine.flow().from_items([(math.nan, 0), (2, 1), (True, 2), (0.5, 3), (-math.nan, 4)])
    assert mixed.partition_by_key(1, sort=True).values().collect() == [3, 2, 1, 0, 4]


def test_a_sorted_partition_is_one_by_key(counting: CountingEngine) -> None:
    rows = gr.Flow(engine=counting).from_items([(n % 3, n) for n in range(9)], partitions=3)
    sums = rows.partition_by_key(4, sort=True).sum_by_key()
    assert sorted(sums.collect()) == [(0, 9), (1, 12), (2, 15)]
    assert counting.shuffles == 1


def test_keys_that_have_no_order(engine: Lab) -> None:
    rows = engine.flow().from_items([("a", 1), (2, 2)])
    with pytest.raises(TypeError, match="not supported between") as caught:
        rows.partition_by_key(1, sort=True).collect()
    assert any(note.startswith("row: (") for note in caught.value.__notes__)


def test_decimals_that_are_no_number(engine: Lab) -> None:
    values = [Decimal("NaN"), Decimal(2), Decimal("NaN"), Decimal(1)]
    rows = engine.flow().from_items([("a", value) for value in values], partitions=2)
    assert rows.min_by_key().collect() == [("a", Decimal(1))]
    assert rows.max_by_key().collect() == [("a", Decimal(2))]
    assert rows.top_by_key(2).collect() == [("a", [Decimal(2), Decimal(1)])]
