"""Test that map_batches converts values exactly, into every format and back."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

import glowray as gr
from glowray.errors import InexactColumn
from tests.engine.doubles import ForbiddenEngine
from tests.rows import hostile

FORMATS = ["arrow", "pandas", "numpy", "polars"]
TYPES = {"arrow": pa.Table, "pandas": pd.DataFrame, "numpy": dict, "polars": pl.DataFrame}

RECORDS = st.lists(
    st.fixed_dictionaries(
        {
            "n": st.none() | st.integers(-(2**63), 2**63 - 1),
            "m": st.integers(-(2**63), 2**63 - 1),
            "x": st.none() | st.floats(),
            "s": st.none() | st.text(st.characters(codec="utf-8"), max_size=3),
            "b": st.none() | st.binary(max_size=3),
            "flag": st.none() | st.booleans(),
            "at": st.none() | st.datetimes().map(lambda at: at.replace(fold=0)),
            "day": st.none() | st.dates(),
            "time": st.none() | st.times().map(lambda time: time.replace(fold=0)),
            "gap": st.none() | st.timedeltas(dt.timedelta(days=-9999), dt.timedelta(days=9999)),
            "d": st.none() | st.integers(-999, 999).map(lambda cents: Decimal(cents).scaleb(-2)),
            "list": st.none() | st.lists(st.none() | st.integers(0, 9), max_size=3),
            "dict": st.fixed_dictionaries({"a": st.none() | st.text("ab", max_size=2)}),
        }
    ),
    min_size=1,
    max_size=6,
)


def same_rows(left: list[Any], right: list[Any]) -> bool:
    """Return whether rows are equal to the bit, except for the payload of a NaN."""
    return len(left) == len(right) and all(map(hostile.same, map(without_nan, left), map(without_nan, right)))


def without_nan(row: dict[str, Any]) -> dict[str, Any]:
    return {name: "NaN" if isinstance(value, float) and value != value else value for name, value in row.items()}


@pytest.mark.parametrize("form", FORMATS)
@given(rows=RECORDS)
def test_what_goes_through_unchanged_comes_back_exactly(form: str, rows: list[dict[str, Any]]) -> None:
    rows = [{name: row[name] for name in sorted(row)} for row in rows]
    given_back = gr.Flow(engine="inline").from_items(rows, 1).map_batches(lambda batch: batch, format=form).collect()
    assert same_rows(given_back, rows)


@pytest.mark.parametrize("form", FORMATS)
def test_f_gets_the_format_that_was_asked_for(flow: gr.Flow, form: str) -> None:
    kind = TYPES[form]

    def look(batch: Any) -> dict[str, Any]:
        names = batch if kind is dict else getattr(batch, "column_names", batch.columns)
        return {"kind": [isinstance(batch, kind)], "columns": [",".join(names)]}

    dataset = flow.from_source(lambda index: [("a", 1), ("b", 2)], 1).map_batches(look, form)
    assert dataset.collect() == [{"kind": True, "columns": "0,1"}]


def test_batches_count_from_the_first_row_of_a_partition(flow: gr.Flow) -> None:
    lengths = lambda table: {"rows": [table.num_rows]}
    numbers = flow.from_source(lambda index: range(70_000 if index else 5), 2)
    assert numbers.map_batches(lengths).collect() == [{"rows": n} for n in (5, 65_536, 4_464)]
    assert numbers.filter(lambda n: n < 7).map_batches(lengths, batch_size=3).collect() == [
        {"rows": n} for n in (3, 2, 3, 3, 1)
    ]


def test_results_may_be_longer_shorter_or_empty(flow: gr.Flow) -> None:
    numbers = flow.from_source(lambda index: range(4), 1)
    twice = numbers.map_batches(lambda table: pa.concat_tables([table, table]))
    assert twice.count() == 8
    assert numbers.map_batches(lambda table: table.slice(0, 0)).collect() == []
    assert numbers.map_batches(lambda table: table.filter(pc.greater(table["value"], 2))).collect() == [{"value": 3}]


def test_f_is_not_called_without_rows(flow: gr.Flow) -> None:
    assert flow.from_range(3).filter(lambda n: n > 9).map_batches(lambda table: 1 / 0).collect() == []


def test_every_table_like_result_gives_rows(flow: gr.Flow) -> None:
    one = flow.from_items([1], partitions=1)
    for made in (
        lambda batch: pa.table({"a": [1, None]}),
        lambda batch: pa.record_batch({"a": [1, None]}),
        lambda batch: pd.DataFrame({"a": pd.array([1, None], "Int64")}),
        lambda batch: pl.DataFrame({"a": [1, None]}),
        lambda batch: {"a": [1, None]},
        lambda batch: {"a": np.array([1, None], object)},
        lambda batch: {"a": pa.array([1, None])},
    ):
        assert one.map_batches(made).collect() == [{"a": 1}, {"a": None}]


def test_values_come_back_as_pythons_own(flow: gr.Flow) -> None:
    def columns(batch: Any) -> dict[str, Any]:
        return {
            "i": np.array([1], np.uint8),
            "f": np.array([0.5], np.float32),
            "b": np.array([True]),
            "s": np.array(["x"]),
            "at": np.array(["2024-01-01T01:02:03.000004000"], "datetime64[ns]"),
            "day": np.array(["2024-01-01"], "datetime64[D]"),
            "pair": np.array([[1, 2]]),
        }

    (row,) = flow.from_items([1]).map_batches(columns).collect()
    assert row == {
        "i": 1,
        "f": 0.5,
        "b": True,
        "s": "x",
        "at": dt.datetime(2024, 1, 1, 1, 2, 3, 4),
        "day": dt.date(2024, 1, 1),
        "pair": [1, 2],
    }
    assert [type(value) for value in row.values()] == [int, float, bool, str, dt.datetime, dt.date, list]


@pytest.mark.parametrize("result", [None, 5, [1], "table", pl.LazyFrame({"a": [1]})])
def test_another_result_is_a_type_error_naming_f(result: Any) -> None:
    def wrong(batch: Any) -> Any:
        return result

    with pytest.raises(TypeError, match=rf"wrong \(test_batches.py:\d+\) returned {type(result).__name__}"):
        gr.Flow(engine="inline").from_range(1).map_batches(wrong).collect()


def test_columns_of_several_lengths_or_one_name_are_errors(flow: gr.Flow) -> None:
    one = flow.from_range(1)
    with pytest.raises(ValueError, match="'a' has 1, 'b' has 2"):
        one.map_batches(lambda batch: {"a": [1], "b": [1, 2]}).collect()
    with pytest.raises(ValueError, match='column "a" twice'):
        one.map_batches(lambda batch: pa.table([[1], [2]], names=["a", "a"])).collect()
    with pytest.raises(TypeError, match="column 'a' must be an array"):
        one.map_batches(lambda batch: {"a": 5}).collect()
    with pytest.raises(InexactColumn, match="finer than the microseconds"):
        one.map_batches(lambda batch: {"a": np.array([1], "datetime64[ns]")}).collect()


def test_rows_that_arrow_cannot_hold_name_the_column_and_the_verb(flow: gr.Flow) -> None:
    with pytest.raises(InexactColumn, match='column "n" holds float and int') as caught:
        flow.from_source(lambda index: [{"n": 1}, {"n": 2.5}], 1).map_batches(lambda table: table).collect()
    assert any("map_batches" in note for note in caught.value.__notes__)


def test_an_error_of_f_always_raises(flow: gr.Flow) -> None:
    lenient = gr.Flow(engine="inline", on_error="skip").from_range(3)
    with pytest.raises(ZeroDivisionError) as caught:
        lenient.map_batches(lambda table: 1 / 0, name="ratio").collect()
    assert any("ratio" in note or "map_batches" in note for note in caught.value.__notes__)


def test_take_computes_no_batch_past_its_rows(flow: gr.Flow) -> None:
    def fussy(table: pa.Table) -> pa.Table:
        assert table["value"][0].as_py() < 4
        return table

    numbers = flow.from_source(lambda index: range(10), 1)
    assert numbers.map_batches(fussy, batch_size=2).take(3) == [{"value": n} for n in range(3)]


def test_what_f_does_to_its_batch_stays_there(flow: gr.Flow) -> None:
    def change(columns: dict[str, Any]) -> dict[str, Any]:
        columns["value"] += 1
        return columns

    numbers = flow.from_range(3).cache()
    assert numbers.map_batches(change, "numpy").map(lambda row: row["value"]).collect() == [1, 2, 3]
    assert numbers.collect() == [0, 1, 2]

    def change_frame(frame: Any) -> Any:
        frame.loc[0, "value"] = 9
        return frame

    first = flow.from_items([5], partitions=1).map_batches(change_frame, "pandas")
    assert first.collect() == [{"value": 9}]


def test_wrong_use_is_found_at_the_call(forbidden: ForbiddenEngine) -> None:
    numbers = gr.Flow(engine=forbidden).from_range(3)
    with pytest.raises(ValueError, match="not 'csv'"):
        numbers.map_batches(len, "csv")
    with pytest.raises(ValueError, match="at least 1"):
        numbers.map_batches(len, batch_size=0)
    with pytest.raises(TypeError, match="needs a function"):
        numbers.map_batches(5)
