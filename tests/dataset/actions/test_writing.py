"""Test the options of writes: names for the fields of rows, JSON's default, compression, folders by field."""

from __future__ import annotations

import bz2
import contextlib
import datetime as dt
import enum
import gzip
import json
import lzma
import sys
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

import glowray as gr
from tests.dataset.table_readers import JSON_READERS, PARQUET_READERS, plain


class Hit(NamedTuple):
    page: str
    n: int


class Level(enum.IntEnum):
    HIGH = 2


class Colour(enum.StrEnum):
    RED = "r"


def written(verb: str, rows: Any, path: Path, **options: Any) -> list[dict[str, Any]]:
    """Return the rows that another program finds after the write."""
    if verb == "to_arrow":
        return rows.to_arrow(**options).to_pylist()
    if verb == "to_pandas":
        return [plain(row) for row in rows.to_pandas(**options).to_dict("records")]
    getattr(rows, verb)(path / verb, **options)
    if verb == "write_csv":
        tables = [pyarrow.csv.read_csv(part) for part in sorted((path / verb).glob("part-*"))]
        return pa.concat_tables(tables).to_pylist()
    readers: dict[str, Callable[[str], Any]] = JSON_READERS if verb == "write_json" else PARQUET_READERS
    found = [[plain(row) for row in read(str(path / verb))] for read in readers.values()]
    assert all(rows == found[0] for rows in found)
    return found[0]


VERBS = ["write_csv", "write_json", "write_parquet", "to_arrow", "to_pandas"]


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize(
    ("rows", "columns", "wanted"),
    [
        ([("be", 2), ("or", 1)], ["w", "n"], [{"w": "be", "n": 2}, {"w": "or", "n": 1}]),
        ([("k", (1, 2.5)), ("l", (2, 0.5))], "kab", [{"k": "k", "a": 1, "b": 2.5}, {"k": "l", "a": 2, "b": 0.5}]),
        ([["a", "b"], ["c", "d"]], ["x", "y"], [{"x": "a", "y": "b"}, {"x": "c", "y": "d"}]),
        ([3, 4], ["n"], [{"n": 3}, {"n": 4}]),
        ([Hit("a", 1), ("b", 2)], ["x", "n"], [{"x": "a", "n": 1}, {"x": "b", "n": 2}]),
        ([{"a": 1, "b": 2}, {"b": 3, "a": 4}], ["b", "a"], [{"b": 2, "a": 1}, {"b": 3, "a": 4}]),
    ],
    ids=["pairs", "keyed", "lists", "scalars", "named tuples", "records"],
)
def test_columns_name_the_fields(
    flow: gr.Flow, verb: str, rows: list[Any], columns: Any, wanted: Any, tmp_path: Path
) -> None:
    found = written(verb, flow.from_items(rows, 2), tmp_path, columns=list(columns))
    assert found == wanted
    assert [list(row) for row in found] == [list(row) for row in wanted]


@pytest.mark.parametrize("verb", VERBS)
def test_joins_by_name_against_pandas(flow: gr.Flow, verb: str, tmp_path: Path) -> None:
    left, right = [(n % 3, n) for n in range(7)], [(n, f"name {n}") for n in range(2)]
    joined = flow.from_items(left, 2).join(flow.from_items(right, 2))
    found = written(verb, joined, tmp_path, columns=["k", "n", "name"])
    oracle = pd.DataFrame(left, columns=["k", "n"]).merge(pd.DataFrame(right, columns=["k", "name"]))
    assert sorted(map(str, found)) == sorted(map(str, oracle.to_dict("records")))
    assert all(type(row["n"]) is int for row in found)


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize(
    ("row", "has"),
    [
        ((1, 2, 3), "has 3 fields"),
        (("k", (1, 2)), "has 2 fields, or 3 with its value's"),
        ([1], "has 1 field"),
        (5, "is an int, not a tuple or list of 4 fields"),
        (None, "is None"),
    ],
)
def test_another_number_of_fields_names_both(flow: gr.Flow, verb: str, row: Any, has: str, tmp_path: Path) -> None:
    rows = flow.from_items([(1, 2, 3, 4), row], 2)
    with pytest.raises(TypeError) as caught:
        written(verb, rows, tmp_path, columns=["a", "b", "c", "d"])
    assert f"{verb}(): columns= names 4 fields, but the row " in str(caught.value)
    assert has in str(caught.value)
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("verb", VERBS)
def test_records_keep_to_the_columns(flow: gr.Flow, verb: str, tmp_path: Path) -> None:
    rows = flow.from_items([{"b": 2, "c": 1}, {"a": 3}], 2)
    names = ["a", "b", "c"]
    if verb.startswith("write"):
        getattr(rows, verb)(tmp_path / "a", columns=names)
        read: Any = getattr(flow, verb.replace("write", "read"))
        options = {"types": dict.fromkeys(names, int)} if verb == "write_csv" else {}
        found = read(tmp_path / "a", **options).collect()
    else:
        found = written(verb, rows, tmp_path, columns=names)
    assert found == [{"a": None, "b": 2, "c": 1}, {"a": 3, "b": None, "c": None}]
    with pytest.raises(ValueError, match=r"a row has a column 'c' more than columns=: \{'b': 2, 'c': 1\}"):
        written(verb, rows, tmp_path / "b", columns=["a", "b"])
    with pytest.raises(ValueError, match='columns= names "a" twice'):
        written(verb, rows, tmp_path / "b", columns=["a", "a"])


