"""read_delta(): the rows of a table as deltalake has them, with the types of its log."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable, write_deltalake

import glowray as gr
from glowray.errors import GlowrayError
from tests.engine.doubles import Lab

UTC = dt.datetime(2020, 1, 1, 1, 2, 3, 4, tzinfo=dt.UTC)
TABLE = pa.table({
    "n": [1, 2, 3, 4],
    "y": ["x y", "a%20/=b", None, "x y"],
    "f": [0.1, None, 2.5, 0.1],
    "b": [True, False, None, True],
    "d": [dt.date(2020, 1, 1)] * 4,
    "at": [UTC] * 4,
    "plain": [UTC.replace(tzinfo=None)] * 4,
    "m": [Decimal("1.10"), None, Decimal("-3.00"), Decimal("1.10")],
    "small": pa.array([1, 2, None, 4], pa.int8()),
    "l": [[1, None], [], None, [2]],
    "r": [{"a": "x", "b": 1}, None, {"a": None, "b": 2}, {"a": "y", "b": 3}],
    "x": [b"\xff", None, b"", b"0"],
})  # fmt: skip


def by_n(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: row["n"])


def inline() -> gr.Flow:
    return gr.Flow(engine="inline")


@pytest.mark.parametrize("partition_by", [None, ["y"], ["y", "f", "b", "d", "at", "plain", "m", "small"]])
@pytest.mark.parametrize("partitions", [None, 3])
def test_every_type(engine: Lab, tmp_path: Path, partition_by: list[str] | None, partitions: int | None) -> None:
    write_deltalake(tmp_path / "t", TABLE, partition_by=partition_by)
    rows = engine.flow().read_delta(tmp_path / "t", partitions=partitions)
    assert by_n(rows.collect()) == TABLE.to_pylist()
    assert rows.num_partitions == (partitions or rows.num_partitions)
    rows.write_parquet(tmp_path / "out.parquet", single_file=True)
    found = pq.read_schema(tmp_path / "out.parquet")
    assert found.names == TABLE.column_names and found.field("small").type == pa.int8()


def test_columns_are_pruned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_deltalake(tmp_path / "t", TABLE.select(["n", "y", "f", "small"]), partition_by=["y"])
    read: list[Any] = []
    whole = pq.ParquetFile.iter_batches
    monkeypatch.setattr(
        pq.ParquetFile, "iter_batches", lambda self, size, groups, columns, **rest: read.append(columns)
        or whole(self, size, groups, columns, **rest)
    )  # fmt: skip
    rows = inline().read_delta(tmp_path / "t", columns=["y", "n"])
    assert by_n(rows.collect()) == TABLE.select(["y", "n"]).to_pylist()
    assert [list(row) for row in rows.take(1)] == [["y", "n"]]
    assert set(map(tuple, read)) == {("n",)}
    read.clear()
    assert inline().read_delta(tmp_path / "t").map(lambda row: row["n"] + 1).sum() == 14
    assert set(map(tuple, read)) == {("n",)}
    with pytest.raises(ValueError, match="nothing"):
        inline().read_delta(tmp_path / "t", columns=["nothing"])


def test_columns_that_came_later(tmp_path: Path) -> None:
    write_deltalake(tmp_path / "t", pa.table({"n": pa.array([1], pa.int32())}))
    write_deltalake(tmp_path / "t", pa.table({"n": pa.array([2], pa.int32()), "z": ["new"]}), mode="append",
                    schema_mode="merge")  # fmt: skip
    rows = inline().read_delta(tmp_path / "t")
    assert by_n(rows.collect()) == [{"n": 1, "z": None}, {"n": 2, "z": "new"}]
    assert by_n(rows.filter(lambda row: row["z"] is None).collect()) == [{"n": 1, "z": None}]


def test_versions(tmp_path: Path) -> None:
    for n in range(3):
        write_deltalake(tmp_path / "t", pa.table({"n": [n]}), mode="append")
    rows = inline().read_delta(tmp_path / "t")
    write_deltalake(tmp_path / "t", pa.table({"n": [9]}), mode="overwrite")
    assert sorted(row["n"] for row in rows.collect()) == [0, 1, 2]
    assert sorted(row["n"] for row in inline().read_delta(tmp_path / "t", 1).collect()) == [0, 1]
    assert inline().read_delta(str(tmp_path / "t")).collect() == [{"n": 9}]
    with pytest.raises(ValueError, match="has no version 9"):
        inline().read_delta(tmp_path / "t", 9)


def test_timestamps_of_spark(tmp_path: Path) -> None:
    """Spark writes INT96, which Arrow reads as nanoseconds without a zone."""
    write_deltalake(tmp_path / "t", pa.table({"at": [UTC]}))
    (path,) = (path for path in (tmp_path / "t").glob("*.parquet"))
    pq.write_table(pa.table({"at": [UTC.replace(tzinfo=None)]}), path, use_deprecated_int96_timestamps=True)
    assert inline().read_delta(tmp_path / "t").collect() == [{"at": UTC}]


def test_no_table(tmp_path: Path) -> None:
    for path in (tmp_path / "nothing", tmp_path):
        with pytest.raises(FileNotFoundError, match="is not a Delta table"):
            gr.read_delta(path)


def test_a_file_that_is_gone(tmp_path: Path) -> None:
    write_deltalake(tmp_path / "t", TABLE)
    rows = inline().read_delta(tmp_path / "t")
    next((tmp_path / "t").glob("*.parquet")).unlink()
    with pytest.raises(FileNotFoundError):
        rows.collect()


def changed_log(table: Path, **changes: Any) -> None:
    """Change the first commit of a table: its protocol, its configuration, its columns, or the entry of its file."""
    log = table / "_delta_log" / "00000000000000000000.json"
    entries = [json.loads(line) for line in log.read_text().splitlines()]
    for entry in entries:
        if "protocol" in entry:
            entry["protocol"] |= changes.get("protocol", {})
        if "metaData" in entry:
            entry["metaData"]["configuration"] |= changes.get("configuration", {})
            schema = json.loads(entry["metaData"]["schemaString"])
            for column in schema["fields"]:
                column["metadata"] |= changes.get("column", {})
            entry["metaData"]["schemaString"] = json.dumps(schema)
        if "add" in entry:
            entry["add"] |= changes.get("add", {})
    log.write_text("\n".join(map(json.dumps, entries)))


DELETED = {
    "storageType": "i", "pathOrInlineDv": "^Bg9^0rr910000000000iXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L", "sizeInBytes": 40,
    "cardinality": 6,
}  # fmt: skip
"""The deletion vector of the rows 3, 4, 7, 11, 18 and 29: the example of Delta's specification."""


