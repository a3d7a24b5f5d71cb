"""Test describe and histogram against Polars, statistics and bisect."""

from __future__ import annotations

import datetime as dt
import math
import statistics
from bisect import bisect_right
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import glowray as gr
from tests.engine.doubles import Lab
from tests.oracle.exact import assert_rows

NOTHING = {"count": 0, "nulls": 0, "mean": None, "std": None, "min": None, "max": None}

records = st.lists(
    st.fixed_dictionaries(
        {"n": st.none() | st.integers(-9, 9), "s": st.none() | st.sampled_from(["", "a", "b"])},
        optional={"f": st.none() | st.floats(-9, 9).map(lambda f: round(f, 3)), "b": st.booleans()},
    ),
    min_size=1,
    max_size=20,
)
SCHEMA = {"n": pl.Int64, "s": pl.String, "f": pl.Float64, "b": pl.Boolean}


def near(value: Any) -> Any:
    return pytest.approx(value, rel=1e-9, abs=1e-9) if isinstance(value, float) else value


@given(records, st.integers(1, 4))
def test_records_as_polars(rows: list[dict[str, Any]], partitions: int) -> None:
    found = gr.Flow(engine="inline").from_items(rows, partitions).describe()
    table = pl.DataFrame(rows, SCHEMA)
    assert list(found) == list(dict.fromkeys(name for row in rows for name in row))
    for name, summary in found.items():
        column = table[name]
        if name == "b":
            column = column.cast(pl.Int8)
        is_number = name != "s"
        assert summary == {
            "count": column.count(),
            "nulls": column.null_count(),
            "mean": near(column.mean()) if is_number else None,
            "std": near(column.std()) if is_number else None,
            "min": column.min(),
            "max": column.max(),
        }


@given(
    st.lists(st.decimals(-1000, 1000, places=3).map(float) | st.integers(-(10**20), 10**20), min_size=2, max_size=30),
    st.integers(1, 5),
)
def test_numbers_as_statistics(rows: list[float], partitions: int) -> None:
    found = gr.Flow(engine="inline").from_items(rows, partitions).describe()
    assert (found["count"], found["min"], found["max"]) == (len(rows), min(rows), max(rows))
    size = max(map(abs, rows))
    assert found["mean"] == pytest.approx(statistics.mean(rows), abs=size * 1e-12)
    assert found["std"] == pytest.approx(statistics.stdev(rows), abs=size * 1e-7)


def test_describe_on_every_engine(engine: Lab) -> None:
    flow = engine.flow()
    assert flow.from_items([1, 2, None, 3]).describe() == {
        "count": 3, "nulls": 1, "mean": 2.0, "std": 1.0, "min": 1, "max": 3,
    }  # fmt: skip
    assert flow.from_items([]).describe() == NOTHING
    assert flow.from_items([None]).describe() == {**NOTHING, "nulls": 1}
    assert flow.from_items([{"a": 1}, {}, {"a": None}]).describe()["a"]["nulls"] == 2
    with pytest.raises(TypeError, match=r"describe\(\) needs rows that are all records, or none, but 1 of 2 rows"):
        flow.from_items([{"a": 1}, 2]).describe()


CASES: list[tuple[list[Any], Any, Any]] = [
    ([math.nan, 2.0, 1.0], 1.0, 2.0),
    ([math.nan], math.nan, math.nan),
    ([Decimal("1.5"), Decimal("NaN"), 2], Decimal("1.5"), 2),
    ([True, False], False, True),
    ([dt.date(2024, 1, 2), dt.date(2023, 1, 1)], dt.date(2023, 1, 1), dt.date(2024, 1, 2)),
    ([b"b", b"a"], b"a", b"b"),
    ([1, "a"], None, None),
    (["a", 1, 2], None, None),
    ([dt.datetime(2024, 1, 1), dt.datetime(2024, 1, 1, tzinfo=dt.UTC)], None, None),
    ([dt.datetime(2024, 1, 1), dt.date(2024, 1, 1)], None, None),
    ([[2], [1]], None, None),
    ([(1, 2)], None, None),
    ([{1}, {2}], None, None),
    ([1j, 2j], None, None),
    ([np.float64(2.0), 1], 1, np.float64(2.0)),
    ([np.array([1, 2]), np.array([1, 2])], None, None),
    ([10**400, 1], 1, 10**400),
]


@pytest.mark.parametrize(("rows", "low", "high"), CASES, ids=range(len(CASES)))
@pytest.mark.parametrize("partitions", [1, 2, 3])
def test_ends_of_values_of_any_type(rows: list[Any], low: Any, high: Any, partitions: int) -> None:
    found = gr.Flow(engine="inline").from_items(rows, partitions).describe()
    assert_rows([found["min"], found["max"]], [low, high])
    assert found["count"] == len(rows)
    is_number = all(isinstance(row, int | float | Decimal) for row in rows)
    assert isinstance(found["mean"], float) == is_number


