"""Test that rows which pass unchanged from Parquet to Parquet keep the Arrow types of their columns."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import glowray as gr
from glowray.dataset import Dataset
from glowray.errors import InexactColumn
from tests.engine.doubles import Lab

NOW = dt.datetime(2024, 2, 29, 12, 30, 15, 250_000)
MONEY = [Decimal("1.50"), None, Decimal("-2.25")]
TEXTS = ["a", None, "é"]
BYTES = [b"aa", None, b"\xff\x00"]

COLUMNS: dict[str, Any] = {
    **{
        str(kind): pa.array([1, None, 3], kind) for kind in (pa.int8(), pa.uint8(), pa.int16(), pa.uint32(), pa.int64())
    },
    "uint64": pa.array([2**63 + 1, None, 3], pa.uint64()),
    **{str(kind): pa.array([0.5, None, 2.5], kind) for kind in (pa.float16(), pa.float32(), pa.float64())},
    "bool": pa.array([True, None, False]),
    **{str(kind): pa.array(TEXTS, kind) for kind in (pa.string(), pa.large_string(), pa.string_view())},
    **{str(kind): pa.array(BYTES, kind) for kind in (pa.binary(), pa.large_binary(), pa.binary(2))},
    **{
        str(kind): pa.array(MONEY, kind) for kind in (pa.decimal128(10, 2), pa.decimal128(38, 10), pa.decimal256(50, 3))
    },
    "dictionary": pa.array(TEXTS).dictionary_encode(),
    "small dictionary": pa.array(TEXTS).cast(pa.dictionary(pa.int8(), pa.string())),
    "dictionary of numbers": pa.array([1, None, 2]).dictionary_encode(),
    "ordered": pa.DictionaryArray.from_arrays(
        pa.array([0, None, 1], pa.int8()), pa.array(["low", "high"]), ordered=True
    ),
    **{
        str(kind): pa.array([dt.date(2024, 2, 29), None, dt.date(1970, 1, 1)], kind)
        for kind in (pa.date32(), pa.date64())
    },
    **{
        str(kind): pa.array([NOW, None, NOW], kind)
        for unit in ("ms", "us", "ns")
        for zone in (None, "UTC", "Europe/Paris", "+02:00")
        for kind in [pa.timestamp(unit, zone)]
    },
    "nanoseconds": pa.array([1, None, 10**18 + 1], pa.timestamp("ns", "America/New_York")),
    **{str(kind): pa.array([dt.time(1, 2, 3), None, dt.time(0)], kind) for kind in (pa.time32("ms"), pa.time64("us"))},
    **{
        str(kind): pa.array([dt.timedelta(1), None, dt.timedelta(0)], kind)
        for kind in (pa.duration("s"), pa.duration("us"))
    },
    "null": pa.nulls(3),
    "list": pa.array([[1, None], None, []], pa.list_(pa.int32())),
    "list without nulls": pa.array([[1], [2, 3], []], pa.list_(pa.field("element", pa.int32(), nullable=False))),
    "large list": pa.array([["a"], None, []], pa.large_list(pa.string())),
    "list of a size": pa.array([[1, 2], None, [3, None]], pa.list_(pa.int16(), 2)),
    "list of null": pa.array([[None], None, []], pa.list_(pa.null())),
    "list of decimals": pa.array([MONEY, None, []], pa.list_(pa.decimal128(10, 2))),
    "list of times": pa.array([[NOW, None], None, []], pa.list_(pa.timestamp("ms", "Europe/Paris"))),
    "struct": pa.array(
        [{"a": 1, "b": None}, None, {"a": None, "b": "x"}], pa.struct({"a": pa.int8(), "b": pa.string()})
    ),
    "struct of a dictionary": pa.StructArray.from_arrays([pa.array(TEXTS).dictionary_encode()], ["x"]),
    "deep": pa.array([[{"a": [1, None]}, None], None, [{"a": None}]], pa.list_(pa.struct({"a": pa.list_(pa.int8())}))),
    "map": pa.array([[("a", 1)], None, []], pa.map_(pa.string(), pa.int32())),
    "no decimal": pa.nulls(3, pa.decimal128(7, 2)),
    "no list": pa.nulls(3, pa.list_(pa.int8())),
    "no dictionary": pa.array([None] * 3, pa.string()).dictionary_encode(),
}
TABLE = pa.table({"k": pa.array([1, 2, 3], pa.int16()), **COLUMNS})

WAYS: dict[str, tuple[Callable[[Dataset[Any]], Dataset[Any]], list[int]]] = {
    "unchanged": (lambda rows: rows, [1, 2, 3, 2]),
    "a filter over columns": (lambda rows: rows.filter(lambda row: row["k"] > 1), [2, 3, 2]),
    "a filter in Python": (lambda rows: rows.filter(lambda row: str(row["k"]) != "2"), [1, 3]),
    "no row": (lambda rows: rows.filter(lambda row: row["k"] > 3), []),
    "limit": (lambda rows: rows.limit(2), [1, 2]),
    "sort": (lambda rows: rows.sort("-k"), [3, 2, 2, 1]),
    "top": (lambda rows: rows.top(1, "k"), [3]),
    "repartition": (lambda rows: rows.repartition(3), [1, 2, 3, 2]),
    "cache": (lambda rows: rows.cache(), [1, 2, 3, 2]),
    "sample": (lambda rows: rows.sample(1.0), [1, 2, 3, 2]),
    "random_split": (lambda rows: rows.random_split([1.0])[0], [1, 2, 3, 2]),
    "a key and off again": (lambda rows: rows.key_by("k").filter(lambda key, row: key > 1).values(), [2, 3, 2]),
    "a number and off again": (lambda rows: rows.zip_with_index().key_by(lambda row: 0).values().keys(), [1, 2, 3, 2]),
    "a semi join": (lambda rows: rows.join(rows.limit(1).select("k"), on="k", how="semi"), [1]),
    "union": (lambda rows: rows.union(rows.limit(1)), [1, 2, 3, 2, 1]),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("types")
    for name, table in {"a": TABLE, "b": TABLE.slice(1, 1), "c": TABLE.slice(0, 0)}.items():
        pq.write_table(table, folder / f"{name}.parquet")
    return folder


@pytest.mark.parametrize("way", WAYS)
def test_they_keep_their_types(engine: Lab, folder: Path, tmp_path: Path, way: str) -> None:
    build, keys = WAYS[way]
    build(engine.flow().read_parquet(folder)).write_parquet(tmp_path / "out")
    read = pq.read_table(folder / "a.parquet")
    parts = [pq.read_table(path) for path in sorted((tmp_path / "out").glob("part*"))]
    for part in parts:
        types = {field.name: str(field.type) for field in part.schema}
        assert types == {field.name: str(field.type) for field in read.schema}
    found = [row for part in parts for row in part.to_pylist()]
    assert [repr(row) for row in found] == [repr(read.slice(key - 1, 1).to_pylist()[0]) for key in keys]


def test_a_time_of_nanoseconds_is_an_error_that_names_the_column(engine: Lab, tmp_path: Path) -> None:
    pq.write_table(pa.table({"at": pa.array([1], pa.time64("ns"))}), tmp_path / "a.parquet")
    with pytest.raises(
        ValueError, match=r'column "at" \(time64\[ns\]\) holds a value that Python has no exact form for'
    ):
        engine.flow().read_parquet(tmp_path / "a.parquet").write_parquet(tmp_path / "out")


def test_the_error_for_two_zones_names_the_way_out(flow: gr.Flow) -> None:
    moment = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
    rows = flow.from_items([{"a": moment}, {"a": moment.astimezone(ZoneInfo("Europe/Berlin"))}], partitions=1)
    with pytest.raises(InexactColumn, match=r"differ in time zone: bring them|datetime in Europe/Berlin"):
        rows.to_arrow()
