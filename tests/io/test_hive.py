"""Test folders by the values of fields: columns and rows give the same files, and few files are open at once."""

from __future__ import annotations

import datetime as dt
import enum
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glowray.errors import InexactColumn
from glowray.io import hive
from glowray.io.arrow.table_blocks import table_block
from glowray.io.csv.sink import CsvSink
from glowray.io.hive import FolderSplit, HiveFolders
from glowray.io.json.sink import JsonSink
from glowray.io.parquet.sink import ParquetSink
from glowray.rows import Block
from glowray.rows.codec.chunk import Chunk
from tests.dataset.table_readers import Rows

KINDS = [
    st.sampled_from(["", "a", "a b", "é/ü", "100%", "a=b", "\x00", "#?&+", "2013", "null"]),
    st.sampled_from([0, -1, 2013, 2**70]),
    st.booleans(),
    st.sampled_from([0.5, 1.0, -0.0, float("inf"), float("nan"), 1e300]),
    st.sampled_from([Decimal("1.10"), Decimal(-2)]),
    st.sampled_from([dt.date(2024, 1, 2), dt.date(1, 1, 1)]),
    st.sampled_from([dt.datetime(2024, 1, 2, 3, 4, 5, 6), dt.datetime(2024, 1, 2, tzinfo=dt.UTC)]),
    st.sampled_from([dt.time(1, 2), UUID(int=7)][:1]),
    st.sampled_from([UUID(int=7), UUID(int=8)]),
    st.none(),
]


def pieces(found: Any) -> list[tuple[str, Rows]]:
    return [(name, chunk.rows()) for name, chunk in found]


@given(st.data(), st.sampled_from([["a"], ["b", "a"], ["c", "a", "b"]]))
def test_columns_are_split_as_rows_are(data: st.DataObject, fields: list[str]) -> None:
    values = {name: data.draw(st.sampled_from(KINDS)) | st.none() for name in "abc"}
    record = st.fixed_dictionaries({**values, "n": st.integers(0, 3)})
    rows = data.draw(st.lists(record, min_size=1, max_size=8))
    one, other = (FolderSplit("write_csv", tuple(fields)) for _ in range(2))
    found, chunk = pieces(one.pieces(Chunk.from_rows(rows))), Chunk.from_rows(rows)
    assert repr(found) == repr(pieces(other._by_rows(chunk.rows())))
    assert one.kinds == other.kinds
    assert sorted(repr(row["n"]) for row in rows) == sorted(repr(row["n"]) for _, own in found for row in own)
    assert len({name for name, _ in found}) == len(found)


def test_rows_that_are_columns_are_split_without_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    chunk = Chunk.from_rows([{"y": n % 3, "s": "ab"[n % 2], "v": (n, None)} for n in range(12)])
    with monkeypatch.context() as patch:
        patch.setattr("glowray.rows.codec.chunk.Chunk.rows", None)
        found = list(FolderSplit("write_csv", ("y", "s")).pieces(chunk))
    assert [name for name, _ in found] == [f"y={n % 3}/s={'ab'[n % 2]}" for n in range(6)]
    assert found[1][1].rows() == [{"v": (1, None)}, {"v": (7, None)}]


def test_a_dictionary_column_gives_folders_of_its_rows_alone() -> None:
    column = pa.DictionaryArray.from_arrays(pa.array([1, 1, None], pa.int8()), pa.array(["unused" * 99, "b"]))
    (chunk,) = table_block(pa.table({"k": column, "v": [1, 2, 3]})).chunks
    assert pieces(FolderSplit("write_csv", ("k",)).pieces(chunk)) == [
        ("k=b", [{"v": 1}, {"v": 2}]),
        (f"k={hive.NO_VALUE}", [{"v": 3}]),
    ]


class Colour(enum.IntEnum):
    RED = 1