def features(*names: str) -> dict[str, Any]:
    return {"minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": [*names], "writerFeatures": [*names]}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"protocol": features("variantType")}, "has the feature variantType, which cannot be read"),
        (
            {"protocol": {"minReaderVersion": 2, "minWriterVersion": 5},
             "configuration": {"delta.columnMapping.mode": "name"},
             "column": {"delta.columnMapping.id": 1, "delta.columnMapping.physicalName": "n"}},
            "maps its columns by name, which cannot be read",
        ),
        ({"protocol": features("deletionVectors"), "add": {"deletionVector": DELETED}}, "has 1 files with deletion"),
        ({"add": {"path": "file:///elsewhere/a.parquet"}}, "is a clone: it has files of another table"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_an_error(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    write_deltalake(tmp_path / "t", pa.table({"n": range(40)}))
    changed_log(tmp_path / "t", **changes)
    with pytest.raises(GlowrayError, match=message):
        gr.read_delta(tmp_path / "t")


def test_deletion_vectors_that_no_file_has(tmp_path: Path) -> None:
    write_deltalake(tmp_path / "t", TABLE.select(["n"]))
    changed_log(tmp_path / "t", protocol=features("deletionVectors"))
    assert DeltaTable(tmp_path / "t").protocol().reader_features == ["deletionVectors"]
    assert inline().read_delta(tmp_path / "t").count() == 4
