"""write_delta(): one transaction, read back by deltalake, Polars and DuckDB; all rows or none."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError

import glowray as gr
from glowray.errors import CommitConflict, GlowrayError, InexactColumn
from tests.engine.doubles import Lab
from tests.io.delta.test_reader import changed_log, features

ROWS: list[dict[str, Any]] = [
    {
        "n": n, "text": f"é{n}", "x": n / 2 if n % 3 else None, "day": dt.date(2020, 1, 1 + n), "l": [n, None],
        "r": {"a": str(n)}, "b": b"\xff", "yes": n > 3, "at": dt.datetime(2020, 1, 1, tzinfo=dt.UTC),
        "y": ["x y", "a%20/=b", None][n % 3],
    }
    for n in range(10)
]  # fmt: skip


def inline(rows: list[Any], partitions: int = 3) -> gr.Dataset[Any]:
    return gr.Flow(engine="inline").from_items(rows, partitions)


def content(table: Path | str) -> list[dict[str, Any]]:
    """Return the rows as deltalake reads them."""
    rows = DeltaTable(table).to_pyarrow_table().to_pylist()
    return sorted(rows, key=lambda row: row["n"])


def files(table: Path) -> set[str]:
    return {path.relative_to(table).as_posix() for path in table.rglob("*") if "_delta_log" not in path.parts}


def texts(rows: list[dict[str, Any]]) -> list[str]:
    return [repr(sorted(row.items())) for row in rows]


@pytest.mark.parametrize("partition_by", [None, "y", ["y", "day", "yes"]])
def test_rows_come_back(engine: Lab, tmp_path: Path, partition_by: Any) -> None:
    table = tmp_path / "t"
    written = engine.flow().from_items(ROWS, 3).write_delta(table, partition_by=partition_by)
    assert written.rows == 10 and written.files == DeltaTable(table).get_add_actions().num_rows
    assert content(table) == sorted(engine.flow().read_delta(table).collect(), key=lambda row: row["n"])
    assert [{name: row[name] for name in ROWS[0]} for row in content(table)] == ROWS
    paths = DeltaTable(table).file_uris()
    assert duckdb.read_parquet(paths, hive_partitioning=False).aggregate("sum(n), count(*)").fetchall() == [(45, 10)]
    assert pl.read_delta(str(table)).sort("n")["text"].to_list() == [row["text"] for row in ROWS]
    assert all(path.endswith(".parquet") for path in paths) and not list(table.glob("_glowray*"))
    assert DeltaTable(table).history()[0]["version"] == 0


def test_modes(tmp_path: Path) -> None:
    table = tmp_path / "t"
    inline(ROWS).write_delta(table, partition_by="y")
    with pytest.raises(FileExistsError, match='is a Delta table already: choose another, mode="overwrite" or "append"'):
        inline(ROWS).write_delta(table)
    inline([{**ROWS[0], "n": 10}]).write_delta(table, mode="append")
    assert [row["n"] for row in content(table)] == list(range(11)) and DeltaTable(table).version() == 1
    inline([{"n": 1, "y": "q", "other": 2.5}]).write_delta(table, mode="overwrite", partition_by=["y"])
    assert content(table) == [{"n": 1, "other": 2.5, "y": "q"}]
    assert len(gr.Flow(engine="inline").read_delta(table, 1).collect()) == 11
    with pytest.raises(ValueError, match=r"mode must be one of .*, not 'ignore'"):
        inline(ROWS).write_delta(table, mode="ignore")
    with pytest.raises(ValueError, match="is partitioned by y, the new rows by n: write to another table"):
        inline(ROWS).write_delta(table, mode="overwrite", partition_by="n")


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"n": 1, "extra": 2}, 'has no column "extra", the new rows have column "extra" of int'),
        ({"n": "x"}, 'column "n" holds int and string'),
        ({"n": 1, "y": 5}, 'column "y" holds int, but it is of string in the table'),
        ({"n": 1, "r": {"a": 1}}, 'column "r.a" holds'),
    ],
)
def test_another_schema_is_an_error_that_names_the_column(tmp_path: Path, row: dict[str, Any], message: str) -> None:
    table = tmp_path / "t"
    inline(ROWS).write_delta(table, partition_by="y")
    before = files(table)
    with pytest.raises(InexactColumn, match=message):
        inline([{"y": "q"} | row]).write_delta(table, mode="append")
    assert files(table) == before and content(table) and DeltaTable(table).version() == 0


def test_rows_are_written_as_the_table_has_them(tmp_path: Path) -> None:
    there = pa.table({"n": pa.array([1], pa.int32()), "x": pa.array([0.5], pa.float32()), "s": ["a"], "y": [2013]})
    write_deltalake(tmp_path / "t", there, partition_by=["y"])
    inline([{"s": None, "n": 2, "y": 2014}, {"x": 1.5, "n": 3, "y": None}]).write_delta(tmp_path / "t", mode="append")
    assert content(tmp_path / "t") == [
        {"n": 1, "x": 0.5, "s": "a", "y": 2013},
        {"n": 2, "x": None, "s": None, "y": 2014},
        {"n": 3, "x": 1.5, "s": None, "y": None},
    ]


def test_types_that_arrow_has_and_delta_has_not(tmp_path: Path) -> None:
    zone = dt.timezone(dt.timedelta(hours=2))
    source = pa.table({
        "n": pa.array([1, 255], pa.uint8()), "w": pa.array([1, 2**32 - 1], pa.uint32()),
        "d": pa.array(["a", "b"]).dictionary_encode(), "big": pa.array(["a", "b"], pa.large_string()),
        "s": pa.array([dt.datetime(2020, 1, 1)] * 2, pa.timestamp("s")),
        "z": pa.array([dt.datetime(2020, 1, 1, tzinfo=zone)] * 2, pa.timestamp("ns", "+02:00")),
        "l": pa.array([[1], [2]], pa.large_list(pa.uint16())),
    })  # fmt: skip
    gr.Flow(engine="inline").from_arrow(source).write_delta(tmp_path / "t")
    types = pa.schema(DeltaTable(tmp_path / "t").schema().to_arrow()).types
    assert list(map(str, types)) == [
        "int16", "int64", "string", "string", "timestamp[us]", "timestamp[us, tz=UTC]", "list<element: int32>",
    ]  # fmt: skip
    assert content(tmp_path / "t") == source.to_pylist()


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, 'column "a" is of None only, which Delta does not have: name its type in schema='),
        (dt.time(1), r'column "a" is of time64\[us\], which Delta does not have: map it'),
        ([None], r'column "a\[\]" is of None only'),
        ({"b": dt.timedelta(1)}, r'column "a.b" is of duration\[us\]'),
    ],
)
def test_types_that_delta_lacks(tmp_path: Path, value: Any, message: str) -> None:
    with pytest.raises(InexactColumn, match=message):
        inline([{"a": value}]).write_delta(tmp_path / "t")
    assert not (tmp_path / "t").exists()


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        (dt.datetime(2020, 1, 1), InexactColumn, 'column "y" holds datetime, which cannot partition a Delta table'),
        ("", ValueError, 'column "y" holds "", which a partition column of Delta takes for None'),
        (None, InexactColumn, 'column "y" holds None only, so its type is not known: name it in schema='),
        (2**70, InexactColumn, 'column "y" holds 1180591620717411303424, which int64 cannot'),
    ],
)
def test_values_that_cannot_name_a_partition(tmp_path: Path, value: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        inline([{"n": 1, "y": value}]).write_delta(tmp_path / "t", partition_by="y")
    assert not (tmp_path / "t").exists()


def test_a_schema_names_types_and_order(tmp_path: Path) -> None:
    schema = pa.schema({"y": pa.int16(), "n": pa.int64(), "x": pa.float32()})
    inline([(1, 2, None), (None, 3, 0.5)]).write_delta(tmp_path / "t", schema=schema, partition_by="y")
    assert pa.schema(DeltaTable(tmp_path / "t").schema().to_arrow()).equals(schema)
    assert content(tmp_path / "t") == [{"y": 1, "n": 2, "x": None}, {"y": None, "n": 3, "x": 0.5}]
    with pytest.raises(ValueError, match="there are no rows, so the columns of the table are not known"):
        inline([]).write_delta(tmp_path / "u")
    inline([]).write_delta(tmp_path / "u", schema=schema, partition_by="y")
    assert content(tmp_path / "u") == [] and pa.schema(DeltaTable(tmp_path / "u").schema().to_arrow()).equals(schema)
    inline([]).write_delta(tmp_path / "t", mode="append")
    assert len(content(tmp_path / "t")) == 2


@pytest.mark.parametrize("mode", ["error", "append", "overwrite"])
def test_a_failing_function_leaves_nothing(engine: Lab, tmp_path: Path, mode: str) -> None:
    table = tmp_path / "t"
    if mode != "error":
        inline(ROWS).write_delta(table, partition_by="y")
    before = files(table)
    rows = engine.flow().from_items(ROWS, 5).map(lambda row: {"n": 10 // (9 - row["n"]), "y": "new"})
    with pytest.raises(ZeroDivisionError):
        rows.write_delta(table, mode=mode, partition_by="y")
    assert files(table) == before and table.exists() == (mode != "error")


Interference = Callable[[Path], Any]
OVERWRITE: Interference = lambda table: write_deltalake(table, pa.table({"n": [99], "y": ["q"]}), mode="overwrite")
CREATE: Interference = lambda table: write_deltalake(table, pa.table({"n": [99], "y": ["q"]}))
APPEND: Interference = lambda table: write_deltalake(table, pa.table({"n": [99], "y": ["q"]}), mode="append")


@pytest.mark.parametrize(
    ("mode", "there", "other", "left"),
    [
        ("error", False, CREATE, [99]),
        ("append", False, CREATE, [99]),
        ("append", True, OVERWRITE, [99]),
        ("overwrite", True, OVERWRITE, [99]),
    ],
)
def test_of_two_writers_one_wins(tmp_path: Path, mode: str, there: bool, other: Interference, left: list[int]) -> None:
    table = tmp_path / "t"
    if there:
        inline([{"n": 1, "y": "a"}]).write_delta(table)
    before = files(table)

    def interfere(row: dict[str, Any]) -> dict[str, Any]:
        other(table)
        return row

    with pytest.raises(CommitConflict, match="while the job ran"):
        inline([{"n": 2, "y": "b"}], 1).map(interfere).write_delta(table, mode=mode)
    assert [row["n"] for row in content(table)] == left
    assert not [
        name for name in files(table) - before if name not in {Path(uri).name for uri in DeltaTable(table).file_uris()}
    ]


def test_two_that_append_both_win(tmp_path: Path) -> None:
    table = tmp_path / "t"
    inline([{"n": 1, "y": "a"}]).write_delta(table)
    inline([{"n": 2, "y": "b"}], 1).map(lambda row: APPEND(table) or row).write_delta(table, mode="append")
    assert [row["n"] for row in content(table)] == [1, 2, 99]


@pytest.mark.parametrize("committed", [True, False])
def test_an_error_of_the_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, committed: bool) -> None:
    """Test an error before the transaction is written, and one after it: then the rows are in the table and stay."""
    table, commit = tmp_path / "t", DeltaTable.create_write_transaction
    inline([{"n": 1}]).write_delta(table)
    before = files(table)

    def fail(self: DeltaTable, *args: Any, **rest: Any) -> None:
        if committed:
            commit(self, *args, **rest)
        raise DeltaError("the disk is full")

    monkeypatch.setattr(DeltaTable, "create_write_transaction", fail)
    write = lambda: inline([{"n": 2}]).write_delta(table, mode="append")
    if committed:
        assert write().rows == 1
    else:
        with pytest.raises(OSError, match="cannot be written: the disk is full"):
            write()
        assert files(table) == before
    assert [row["n"] for row in content(table)] == ([1, 2] if committed else [1])
    assert issubclass(CommitFailedError, DeltaError)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"configuration": {"delta.constraints.positive": "n > 0"}}, "has the constraint positive"),
        (
            {"protocol": {**features(), "writerFeatures": ["rowTracking", "domainMetadata"]}},
            "has the feature rowTracking",
        ),
    ],
)
def test_rules_that_glowray_does_not_keep(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    write_deltalake(tmp_path / "t", pa.table({"n": [1]}))
    changed_log(tmp_path / "t", **changes)
    with pytest.raises(GlowrayError, match=message):
        inline([{"n": 2}]).write_delta(tmp_path / "t", mode="append")


def test_datetimes_without_a_zone_in_a_table_that_has_none(tmp_path: Path) -> None:
    inline([{"n": 1}]).write_delta(tmp_path / "t")
    with pytest.raises(GlowrayError, match='was made without datetimes that have no zone, as column "at" holds'):
        inline([{"n": 1, "at": dt.datetime(2020, 1, 1)}]).write_delta(tmp_path / "t", mode="overwrite")
    assert content(tmp_path / "t") == [{"n": 1}]


def test_deferred_beside_files(tmp_path: Path) -> None:
    flow = gr.Flow(engine="inline")
    rows = flow.from_items([{"n": 1, "y": "a"}])
    write = lambda: (rows.write_json(tmp_path / "out", defer=True), rows.write_delta(tmp_path / "t", defer=True))
    assert write() == (rows, rows)
    CREATE(tmp_path / "t")
    with pytest.raises(FileExistsError):
        flow.run()
    assert not (tmp_path / "out").exists()
    rows.write_json(tmp_path / "out", defer=True)
    rows.write_delta(tmp_path / "u", defer=True)
    assert [written.rows for written in flow.run()] == [1, 1]
    assert content(tmp_path / "u") == [{"n": 1, "y": "a"}]