def test_the_moments_of_one_value_and_of_infinity() -> None:
    flow = gr.Flow(engine="inline")
    assert flow.from_items([3]).describe() == {"count": 1, "nulls": 0, "mean": 3.0, "std": None, "min": 3, "max": 3}
    found = flow.from_items([1.0, math.inf]).describe()
    assert (found["mean"], math.isnan(found["std"])) == (math.inf, True)


numbers = st.none() | st.integers(-20, 20) | st.floats(-20, 20) | st.just(math.nan)


@given(st.lists(numbers, max_size=30), st.lists(st.integers(-20, 20), min_size=2, max_size=6, unique=True))
def test_a_histogram_of_edges(rows: list[Any], edges: list[int]) -> None:
    edges.sort()
    wanted = [0] * (len(edges) - 1)
    for row in rows:
        if row is not None and edges[0] <= row <= edges[-1]:
            wanted[min(bisect_right(edges, row) - 1, len(wanted) - 1)] += 1
    assert gr.Flow(engine="inline").from_items(rows, 3).histogram(edges) == (edges, wanted)


@pytest.mark.slow
@given(st.lists(numbers, max_size=30), st.integers(1, 6), st.integers(1, 4))
def test_a_histogram_of_even_bins_counts_each_row_once(rows: list[Any], bins: int, partitions: int) -> None:
    there = [row for row in rows if row is not None and row == row]
    ds = gr.Flow(engine="inline").from_items(rows, partitions)
    if not there:
        with pytest.raises(ValueError, match="of no values"):
            ds.histogram(bins)
        return
    edges, counts = ds.histogram(bins)
    assert (edges[0], edges[-1]) == (min(there), max(there))
    assert sum(counts) == len(there)
    assert len(counts) == len(edges) - 1 == (bins if min(there) < max(there) else 1)
    if len(set(edges)) == len(edges):
        assert ds.histogram(edges) == (edges, counts)


@pytest.mark.slow
def test_histogram_on_every_engine(engine: Lab) -> None:
    rows = engine.flow().from_items([0, 1, 2, 3, 4, 5, None, 10], partitions=3)
    assert rows.histogram(2) == ([0, 5, 10], [5, 2])
    assert rows.histogram(4) == ([0.0, 2.5, 5.0, 7.5, 10], [3, 2, 1, 1])
    assert rows.histogram([2, 5]) == ([2, 5], [4])
    days = [dt.datetime(2024, 1, day) for day in (1, 2, 5)]
    assert engine.flow().from_items(days).histogram(2) == ([days[0], dt.datetime(2024, 1, 3), days[2]], [2, 1])


@pytest.mark.parametrize("bins", [3, [0, 5, 9]])
def test_a_function_runs_once_a_row(tmp_path: Path, bins: Any) -> None:
    log = tmp_path / "log"

    def noting(n: int) -> int:
        with log.open("a") as file:
            file.write("x")
        return n

    flow = gr.Flow(engine="inline")
    assert sum(flow.from_range(10, partitions=3).map(noting).histogram(bins)[1]) == 10
    assert log.read_text() == "x" * 10


def test_rows_of_a_channel_and_dropped_rows() -> None:
    flow = gr.Flow(engine="inline")
    assert flow.from_channel(iter(["1", "x", "5"]), 2).map(int, on_error="skip").histogram(1) == ([1, 5], [2])
    assert flow.skipped == {"map": 1}
    assert flow.from_channel(iter([1, 3])).describe()["mean"] == 2.0


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda rows: rows.histogram(0), ValueError, r"histogram\(\) needs a number of at least 1, got 0"),
        (lambda rows: rows.histogram([1]), ValueError, "at least 2 edges"),
        (lambda rows: rows.histogram([1, None]), ValueError, "without None and NaN"),
        (lambda rows: rows.histogram([1, math.nan]), ValueError, "without None and NaN"),
        (lambda rows: rows.histogram([2, 1]), ValueError, "that ascend"),
        (lambda rows: rows.histogram([1, 1]), ValueError, "no two of them equal"),
        (lambda rows: rows.map(str).histogram(2), TypeError, r"histogram\(2\) needs numbers, got str"),
        (lambda rows: rows.map(lambda n: n * math.inf).histogram(2), ValueError, "needs finite numbers"),
        (lambda rows: rows.map(str).histogram([1, 2]), TypeError, "not supported between"),
    ],
)
def test_wrong_bins(call: Callable[[Any], Any], kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        call(gr.Flow(engine="inline").from_items([-1, 1, 2]))


def test_bins_of_numpy() -> None:
    rows = gr.Flow(engine="inline").from_range(10)
    assert rows.histogram(np.int64(3)) == ([0, 3, 6, 9], [3, 3, 4])
    assert rows.histogram(np.array([0, 5, 9]))[1] == [5, 5]  # type: ignore[arg-type]
