"""Test to_arrow and to_pandas, and Datasets that Polars, DuckDB, pandas and pyarrow read."""

from __future__ import annotations

import datetime as dt
import gc
import threading
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import glowray as gr
from glowray.dataset.actions import arrow_stream
from glowray.errors import InexactColumn
from tests.engine.doubles import CountingEngine, ForbiddenEngine, Lab

ROWS = [
    {"i": 1, "f": float("inf"), "s": "ß\0", "b": b"\xff", "flag": True, "at": dt.datetime(1, 1, 1), "l": [1, None]},
    {"i": None, "f": -0.0, "s": None, "b": b"", "flag": None, "at": None, "l": []},
    {"i": -(2**63), "f": None, "s": "", "b": None, "flag": False, "at": dt.datetime.max, "l": None},
]

MORE = [
    {"d": Decimal("1.10"), "day": dt.date.max, "t": dt.time(1, 2, 3, 4), "gap": dt.timedelta(microseconds=-1)},
    {"d": None, "day": None, "t": None, "gap": None},
    {"d": Decimal("-2.00"), "day": dt.date.min, "t": dt.time(0), "gap": dt.timedelta(days=9)},
]

RECORDS = st.lists(
    st.fixed_dictionaries(
        {
            "n": st.none() | st.integers(-(2**63), 2**63 - 1),
            "x": st.none() | st.floats(allow_nan=False),
            "s": st.none() | st.text(st.characters(codec="utf-8"), max_size=3),
            "at": st.none() | st.datetimes().map(lambda at: at.replace(fold=0)),
            "day": st.none() | st.dates(),
            "flags": st.none() | st.lists(st.none() | st.booleans(), max_size=2),
        }
    ),
    min_size=1,
    max_size=6,
)


def test_every_row_and_value_arrives(flow: gr.Flow) -> None:
    assert flow.from_items(ROWS).to_arrow().to_pylist() == ROWS
    assert flow.from_items(MORE).to_arrow().to_pylist() == MORE


@pytest.mark.slow
@given(RECORDS, st.integers(1, 7))
def test_there_and_back(rows: list[dict[str, Any]], partitions: int) -> None:
    flow = gr.Flow(engine="inline")
    dataset = flow.from_items(rows, partitions)
    assert dataset.to_arrow().to_pylist() == rows
    assert flow.from_arrow(dataset.to_arrow(), partitions).collect() == rows
    assert flow.from_pandas(dataset.to_pandas(), partitions).collect() == rows
    assert flow.from_arrow(dataset).collect() == rows


def test_columns_of_tuples_and_scalars(flow: gr.Flow) -> None:
    assert flow.from_items([("a", 1), ("b", None)]).to_arrow().to_pydict() == {"0": ["a", "b"], "1": [1, None]}
    assert flow.from_range(3).to_arrow().to_pydict() == {"value": [0, 1, 2]}


def test_an_empty_dataset_has_no_columns(flow: gr.Flow) -> None:
    assert flow.from_items([]).to_arrow().shape == (0, 0)
    assert flow.from_range(5).filter(lambda n: n > 9).to_pandas().shape == (0, 0)


def test_partitions_of_several_types_are_an_error(flow: gr.Flow) -> None:
    with pytest.raises(InexactColumn, match=r'column "n" holds float and int .*1.*2\.5.* schema='):
        flow.from_items([{"n": 1}, {"n": 2.5}], partitions=2).to_arrow()


def test_a_schema_says_what_the_columns_are(flow: gr.Flow) -> None:
    rows = flow.from_items([{"n": 1}, {"s": "x", "n": 2.5}], partitions=2)
    schema = pa.schema({"s": pa.string(), "n": pa.float64(), "more": pa.int8()})
    table = rows.to_arrow(schema=schema)
    assert table.schema == schema and table.to_pydict() == {"s": [None, "x"], "n": [1.0, 2.5], "more": [None, None]}
    assert rows.to_pandas(schema=schema)["n"].tolist() == [1.0, 2.5]
    with pytest.raises(InexactColumn, match=r'column "n" is int64 in schema=, which cannot hold 2.5 of the row'):
        rows.to_arrow(schema=pa.schema({"s": pa.string(), "n": pa.int64()}))
    with pytest.raises(ValueError, match="schema= lacks the column 's'"):
        rows.to_arrow(schema=pa.schema({"n": pa.float64()}))
    with pytest.raises(TypeError, match=r"a pyarrow.Schema, not dict"):
        rows.to_arrow(schema={"n": float})  # type: ignore[arg-type]
    assert flow.from_items([]).to_arrow(schema=schema).schema == schema