@pytest.mark.parametrize(
    ("rows", "error", "message"),
    [
        ([{"a": 1}, {"b": 2}], KeyError, r"write_csv\(partition_by='a'\): the record \{'b': 2\} has no such field"),
        ([("x", 1)], TypeError, "needs dict rows"),
        ([{"a": [1]}], TypeError, r'column "a" holds a list, \[1\], which cannot name a folder'),
        ([{"a": b"x"}], TypeError, "holds a bytes"),
        ([{"a": Colour.RED}], TypeError, "holds a Colour"),
        ([{"a": np.int64(1)}], TypeError, "holds a int64"),
        ([{"a": 1}, {"a": "1"}], InexactColumn, 'column "a" holds int and str'),
        ([{"a": 1}, {"a": True}], InexactColumn, 'column "a" holds int and bool'),
        ([{"a": hive.NO_VALUE}], ValueError, "is the name of None"),
        ([{"a": "é" * 50}], ValueError, "more than 255 bytes"),
    ],
)
def test_what_cannot_name_a_folder(rows: list[Any], error: type, message: str) -> None:
    with pytest.raises(error, match=message):
        list(FolderSplit("write_csv", ("a",)).pieces(Chunk.from_rows(rows)))


@pytest.mark.parametrize("sink", [CsvSink(), JsonSink(), ParquetSink()], ids=lambda sink: type(sink).__name__)
def test_few_files_are_open_at_once(sink: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hive, "MAX_OPEN", 3)
    monkeypatch.setattr(hive, "BUFFER_BYTES", 1)
    writer = HiveFolders("write", ("k",)).open(sink, str(tmp_path), 7)
    assert isinstance(writer, hive.HiveWriter)
    for keys in ("abc", "ad", "b", "ad"):
        writer.write_block(Block.from_rows([{"k": key, "n": n, "keys": keys} for n, key in enumerate(keys)]))
        assert len(writer._open) <= 3
    parts = writer.parts()
    # When d came, b was the least recently used. When b came again, c was.
    assert [(part.folder, part.rows) for part in parts] == [("k=b", 1), ("k=c", 1), ("k=b", 1), ("k=a", 3), ("k=d", 2)]
    assert {part.index for part in parts} == {7} and {part.kinds for part in parts} == {(("k", str),)}
    assert sorted(str(path) for path in tmp_path.iterdir()) == sorted(part.path for part in parts)


@pytest.mark.slow
def test_fewer_files_of_xz_are_open(tmp_path: Path) -> None:
    """Each compressor of xz takes about 35 MB."""
    for compression, most in [("xz", hive.MAX_OPEN // 8), ("gz", hive.MAX_OPEN)]:
        writer = HiveFolders("write", ("k",)).open(CsvSink(compression), str(tmp_path), 0)
        assert isinstance(writer, hive.HiveWriter)
        writer.write([{"k": key, "n": 1} for key in range(hive.MAX_OPEN + 1)])
        writer._flush()
        assert len(writer._open) == most
        writer.abort()


def test_rows_wait_so_that_files_are_few(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hive, "MAX_OPEN", 2)
    writer = HiveFolders("write", ("k",)).open(CsvSink(), str(tmp_path), 0)
    for n in range(50):
        writer.write([{"k": key, "n": n} for key in range(5)])
    assert isinstance(writer, hive.HiveWriter)
    assert [(part.folder, part.rows) for part in writer.parts()] == [(f"k={key}", 50) for key in range(5)]


def test_an_attempt_that_failed_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hive, "MAX_OPEN", 1)
    monkeypatch.setattr(hive, "BUFFER_BYTES", 1)
    writer = HiveFolders("write", ("k",)).open(CsvSink(), str(tmp_path), 0)
    writer.write([{"k": 1, "n": 1}, {"k": 2, "n": 1}])
    assert len(list(tmp_path.iterdir())) == 2
    writer.abort()
    writer.abort()
    assert not list(tmp_path.iterdir())


def test_without_fields_there_are_no_folders(tmp_path: Path) -> None:
    folders = HiveFolders.of("write_csv", None, ["a", "b"])
    assert folders.fields == () and folders.left_columns == ("a", "b")
    assert not isinstance(folders.open(CsvSink(), str(tmp_path), 0), hive.HiveWriter)


@pytest.mark.parametrize("name", ["", "_a", ".a", "a/b", "a=b", "50%", "a\0"])
def test_names_that_are_no_folders(name: str) -> None:
    with pytest.raises(ValueError, match="a folder cannot be named after the field"):
        HiveFolders.of("write_csv", name)
