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


def spelled(value: Any) -> Any:
    """Return a text for a value with its types, exact to the last bit."""
    if type(value) is dict:
        return [(spelled(key), spelled(item)) for key, item in value.items()]
    if type(value) is float:
        return value.hex()
    return type(value), [*map(spelled, value)] if type(value) is list else repr(value)


PANDAS_COLUMNS: dict[str, Any] = {
    "ints": np.array([2**63 - 1, -(2**63), 0]),
    "small": np.array([-1, 0, 127], np.int8),
    "unsigned": np.array([2**64 - 1, 0, 1], np.uint64),
    "foreign": np.array([1, 2, 3], ">i4"),
    "floats": np.array([-0.0, float("nan"), float("inf")]),
    "float32": np.array([0.1, float("nan"), 3], np.float32),
    "half": np.array([0.1, float("nan"), 3], np.float16),
    "complex": np.array([1j, 0, 1]),
    "bools": np.array([True, False, True]),
    "texts": pd.Series(["a", "", "é"], dtype=object),
    "texts or None": pd.Series(["a", None, float("nan")], dtype=object),
    "nothing": pd.Series([None, None, None], dtype=object),
    "surrogate": pd.Series(["a", "\ud800", "b"], dtype=object),
    "objects": pd.Series([1, 1.0, True], dtype=object),
    "lists": pd.Series([[1], [], [None]], dtype=object),
    "big": pd.Series([2**70, 1, 2], dtype=object),
    "str": pd.array(["a", None, "c"], dtype="str"),
    "string": pd.array(["a", None, "c"], dtype="string"),
    "Int64": pd.array([1, None, 3], dtype="Int64"),
    "Float32": pd.array([0.5, None, 3], dtype="Float32"),
    "boolean": pd.array([True, None, False], dtype="boolean"),
    "category": pd.Categorical(["a", None, "a"]),
    "numbers": pd.Categorical([3, 1, 3]),
    "times": pd.to_datetime(["2024-01-01", None, "1999-12-31"]),
    "fine": pd.to_datetime([1, 1000, None]),
    "seconds": np.array(["2024-01-01", "NaT", "1999-12-31"], "M8[s]"),
    "zone": pd.to_datetime(["2024-01-01", None, "1999-12-31"]).tz_localize("Europe/Berlin"),
    "utc": pd.to_datetime(["2024-01-01", None, "1999-12-31"]).tz_localize("UTC"),
    "spans": pd.to_timedelta([1, None, 1000]),
    "arrow": pd.array([1, None, 3], dtype=pd.ArrowDtype(pa.int16())),
    "decimals": pd.Series([Decimal("1.10"), Decimal("1.1"), None], dtype=object),
}


def block_rows(reader: Any) -> list[Any]:
    """Return the rows of the blocks and lists that a reader gives."""
    parts = [part for index in range(reader.num_partitions) for part in reader.read_blocks(index)]
    return [row for part in parts for row in (part if isinstance(part, list) else part.rows())]


@pytest.mark.parametrize("name", PANDAS_COLUMNS)
def test_blocks_of_pandas_hold_what_rows_have(rows_of: Any, name: str) -> None:
    frame = pd.DataFrame({"first": [1, 2, 3], name: PANDAS_COLUMNS[name]}, index=[5, 5, 1])
    for each in (frame, frame.iloc[:0], frame.iloc[::-1], frame.rename(columns={"first": 0})):
        for partitions in (1, 2, 5):
            reader = pandas_reader(each, partitions)
            assert spelled(block_rows(reader)) == spelled(rows_of(reader))


TABLES = {
    "pandas": lambda flow, columns: flow.from_pandas(pd.DataFrame(columns)),
    "pandas objects": lambda flow, columns: flow.from_pandas(pd.DataFrame(columns, dtype=object)),
    "pandas categories": lambda flow, columns: flow.from_pandas(pd.DataFrame(columns).astype({"word": "category"})),
    "polars": lambda flow, columns: flow.from_arrow(pl.DataFrame(columns)),
    "polars categories": lambda flow, columns: flow.from_arrow(
        pl.DataFrame(columns).with_columns(pl.col("word").cast(pl.Categorical))
    ),
    "arrow views": lambda flow, columns: flow.from_arrow(
        pa.table({**columns, "word": pa.array(columns["word"], pa.string_view())})
    ),
    "arrow lists": lambda flow, columns: flow.from_arrow(pa.table({**columns, "tags": [["a"]] * len(columns["n"])})),
}


@pytest.mark.parametrize("make", TABLES.values(), ids=TABLES)
def test_frames_reach_columns(flow: Any, make: Any) -> None:
    columns = {"word": ["b", "a", None, "ab"] * 10, "n": [*range(40)]}
    rows = make(flow, columns).filter(lambda row: row["n"] > 5).map(lambda row: (row["word"], row["n"] * 2))
    assert rows.collect() == [(columns["word"][n], n * 2) for n in range(6, 40)]
    assert flow.stats.stages[0].rows_by_level == {"arrow": 40, "fused": 0, "python": 0}
