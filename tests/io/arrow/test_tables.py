"""Test that tables in memory give exact rows."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glowray.io.arrow.tables import arrow_reader, pandas_reader


@given(
    rows=st.lists(st.tuples(st.none() | st.integers(-5, 5), st.floats(allow_nan=False), st.text()), max_size=30),
    n=st.integers(1, 9),
)
def test_rows_come_in_even_slices(rows_of: Any, rows: list[Any], n: int) -> None:
    columns = list(zip(*rows, strict=True)) or [(), (), ()]
    table = pa.table(dict(zip("abc", map(list, columns), strict=True)))
    expected = [dict(zip("abc", row, strict=True)) for row in rows]
    assert rows_of(arrow_reader(table, n)) == expected
    assert arrow_reader(table, n).num_partitions == n
    frame = pd.DataFrame(expected, columns=list("abc"), dtype=object)
    assert rows_of(pandas_reader(frame, n)) == expected


def test_arrow_values_are_those_of_their_types(rows_of: Any) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    table = pa.table(
        {
            "int": pa.array([1, None], pa.int8()),
            "big": pa.array([2**64 - 1, 0], pa.uint64()),
            "half": pa.array([1.5, -0.0], pa.float32()),
            "text": pa.array(["a", "b"]).dictionary_encode(),
            "exact": pa.array([Decimal("1.10"), None], pa.decimal128(5, 2)),
            "lists": pa.array([[1, None], None]),
            "map": pa.array([[("k", 1), ("k", 2)], []], pa.map_(pa.string(), pa.int64())),
            "when": pa.array([dt.datetime(2024, 1, 1, tzinfo=berlin), None], pa.timestamp("s", "Europe/Berlin")),
        }
    )
    first, second = rows_of(arrow_reader(table))
    assert first == {
        "int": 1,
        "big": 2**64 - 1,
        "half": 1.5,
        "text": "a",
        "exact": Decimal("1.10"),
        "lists": [1, None],
        "map": [("k", 1), ("k", 2)],
        "when": dt.datetime(2024, 1, 1, tzinfo=berlin),
    }
    assert math.copysign(1, second["half"]) == -1
    assert [second[name] for name in ("int", "exact", "lists", "when")] == [None] * 4


def test_nanoseconds_are_never_cut(rows_of: Any) -> None:
    table = pa.table(
        {
            "t": pa.array([1_000, 1_001, None], pa.timestamp("ns")),
            "d": pa.array([1_001, None, 2_000], pa.duration("ns")),
            "l": pa.array([[5_000], [], None], pa.list_(pa.timestamp("ns"))),
        }
    )
    rows = rows_of(arrow_reader(table, 1))
    assert [type(row["t"]) for row in rows] == [dt.datetime, pd.Timestamp, type(None)]
    assert rows[1]["t"].nanosecond == 1
    assert [type(row["d"]) for row in rows] == [pd.Timedelta, type(None), dt.timedelta]
    assert rows[0]["l"] == [dt.datetime(1970, 1, 1, microsecond=5)]
    with pytest.raises(ValueError, match=r'column "x" \(time64\[ns\]\)'):
        rows_of(arrow_reader(pa.table({"x": pa.array([1], pa.time64("ns"))})))


def test_tables_of_others_and_no_tables(rows_of: Any) -> None:
    assert rows_of(arrow_reader(pl.DataFrame({"a": [1, 2]}))) == [{"a": 1}, {"a": 2}]
    assert rows_of(arrow_reader(pa.record_batch({"a": [1]}))) == [{"a": 1}]
    with pytest.raises(TypeError, match="needs a pyarrow"):
        arrow_reader([{"a": 1}])
    with pytest.raises(ValueError, match='"a" twice'):
        arrow_reader(pa.Table.from_arrays([pa.array([1])] * 2, names=["a", "a"]))


def test_pandas_values_are_those_of_the_frame(rows_of: Any) -> None:
    frame = pd.DataFrame(
        {
            "n": np.array([1, 2], np.int32),
            "x": [1.5, float("nan")],
            "o": [[1], None],
            "t": [pd.Timestamp(1), pd.NaT],
            7: pd.array([1, None], dtype="Int64"),
        },
        index=["p", "q"],
    )
    reader = pandas_reader(frame)
    frame.loc["p", "n"] = 99
    frame["o"].iloc[0].append(2)
    first, second = rows_of(reader)
    assert first == {"n": 1, "x": 1.5, "o": [1], "t": pd.Timestamp(1), 7: 1}
    assert type(first["n"]) is int and type(first["x"]) is float
    assert second["o"] is None and second["t"] is None and second[7] is None and math.isnan(second["x"])


def test_frames_that_rows_cannot_hold_are_refused() -> None:
    with pytest.raises(ValueError, match='"a" twice'):
        pandas_reader(pd.DataFrame([[1, 2]], columns=["a", "a"]))
    with pytest.raises(TypeError, match="needs a pandas DataFrame"):
        pandas_reader({"a": [1]})
    with pytest.raises(TypeError, match="cannot be pickled"):
        pandas_reader(pd.DataFrame({"a": [lambda: 1]}))
