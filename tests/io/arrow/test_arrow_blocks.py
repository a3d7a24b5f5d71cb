"""Test that tables as blocks hold the same values as tables as rows, and fail for the same tables."""

from __future__ import annotations

import math
import struct
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glowray.io.arrow.table_blocks import table_block
from glowray.io.arrow.table_rows import table_rows
from glowray.io.arrow.tables import arrow_reader
from glowray.io.parquet.reader import parquet_reader

INT64 = st.integers(-(2**63), 2**63 - 1) | st.sampled_from([0, 1, -1, 10**9, 2**62, -(2**63)])
TYPES: list[tuple[pa.DataType, st.SearchStrategy[Any]]] = [
    (pa.int8(), st.integers(-128, 127)),
    (pa.uint32(), st.integers(0, 2**32 - 1)),
    (pa.uint64(), st.integers(0, 2**64 - 1) | st.integers(0, 9)),
    (pa.int64(), INT64),
    (pa.float32(), st.floats(width=32)),
    (pa.float64(), st.floats()),
    (pa.bool_(), st.booleans()),
    (pa.string(), st.text(st.characters(exclude_categories=["Cs"]), max_size=4)),
    (pa.large_binary(), st.binary(max_size=4)),
    (pa.binary(3), st.binary(min_size=3, max_size=3)),
    (pa.null(), st.none()),
    (pa.decimal128(12, 3), st.decimals(-(10**6), 10**6, places=3)),
    (pa.decimal128(5, -2), st.just(None)),
    (pa.list_(pa.int16()), st.lists(st.none() | st.integers(-5, 5), max_size=3)),
    (pa.struct([("x", pa.int8())]), st.fixed_dictionaries({"x": st.none() | st.integers(-5, 5)})),
]
COUNTED = [
    pa.date32(),
    pa.date64(),
    *(pa.timestamp(unit) for unit in ("s", "ms", "us", "ns")),
    pa.timestamp("us", "UTC"),
    pa.timestamp("s", "Europe/Berlin"),
    pa.time32("s"),
    pa.time64("ns"),
    *(pa.duration(unit) for unit in ("s", "us", "ns")),
]


def spelled(value: Any) -> Any:
    """Return a text for a value with its types, exact to the last bit."""
    if type(value) is float:
        return "nan" if math.isnan(value) else struct.pack("d", value)
    if isinstance(value, dict):
        return [(key, spelled(item)) for key, item in value.items()]
    if isinstance(value, list):
        return list(map(spelled, value))
    return type(value), repr(value)


def outcome(run: Any) -> Any:
    try:
        return spelled(run())
    except ValueError as error:
        return type(error), str(error)


def assert_same(table: pa.Table) -> None:
    assert outcome(lambda: table_block(table).rows()) == outcome(lambda: table_rows(table))


@given(data=st.data(), count=st.integers(0, 6))
def test_blocks_hold_what_rows_have(data: st.DataObject, count: int) -> None:
    chosen = data.draw(st.lists(st.sampled_from(TYPES), min_size=1, max_size=3))
    columns = [
        pa.array(data.draw(st.lists(st.none() | values, min_size=count, max_size=count)), kind)
        for kind, values in chosen
    ]
    assert_same(pa.table({f"c{index}": column for index, column in enumerate(columns)}))


@given(kind=st.sampled_from(COUNTED), data=st.data())
def test_times_out_of_pythons_years_fail_as_they_do_in_rows(kind: pa.DataType, data: st.DataObject) -> None:
    width = 32 if kind.bit_width == 32 else 64
    count = st.integers(-(2 ** (width - 1)), 2 ** (width - 1) - 1) | st.integers(-1000, 80_000)
    if pa.types.is_time(kind):
        count = st.integers(0, 86_399)
    counts = data.draw(st.lists(st.none() | count, max_size=3))
    assert_same(pa.table({"t": pa.array(counts, pa.int32() if width == 32 else pa.int64()).view(kind)}))


def test_text_that_is_no_text_is_an_error_that_names_the_column() -> None:
    bad = pa.array([b"ok", b"\xff"]).view(pa.string())
    assert_same(pa.table({"bad": bad}))
    with pytest.raises(ValueError, match='column "bad"'):
        table_block(pa.table({"bad": bad}))


def test_dictionaries_and_slices_stay_columns() -> None:
    table = pa.table({"a": pa.array(["x", "y", "x"]).dictionary_encode(), "b": pa.chunked_array([[1], [2, None]])})
    block = table_block(table.slice(1))
    assert (str(block.shape), block.pickled_values) == ("{a: str, b: int}", 0)
    assert block.rows() == [{"a": "y", "b": 2}, {"a": "x", "b": None}]


def test_readers_give_the_same_rows_as_blocks(tmp_path: Path) -> None:
    table = pa.table({"a": list(range(100)), "b": [f"t{i}" for i in range(100)]})
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=30)
    for reader in (arrow_reader(table, 3), parquet_reader(tmp_path / "a.parquet", 2)):
        for index in range(reader.num_partitions):
            rows = [row for morsel in reader.read(index) for row in morsel]
            assert [row for block in reader.read_blocks(index) for row in block.rows()] == rows


def test_pruned_parquet_reads_what_is_wanted_and_what_may_fail(tmp_path: Path) -> None:
    late = pa.array([2**62]).view(pa.timestamp("us"))
    pq.write_table(pa.table({"a": [1], "b": ["x"], "c": [2.0], "late": late}), tmp_path / "a.parquet")
    reader = parquet_reader(tmp_path / "a.parquet")
    with pytest.raises(ValueError, match='column "late"'):
        list(reader.pruned(["b"]).read_blocks(0))
    reader = parquet_reader(tmp_path / "a.parquet", columns=["c", "b", "a"])
    (block,) = reader.pruned(["a", "c", "nowhere"]).read_blocks(0)
    assert [list(row.items()) for row in block.rows()] == [[("c", 2.0), ("a", 1)]]
    assert list(reader.pruned(["a", "c"]).pruned(["a", "b"]).read(0)) == [[{"a": 1}]]
    assert [len(block) for block in reader.pruned([]).read_blocks(0)] == [1]