def test_named_fields_have_one_schema(flow: gr.Flow, tmp_path: Path) -> None:
    rows = flow.from_items([("a", None), ("b", 1), ("c", None)], 3)
    rows.write_parquet(tmp_path / "out", columns=["k", "n"])
    assert len({str(pq.read_schema(path)) for path in (tmp_path / "out").glob("*.parquet")}) == 1
    assert rows.to_arrow(columns=["k", "n"]).column("n").type == pa.int64()
    mixed = flow.from_items([("a", 1), ("b", 2.5)], 2)
    with pytest.raises(gr.errors.InexactColumn, match='column "n" holds float and int'):
        mixed.write_parquet(tmp_path / "mixed", columns=["k", "n"])
    with pytest.raises(gr.errors.InexactColumn, match='column "n" holds float and int'):
        mixed.to_arrow(columns=["k", "n"])


@pytest.mark.parametrize("verb", ["write_csv", "write_parquet", "to_arrow", "to_pandas"])
def test_a_schema_names_the_fields_too(flow: gr.Flow, verb: str, tmp_path: Path) -> None:
    """The error for int beside float recommends schema=. Check that schema= works for pairs."""
    rows = flow.from_items([("a", 1), ("b", 2.5)], 2)
    schema = pa.schema({"w": pa.string(), "n": pa.float64()})
    assert written(verb, rows, tmp_path, schema=schema) == [{"w": "a", "n": 1.0}, {"w": "b", "n": 2.5}]
    with pytest.raises(TypeError, match=r"schema= names 3 fields, but the row .* has 2 fields"):
        written(verb, rows, tmp_path / "b", schema=schema.append(pa.field("x", pa.int8())))


def test_names_that_rows_have_are_looked_up_in_a_schema(flow: gr.Flow) -> None:
    schema = pa.schema({"n": pa.int8(), "page": pa.string()})
    assert flow.from_items([Hit("a", 1)]).to_arrow(schema=schema).to_pylist() == [{"n": 1, "page": "a"}]
    numbered = pa.schema({"1": pa.int8(), "0": pa.string(), "2": pa.int8()})
    assert flow.from_items([("a", 1)]).to_arrow(schema=numbered).to_pylist() == [{"1": 1, "0": "a", "2": None}]


ODD_VALUES = [
    dt.date(2024, 5, 1),
    dt.datetime(2024, 5, 1, tzinfo=dt.UTC),
    Decimal("1.10"),
    (1, (2.5, None)),
    {"k": {2: "a", True: "b", None: "c", 0.5: "d"}},
    {dt.time(1)},
    Hit("a", 1),
    Level.HIGH,
    Colour.RED,
    [1, "é", None, True, 1e300],
    10**5000,
    ["\ud800", Decimal(1)],
]


@pytest.mark.parametrize("value", ODD_VALUES, ids=lambda value: type(value).__name__)
@pytest.mark.parametrize("default", [str, lambda value: {"t": type(value).__name__, "v": [str(value)]}])
def test_default_is_that_of_json_dumps(flow: gr.Flow, value: Any, default: Any, tmp_path: Path) -> None:
    rows = [{"a": 1}, {"a": value}, [value]]
    flow.from_items(rows, 2).write_json(tmp_path / "a.json", default=default, single_file=True)
    lines = (tmp_path / "a.json").read_text().splitlines()
    with digits(0):
        wanted = [json.loads(json.dumps(row, default=default)) for row in rows]
        assert [json.loads(line) for line in lines] == wanted


@contextlib.contextmanager
def digits(limit: int) -> Iterator[None]:
    before = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(limit)
    yield
    sys.set_int_max_str_digits(before)


def test_without_default_a_value_is_refused(flow: gr.Flow, tmp_path: Path) -> None:
    for value in (dt.date(2024, 5, 1), Decimal(1), (1, 2), {1: 2}):
        with pytest.raises(TypeError, match=r'JSON has .*column "a'):
            flow.from_items([{"a": value}]).write_json(tmp_path / "out")
    with pytest.raises(TypeError, match="or give default="):
        flow.from_items([{"a": Decimal(1)}]).write_json(tmp_path / "out")
    assert not any(tmp_path.iterdir())