def test_the_users_own_error_leaves_to_arrow(flow: gr.Flow) -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        flow.from_range(3).map(lambda n: 1 // n).to_arrow()
    assert any("map" in note for note in caught.value.__notes__)


def test_pandas_keeps_ints_beside_none_and_nan_beside_none(flow: gr.Flow) -> None:
    frame = flow.from_items([(2**53 + 1, float("nan")), (None, None)]).to_pandas()
    assert frame["0"].tolist() == [2**53 + 1, pd.NA]
    assert flow.from_pandas(frame).map(lambda row: (row["0"], str(row["1"]))).collect() == [
        (2**53 + 1, "nan"),
        (None, "None"),
    ]


def test_pandas_columns_without_none_are_numpys(flow: gr.Flow) -> None:
    frame = flow.from_items([(1, 2.5, True, "x", [1, None])]).to_pandas()
    assert list(map(str, frame.dtypes)) == ["int64", "float64", "bool", "str", "object"]
    assert frame["4"].tolist() == [[1, None]]


def test_others_read_a_dataset(flow: gr.Flow) -> None:
    words = flow.from_items([{"word": "be", "n": 2}, {"word": None, "n": 1}], partitions=2)
    expected = [{"word": "be", "n": 2}, {"word": None, "n": 1}]
    assert pl.DataFrame(words).to_dicts() == expected
    assert pa.table(words).to_pylist() == expected
    assert pa.RecordBatchReader.from_stream(words).read_all().to_pylist() == expected
    assert pd.DataFrame.from_arrow(words)["n"].tolist() == [2, 1]
    assert duckdb.sql("select word, n + 1 as more from words order by n").fetchall() == [(None, 2), ("be", 3)]


@pytest.mark.slow
def test_making_a_capsule_runs_nothing(forbidden: ForbiddenEngine) -> None:
    numbers = gr.Flow(engine=forbidden).from_range(5)
    capsule = numbers.__arrow_c_stream__()
    assert type(capsule).__name__ == "PyCapsule"
    del capsule
    gc.collect()
    assert not arrow_stream._open
    with pytest.raises(OSError, match="something ran"):
        pa.table(numbers)


def test_repeated_capsules_share_one_run(counting: CountingEngine) -> None:
    numbers = gr.Flow(engine=counting).from_range(5, partitions=2).map(lambda n: n + 1)
    capsules = [numbers.__arrow_c_stream__() for _ in range(3)]
    assert sum(counting.tasks.values()) == 0
    assert pl.DataFrame(numbers)["value"].sum() == 15
    assert duckdb.sql("select sum(value) from numbers").fetchall() == [(15,)]
    assert pa.table(numbers).num_rows == 5
    assert sum(counting.tasks.values()) == 2
    del capsules


def test_threads_share_one_run(counting: CountingEngine) -> None:
    numbers = gr.Flow(engine=counting).from_range(100, partitions=2)
    sums: list[int] = []
    threads = [threading.Thread(target=lambda: sums.append(pl.DataFrame(numbers)["value"].sum())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sums == [4950] * 4
    assert sum(counting.tasks.values()) == 2


@pytest.mark.slow
def test_an_error_reaches_the_reader_as_text(flow: gr.Flow) -> None:
    failing = flow.from_range(3).map(lambda n: 1 // n)
    with pytest.raises(OSError, match=r"ZeroDivisionError: .*by zero"):
        pa.table(failing)
    with pytest.raises(ValueError, match="ZeroDivisionError"):
        pl.DataFrame(failing)
    with pytest.raises(duckdb.Error, match="ZeroDivisionError"):
        duckdb.sql("select * from failing")
    mixed = flow.from_items([1, 2.5])
    with pytest.raises(OSError, match='InexactColumn: column "value" holds float and int'):
        pa.table(mixed)
    gc.collect()
    assert not arrow_stream._open


def test_a_failed_run_is_tried_again_by_the_next_capsule(tmp_path: Path) -> None:
    def rows(index: int) -> list[int]:
        return [int((tmp_path / "there").read_text())]

    late = gr.Flow(engine="inline").from_source(rows, 1)
    with pytest.raises(OSError, match="FileNotFoundError"):
        pa.table(late)
    (tmp_path / "there").write_text("7")
    assert pa.table(late).to_pydict() == {"value": [7]}


def test_a_requested_schema_is_cast_to_or_refused() -> None:
    numbers = gr.Flow(engine="inline").from_range(300)
    assert pa.table(numbers, schema=pa.schema([("value", pa.int16())])).schema.field("value").type == pa.int16()
    with pytest.raises((OSError, pa.ArrowInvalid)):
        pa.table(numbers, schema=pa.schema([("value", pa.int8())]))


def test_streams_of_several_batches(engine: Lab) -> None:
    many = engine.flow().from_source(lambda index: range(70_000), 2)
    table = pl.DataFrame(many)
    assert (table.height, table["value"].sum()) == (140_000, 70_000 * 69_999)


def test_uuid_and_utc() -> None:
    rows = [{"id": UUID(int=5), "at": dt.datetime(2024, 7, 1, tzinfo=dt.UTC)}]
    dataset = gr.Flow(engine="inline").from_items(rows)
    assert dataset.to_arrow().to_pylist() == rows
    assert duckdb.sql("select id from dataset").fetchall() == [(UUID(int=5),)]
    assert pl.DataFrame(dataset)["at"].to_list() == [rows[0]["at"]]
