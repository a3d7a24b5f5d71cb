"""Test agg of groups and agg_by_key against plain Python, Polars and DuckDB."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import duckdb
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import glowray as gr
from glowray import agg
from tests.effort import examples
from tests.engine.doubles import Lab

Record = dict[str, Any]

records = st.lists(
    st.fixed_dictionaries({
        "k": st.none() | st.sampled_from(["a", "b", ""]),
        "n": st.none() | st.integers(-5, 5),
        "f": st.none() | st.floats(-3, 3, allow_nan=False).map(lambda value: round(value, 3)),
    }),
    min_size=1,
    max_size=20,
)  # fmt: skip
SCHEMA = {"k": pl.String, "n": pl.Int64, "f": pl.Float64}

ALL = {
    "count": agg.count(),
    "count_n": agg.count("n"),
    "sum": agg.sum("n"),
    "sum_f": agg.sum("f"),
    "mean": agg.mean("f"),
    "min": agg.min("n"),
    "max": agg.max("f"),
    "std": agg.std("f"),
    "var": agg.var("n"),
    "first": agg.first("n"),
    "last": agg.last("f"),
    "count_distinct": agg.count_distinct("n"),
    "approx_distinct": agg.approx_distinct("n"),
    "top": agg.top(2, "n"),
    "median": agg.median("f"),
    "list": agg.list("n"),
    "set": agg.set("n"),
}
IN_POLARS = {
    "count": pl.len(),
    "count_n": pl.col("n").count(),
    "sum": pl.col("n").sum(),
    "sum_f": pl.col("f").sum(),
    "mean": pl.col("f").mean(),
    "min": pl.col("n").min(),
    "max": pl.col("f").max(),
    "std": pl.col("f").std(),
    "var": pl.col("n").var(),
    "first": pl.col("n").first(),
    "last": pl.col("f").last(),
    "count_distinct": pl.col("n").drop_nulls().n_unique(),
    "approx_distinct": pl.col("n").drop_nulls().n_unique(),
    "top": pl.col("n").drop_nulls().top_k(2).sort(descending=True),
    "median": pl.col("f").median(),
    "list": pl.col("n"),
    "set": pl.col("n").drop_nulls().unique().sort(),
}
IN_DUCKDB = {
    "count": "count(*)",
    "count_n": "count(n)",
    "sum": "coalesce(sum(n), 0)",
    "mean": "avg(f)",
    "min": "min(n)",
    "max": "max(f)",
    "std": "stddev_samp(f)",
    "var": "var_samp(n)",
    "count_distinct": "count(distinct n)",
    "median": "median(f)",
}


def near(value: Any) -> Any:
    """Return a float as pytest.approx, and any other value unchanged."""
    return pytest.approx(value, rel=1e-9, abs=1e-9) if isinstance(value, float) else value


@pytest.mark.slow
@settings(max_examples=examples(50), deadline=None)
@given(records, st.integers(1, 4))
def test_all_aggregates_are_what_polars_gives(rows: list[Record], partitions: int) -> None:
    flow = gr.Flow(engine="inline")
    found = {row["k"]: row for row in flow.from_items(rows, partitions).group_by("k").agg(**ALL).collect()}
    wanted = pl.DataFrame(rows, SCHEMA).group_by("k").agg(**IN_POLARS)
    assert len(found) == len(wanted)
    for row in wanted.to_dicts():
        got = found[row["k"]]
        for name, value in row.items():
            same = sorted(got[name]) if name == "set" else got[name]
            assert same == near(value), name


@pytest.mark.slow
@settings(max_examples=examples(50), deadline=None)
@given(records)
def test_aggregates_are_what_duckdb_gives(rows: list[Record]) -> None:
    table = pl.DataFrame(rows, SCHEMA).to_arrow()
    names = ", ".join(f"{sql} as {name}" for name, sql in IN_DUCKDB.items())
    connection = duckdb.connect()
    connection.register("given", table)
    wanted = connection.sql(f"select k, {names} from given group by k").to_arrow_table().to_pylist()
    chosen = {name: ALL[name] for name in IN_DUCKDB}
    found = {row["k"]: row for row in gr.Flow(engine="inline").from_arrow(table).group_by("k").agg(**chosen).collect()}
    assert {row["k"] for row in wanted} == set(found)
    for row in wanted:
        assert {name: near(value) for name, value in row.items()} == found[row["k"]]


def test_records_have_the_fields_of_the_key_first(engine: Lab) -> None:
    rows = engine.flow().from_items([{"a": 1, "b": "x", "n": 2}, {"a": 1, "b": "x", "n": None}])
    assert rows.group_by("a", "b").agg(n=agg.sum("n")).collect() == [{"a": 1, "b": "x", "n": 2}]
    assert rows.group_by(lambda row: row["a"] + 1).agg(n=agg.count("n")).collect() == [{"key": 2, "n": 1}]
    assert rows.group_by("a").agg(n=agg.max(lambda row: row["a"] * 10)).collect() == [{"a": 1, "n": 10}]


def test_keyed_rows_and_rows_that_are_no_records(engine: Lab) -> None:
    rows = engine.flow().from_items([("a", 1), ("b", 2), ("a", 3)], partitions=2)
    found = rows.agg_by_key(total=agg.sum(), n=agg.count(), all=agg.list()).collect()
    assert sorted(found) == [("a", {"total": 4, "n": 2, "all": [1, 3]}), ("b", {"total": 2, "n": 1, "all": [2]})]
    words = engine.flow().from_items(["be", "or", "to", "not"])
    assert sorted(words.group_by(len).agg(last=agg.last()).collect(), key=str) == [
        {"key": 2, "last": "to"},
        {"key": 3, "last": "not"},
    ]


def test_of_no_value(engine: Lab) -> None:
    (row,) = engine.flow().from_items([{"k": 1, "n": None, "f": None}]).group_by("k").agg(**ALL).collect()
    empty = {name: row[name] for name in ("sum", "sum_f", "count_n", "count_distinct", "approx_distinct")}
    assert empty == dict.fromkeys(empty, 0)
    assert (row["top"], row["set"], row["list"]) == ([], set(), [None])
    nothing = ("mean", "min", "max", "std", "var", "median", "first", "last")
    assert {name: row[name] for name in nothing} == dict.fromkeys(nothing)


@pytest.mark.slow
def test_a_sketch_tells_neighbours_apart(engine: Lab) -> None:
    rows = engine.flow().from_items([{"k": 0, "n": n} for n in [*range(-20, 20), -1.0, -2.0]], partitions=2)
    assert rows.group_by("k").agg(n=agg.approx_distinct("n")).collect() == [{"k": 0, "n": 40}]


def test_equal_values_and_nan_are_one_member(engine: Lab) -> None:
    values = [1, 1.0, True, math.nan, -math.nan, None]
    rows = engine.flow().from_items([{"k": 0, "n": value} for value in values], partitions=1)
    (row,) = rows.group_by("k").agg(n=agg.count_distinct("n"), set=agg.set("n"), max=agg.max("n")).collect()
    assert (row["n"], len(row["set"]), row["max"]) == (2, 2, 1)
    assert type(next(value for value in row["set"] if value == 1)) is int


def test_a_function_is_called_once_a_row() -> None:
    calls = gr.counter("calls")

    def n(row: Record) -> int:
        calls.add(1)
        return int(row["n"])

    flow = gr.Flow(engine="inline")
    rows = flow.from_items([{"k": 1, "n": 2}] * 5)
    rows.group_by("k").agg(sum=agg.sum(n), mean=agg.mean(n), std=agg.std(n)).collect()
    assert flow.counters["calls"] == 5


def test_the_deviation_of_large_numbers_is_exact(engine: Lab) -> None:
    values = [1e9 + value for value in (4.0, 7.0, 13.0, 16.0)]
    rows = engine.flow().from_items([{"k": 1, "n": value} for value in values], partitions=2)
    (row,) = rows.group_by("k").agg(var=agg.var("n")).collect()
    assert row["var"] == pytest.approx(statistics.variance(values))


@pytest.mark.slow
def test_many_different_values_are_counted_within_two_percent() -> None:
    rows = gr.Flow(engine="inline").from_range(60_000, partitions=3).map(lambda n: (n % 2, n))
    for _, row in rows.agg_by_key(n=agg.approx_distinct()).collect():
        assert row["n"] == pytest.approx(30_000, rel=0.04)  # five standard errors


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda rows: rows.group_by("a").agg(), TypeError, "at least one aggregate"),
        (lambda rows: rows.group_by("a").agg(n=len), TypeError, "glowray.agg"),
        (lambda rows: rows.group_by("a").agg(a=agg.count()), ValueError, "name of a field of the key"),
        (lambda rows: rows.group_by(len).agg(key=agg.count()), ValueError, "name of a field of the key"),
        (lambda rows: rows.agg_by_key(), TypeError, "at least one aggregate"),
        (lambda rows: agg.sum(3), TypeError, "field name or a function"),
        (lambda rows: agg.top(-1), ValueError, "at least 0"),
        (lambda rows: agg.top("n"), TypeError, "an int"),
    ],
)
def test_wrong_use(call: Callable[[Any], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call(gr.from_items([{"a": 1}]))


def test_a_missing_field_names_itself_and_the_row(engine: Lab) -> None:
    with pytest.raises(KeyError, match="z") as caught:
        engine.flow().from_items([{"a": 1}]).group_by("a").agg(n=agg.sum("z")).collect()
    assert caught.value.__notes__[:2] == ["in agg(n=sum('z'))", "row: {'a': 1}"]


def test_counts_sums_and_means_are_columns() -> None:
    rows = gr.from_items([{"a": 1, "n": 2.0}] * 3)
    text = rows.group_by("a").agg(n=agg.count(), sum=agg.sum("n"), mean=agg.mean("n")).explain()
    assert all(line.endswith("arrow") for line in text.splitlines() if " agg(" in line and line.startswith("  1"))


def test_a_group_has_the_verbs_of_a_dataset(engine: Lab) -> None:
    groups = engine.flow().from_items([1, 2, 3]).group_by(lambda n: n % 2)
    assert sorted(groups.map(lambda key, rows: (key, len(rows))).collect()) == [(0, 1), (1, 2)]
    assert type(groups.filter(lambda key, rows: key)) is gr.Dataset


def test_the_spread_of_decimals_is_a_float(engine: Lab) -> None:
    rows = engine.flow().from_items([{"n": Decimal("1.10")}, {"n": None}, {"n": Decimal("2.30")}], partitions=2)
    (found,) = rows.group_by(lambda row: 0).agg(std=agg.std("n"), var=agg.var("n")).collect()
    assert found["var"] == pytest.approx(0.72) and found["std"] == pytest.approx(math.sqrt(0.72))