def test_what_default_cannot_help(flow: gr.Flow, tmp_path: Path) -> None:
    for value, error, message in [
        (float("nan"), ValueError, r'JSON has no nan \(column "a"\)'),
        ({(1, 2): 3}, TypeError, r"JSON has only str keys, not \(1, 2\)"),
    ]:
        with pytest.raises(error, match=message):
            flow.from_items([{"a": value}]).write_json(tmp_path / "out", default=str)
    with pytest.raises(ValueError, match="nests its values too deep"):
        flow.from_items([{"a": Decimal(1)}]).write_json(tmp_path / "out", default=lambda value: {1, 2})
    with pytest.raises(TypeError, match=r"write_json\(\) cannot call .* it takes .* but is called with 1 argument"):
        flow.from_items([1]).write_json(tmp_path / "out", default=lambda a, b: a)
    assert not any(tmp_path.iterdir())


class Unknown(ValueError):
    """An exception class of the user."""


@pytest.mark.parametrize("error", [Unknown, TypeError, KeyError])
def test_an_error_of_default_is_the_users(flow: gr.Flow, error: type[Exception], tmp_path: Path) -> None:
    def spell(value: Any) -> Any:
        raise error(f"cannot spell {value}")

    rows = flow.from_items([{"a": 1}, {"a": Decimal("1.5")}], 2)
    with pytest.raises(error, match=r"cannot spell 1\.5") as caught:
        rows.write_json(tmp_path / "out", default=spell)
    notes = "\n".join(caught.value.__notes__)
    assert "write_json" in notes and "test_writing.py:" in notes and "{'a': Decimal('1.5')}" in notes
    with pytest.raises(error, match=r"cannot spell 1\.5"):
        caught.value.replay()  # type: ignore[attr-defined]
    assert not any(tmp_path.iterdir())


def test_a_large_group_is_a_list_with_and_without_default(flow: gr.Flow, tmp_path: Path) -> None:
    rows = flow.from_items([("k", n) for n in range(5)], 2).group_by_key()
    for name, options in [("a", {}), ("b", {"default": str})]:
        rows.write_json(tmp_path / name, columns=["k", "values"], **options)
        assert flow.read_json(tmp_path / name).collect() == [{"k": "k", "values": [0, 1, 2, 3, 4]}]


OPENERS: dict[str, Callable[[Path], bytes]] = {
    "gz": lambda path: gzip.decompress(path.read_bytes()),
    "bz2": lambda path: bz2.decompress(path.read_bytes()),
    "xz": lambda path: lzma.decompress(path.read_bytes()),
    "zst": lambda path: pa.input_stream(str(path), compression="zstd").read(),
}


@pytest.mark.parametrize("suffix", OPENERS)
def test_a_single_file_is_compressed_as_its_name_says(flow: gr.Flow, suffix: str, tmp_path: Path) -> None:
    rows = flow.from_items([{"a": 1}, {"a": 2}], 2)
    for verb, content in [
        ("write_text", b"{'a': 1}\n{'a': 2}\n"),
        ("write_csv", b"a\n1\n2\n"),
        ("write_json", b'{"a":1}\n{"a":2}\n'),
    ]:
        path = tmp_path / f"{verb}.x.{suffix}"
        getattr(rows, verb)(path, single_file=True)
        assert OPENERS[suffix](path) == content
        with pytest.raises(ValueError, match="must have a name that ends in"):
            getattr(rows, verb)(path, single_file=True, compression="gzip" if suffix != "gz" else "xz")
        with pytest.raises(ValueError, match='compression must be None or one of "gzip", '):
            getattr(rows, verb)(tmp_path / "b", compression="snappy")
    with pytest.raises(ValueError, match=f"ends in .{suffix}, but the file is not compressed as a whole: rename it"):
        rows.write_parquet(tmp_path / f"a.parquet.{suffix}", single_file=True)


@pytest.mark.parametrize(
    ("name", "codec"),
    [(None, "SNAPPY"), ("gzip", "GZIP"), ("gz", "GZIP"), ("zstd", "ZSTD"), ("brotli", "BROTLI"), ("lz4", "LZ4")]
    + [("none", "UNCOMPRESSED"), ("snappy", "SNAPPY"), ("zst", "ZSTD")],
)
def test_compression_within_parquet(name: str | None, codec: str, tmp_path: Path) -> None:
    rows = gr.Flow(engine="inline").from_items([{"a": 1}])
    rows.write_parquet(tmp_path / "a.parquet", single_file=True, compression=name)
    assert pq.ParquetFile(tmp_path / "a.parquet").metadata.row_group(0).column(0).compression == codec
    with pytest.raises(ValueError, match=r"None or one of \"snappy\", \"gzip\", .* not .xz."):
        rows.write_parquet(tmp_path / "b", compression="xz")
