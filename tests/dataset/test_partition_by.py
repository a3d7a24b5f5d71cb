"""Test writes into Hive folders: other programs read them as one table, and they appear whole or not at all."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

import glowray as gr
from glowray.errors import CommitConflict, InexactColumn
from tests.dataset.table_readers import Rows, plain, records
from tests.engine.doubles import CountingEngine

FORMATS = ["write_parquet", "write_csv", "write_json"]
FLIGHTS: Rows = [
    {"year": year, "carrier": carrier, "n": n, "late": None if n % 4 == 0 else n / 2}
    for n, (year, carrier) in enumerate([(2013, "UA"), (2014, "é/ 50%"), (2013, None), (None, "UA"), (2013, "UA")] * 4)
]


def of_pyarrow(folder: str, form: str) -> Rows:
    fields = ds.partitioning(pa.schema([("year", pa.int64()), ("carrier", pa.string())]), flavor="hive")
    schema = pa.schema([("n", pa.int64()), ("late", pa.float64()), *fields.schema])
    return ds.dataset(folder, format=form, partitioning=fields, schema=schema).to_table().to_pylist()


def of_duckdb(folder: str, form: str) -> Rows:
    options = "hive_partitioning=true, hive_types={'year': bigint, 'carrier': varchar}"
    read = {"csv": "read_csv", "json": "read_json", "parquet": "read_parquet"}[form]
    return records(duckdb.sql(f"select * from {read}('{folder}/*/*/part-*', {options})"))


def of_polars(folder: str, form: str) -> Rows:
    fields: Any = {"year": pl.Int64, "carrier": pl.String}
    options: Any = {"hive_partitioning": True, "hive_schema": fields}
    if form == "parquet":
        return pl.scan_parquet(f"{folder}/**/*.parquet", **options).collect().to_dicts()
    # Polars takes no fields from the folders of CSV and JSON, so take them from the names of the files.
    scan: Any = {"csv": pl.scan_csv, "json": pl.scan_ndjson}[form]
    frame = scan(
        f"{folder}/*/*/part-*", include_file_paths="path", schema={"n": pl.Int64, "late": pl.Float64}
    ).collect()
    return [{**dict(map(field_of, row.pop("path").split("/")[-3:-1])), **row} for row in frame.to_dicts()]


def field_of(folder: str) -> tuple[str, Any]:
    name, _, text = folder.partition("=")
    value = None if text == "__HIVE_DEFAULT_PARTITION__" else unquote(text)
    return name, int(value) if name == "year" and value else value


READERS: dict[str, Callable[[str, str], Rows]] = {"pyarrow": of_pyarrow, "duckdb": of_duckdb, "polars": of_polars}


def in_any_order(rows: Rows) -> list[str]:
    return sorted(str(sorted(plain(row).items())) for row in rows)


@pytest.mark.parametrize("verb", FORMATS)
def test_others_read_the_folders_as_one_table(flow: gr.Flow, verb: str, tmp_path: Path) -> None:
    out, form = tmp_path / "out", verb.removeprefix("write_")
    made = getattr(flow.from_items(FLIGHTS, 3), verb)(out, partition_by=["year", "carrier"])
    files = sorted(str(path.relative_to(out)) for path in out.rglob("part-*"))
    assert made.rows == len(FLIGHTS) and made.files == len(files)
    assert made.bytes == sum((out / name).stat().st_size for name in files)
    assert {os.path.dirname(name) for name in files} == {
        "year=2013/carrier=UA",
        "year=2014/carrier=%C3%A9%2F%2050%25",
        "year=2013/carrier=__HIVE_DEFAULT_PARTITION__",
        "year=__HIVE_DEFAULT_PARTITION__/carrier=UA",
    }
    assert (out / "_SUCCESS").exists()
    for name, read in READERS.items():
        assert in_any_order(read(str(out), form)) == in_any_order(FLIGHTS), name


def test_rows_of_a_folder_keep_their_order(flow: gr.Flow, tmp_path: Path) -> None:
    rows = flow.from_items([{"k": n % 2, "n": n} for n in range(40)], 5)
    rows.write_parquet(tmp_path / "out", partition_by="k")
    for key in range(2):
        parts = sorted((tmp_path / "out" / f"k={key}").iterdir())
        assert [n for part in parts for n in pq.ParquetFile(part).read()["n"].to_pylist()] == list(range(key, 40, 2))
        assert pq.ParquetFile(parts[0]).schema_arrow.names == ["n"], "the files leave the field out"


@pytest.mark.parametrize("verb", FORMATS)
def test_rows_that_are_no_records(flow: gr.Flow, verb: str, tmp_path: Path) -> None:
    rows = flow.from_items([("a", (1, "x")), ("b", (2, "y")), ("a", (3, "z"))], 2)
    getattr(rows, verb)(tmp_path / "out", columns=iter(["n", "k", "s"]), partition_by=iter(["k"]))
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"k=1", "k=2", "k=3", "_SUCCESS"}
    read = {"write_csv": flow.read_csv, "write_json": flow.read_json, "write_parquet": flow.read_parquet}[verb]
    found = [{"n": row["n"], "s": row["s"]} for row in read(tmp_path / "out" / "k=3").collect()]  # type: ignore[operator]
    assert found == [{"n": "a", "s": "z"}]


def test_a_schema_names_the_fields_of_rows(flow: gr.Flow, tmp_path: Path) -> None:
    schema = pa.schema({"n": pa.float32(), "k": pa.int64()})
    flow.from_items([(1, 7), (2.5, 8)], 2).write_parquet(tmp_path / "out", schema=schema, partition_by="k")
    found = ds.dataset(tmp_path / "out", partitioning="hive").to_table()
    assert in_any_order(found.to_pylist()) == in_any_order([{"n": 1.0, "k": 7}, {"n": 2.5, "k": 8}])
    assert found.schema.field("n").type == pa.float32()


def test_modes(flow: gr.Flow, tmp_path: Path) -> None:
    out = tmp_path / "out"
    rows = flow.from_items(FLIGHTS[:5], 2)
    rows.write_parquet(out, partition_by=["year", "carrier"])
    with pytest.raises(FileExistsError):
        rows.write_parquet(out, partition_by=["year", "carrier"])
    before = sorted(out.rglob("part-*"))
    flow.from_items(FLIGHTS[5:], 2).write_parquet(out, partition_by=["year", "carrier"], mode="append")
    assert set(before) < set(out.rglob("part-*"))
    assert in_any_order(of_pyarrow(str(out), "parquet")) == in_any_order(FLIGHTS)
    for fields in (["carrier", "year"], "year", None):
        with pytest.raises(ValueError, match=r"is in folders by year, carrier, the new rows are by"):
            rows.write_parquet(out, partition_by=fields, mode="append")
    flow.from_items([{"k": 1, "n": 2}]).write_parquet(out, partition_by="k", mode="overwrite")
    assert [str(path.relative_to(out)) for path in sorted(out.rglob("*"))] == [
        "_SUCCESS",
        "k=1",
        "k=1/part-00000.parquet",
    ]
    plain_rows = flow.from_items([{"n": 1}])
    plain_rows.write_csv(tmp_path / "plain")
    with pytest.raises(ValueError, match="is in folders by no field, the new rows are by k"):
        flow.from_items([{"k": 1, "n": 2}]).write_csv(tmp_path / "plain", partition_by="k", mode="append")


@pytest.mark.parametrize("verb", FORMATS)
@pytest.mark.parametrize("there", [False, True])
def test_all_or_nothing(flow: gr.Flow, verb: str, there: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = flow.from_items([{"k": n % 3, "n": n} for n in range(9)], 3)
    write = getattr(rows, verb)
    if there:
        write(tmp_path / "out", partition_by="k")
    before = content(tmp_path)

    def fail(n: int) -> int:
        raise ZeroDivisionError

    failing = rows.map(lambda row: row if row["n"] < 8 else fail(row["n"]))
    with pytest.raises(ZeroDivisionError):
        getattr(failing, verb)(tmp_path / "out", partition_by="k", mode="append")
    assert content(tmp_path) == before
    for count in range(6):
        with monkeypatch.context() as patch:
            patch.setattr("glowray.io.commit.folder_target.os.rename", failing_after(count + 1, os.rename))
            with pytest.raises((OSError, CommitConflict)):
                write(tmp_path / "out", partition_by="k", mode="append")
        assert content(tmp_path) == before
    write(tmp_path / "out", partition_by="k", mode="append")
    assert len(list((tmp_path / "out").glob("k=1/part-*"))) >= 1 + there


def content(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() if path.is_file() else b"" for path in folder.rglob("*")}


def failing_after(count: int, rename: Callable[[str, str], None]) -> Callable[[str, str], None]:
    """Return a rename that works `count` times, then fails once."""
    left = [count]

    def renamed(source: str, destination: str) -> None:
        left[0] -= 1
        if left[0] == -1:
            raise OSError(5, "the disk is gone", source)
        rename(source, destination)

    return renamed


def test_one_schema_in_all_folders(flow: gr.Flow, tmp_path: Path) -> None:
    given: Rows = [{"k": 1, "a": None}, {"k": 2, "a": 1, "b": "x"}, {"k": 1, "b": "y"}, {"k": 3, "a": None}]
    rows = flow.from_items(given, 4)
    wanted = [{"a": None, "b": None, **row} for row in given]
    rows.write_parquet(tmp_path / "p", partition_by="k")
    assert len({str(pq.ParquetFile(path).schema_arrow) for path in (tmp_path / "p").rglob("*.parquet")}) == 1
    found = ds.dataset(tmp_path / "p", partitioning="hive").to_table().to_pylist()
    assert in_any_order(found) == in_any_order(wanted)
    rows.write_csv(tmp_path / "c", partition_by="k")
    assert {path.read_text().splitlines()[0] for path in (tmp_path / "c").rglob("part-*")} == {"a,b"}
    with pytest.raises(InexactColumn, match='column "k" holds int and str, but readers give all folders'):
        flow.from_items([{"k": 1, "a": 1}, {"k": "1", "a": 2}], 2).write_csv(tmp_path / "x", partition_by="k")
    with pytest.raises(InexactColumn, match='column "a" holds float and int'):
        flow.from_items([{"k": 1, "a": 1}, {"k": 2, "a": 2.5}], 1).write_parquet(tmp_path / "x", partition_by="k")
    assert not (tmp_path / "x").exists()
    schema = pa.schema({"a": pa.float32(), "k": pa.int64()})
    mixed = flow.from_items([{"k": 1, "a": 1}, {"k": 2, "a": 2.5}], 2)
    mixed.write_parquet(tmp_path / "s", partition_by="k", schema=schema)
    assert {pq.ParquetFile(path).schema_arrow.field("a").type for path in (tmp_path / "s").rglob("*.parquet")} == {
        pa.float32()
    }


def test_what_is_added_has_the_schema_of_all_folders(flow: gr.Flow, tmp_path: Path) -> None:
    flow.from_items([{"k": 1, "a": 1, "b": "x"}]).write_parquet(tmp_path / "p", partition_by="k")
    before = content(tmp_path)
    for row, message in [({"k": 2, "a": "x"}, "holds int and str"), ({"k": 2, "c": 1}, 'has no column "c"')]:
        with pytest.raises(InexactColumn, match=message):
            flow.from_items([row]).write_parquet(tmp_path / "p", partition_by="k", mode="append")
        assert content(tmp_path) == before
    flow.from_items([{"k": 2, "b": "y"}]).write_parquet(tmp_path / "p", partition_by="k", mode="append")
    found = ds.dataset(tmp_path / "p", partitioning="hive").to_table().to_pylist()
    assert in_any_order(found) == in_any_order([{"k": 1, "a": 1, "b": "x"}, {"k": 2, "a": None, "b": "y"}])


def test_parts_of_one_task_are_rewritten_by_one(counting: CountingEngine, tmp_path: Path) -> None:
    rows = gr.Flow(engine=counting).from_items([{"k": n % 5, "a": None if n < 5 else n} for n in range(10)], 2)
    rows.write_parquet(tmp_path / "out", partition_by="k")
    assert sum(counting.tasks.values()) == 2 + 1, "the five parts of None alone are written once more, by one task"
    assert len({str(pq.ParquetFile(path).schema_arrow) for path in (tmp_path / "out").rglob("*.parquet")}) == 1
    for key in range(5):
        parts = sorted((tmp_path / "out" / f"k={key}").iterdir())
        assert [pq.ParquetFile(part).read()["a"].to_pylist() for part in parts] == [[None], [key + 5]]


def test_rows_as_they_were_read_keep_their_types(flow: gr.Flow, tmp_path: Path) -> None:
    table = pa.table({"k": pa.array(["a", "b", "a"]).dictionary_encode(), "n": pa.array([1, 2, None], pa.int16())})
    pq.write_table(table, tmp_path / "in.parquet")
    flow.read_parquet(tmp_path / "in.parquet").write_parquet(tmp_path / "out", partition_by="k", compression="zstd")
    found = ds.dataset(tmp_path / "out", partitioning="hive").to_table()
    assert found.schema.field("n").type == pa.int16()
    assert in_any_order(found.to_pylist()) == in_any_order(table.to_pylist())


@pytest.mark.parametrize(
    "values",
    [[1, 2, None], [True, False], [0.5, 1e20, None], ["", "a b", None], [dt.date(2024, 1, 2), None]],
    ids=["int", "bool", "float", "str", "date"],
)
def test_values_come_back_as_pyarrow_writes_them(values: list[Any], tmp_path: Path) -> None:
    """Compare with pyarrow's folders: pyarrow, DuckDB and Polars must read the same values from both."""
    column = pa.array(values)
    table = pa.table({"k": column, "n": range(len(values))})
    fields = ds.partitioning(pa.schema([("k", column.type)]), flavor="hive")
    ds.write_dataset(table, tmp_path / "pyarrow", format="parquet", partitioning=fields)
    rows = gr.Flow(engine="inline").from_items(table.to_pylist())
    rows.write_parquet(tmp_path / "ours", partition_by="k")
    found = [
        [
            ds.dataset(folder, format="parquet", partitioning=fields).to_table().to_pylist(),
            records(duckdb.sql(f"select n, k from read_parquet('{folder}/*/*.parquet', hive_partitioning=true)")),
            pl.read_parquet(f"{folder}/**/*.parquet", hive_partitioning=True).to_dicts(),
        ]
        for folder in (str(tmp_path / "ours"), str(tmp_path / "pyarrow"))
    ]
    for ours, pyarrows in zip(*found, strict=True):
        assert in_any_order(ours) == in_any_order(pyarrows)
    assert in_any_order(found[0][0]) == in_any_order(table.to_pylist())


@pytest.mark.parametrize("verb", FORMATS)
def test_wrong_use_is_found_at_the_call(forbidden: Any, verb: str, tmp_path: Path) -> None:
    write = getattr(gr.Flow(engine=forbidden).from_items([{"a": 1}]), verb)
    for options, message in [
        ({"partition_by": []}, "partition_by is a list of names"),
        ({"partition_by": ["a", "a"]}, 'partition_by= names "a" twice'),
        ({"partition_by": "a/b"}, "a folder cannot be named after the field 'a/b'"),
        ({"partition_by": "a", "single_file": True}, "single_file"),
        ({"partition_by": "a", "columns": ["b"]}, "partition_by names 'a', which columns= lacks"),
        ({"partition_by": "a", "columns": ["a"]}, "at least one column"),
    ]:
        with pytest.raises(ValueError, match=message):
            write(tmp_path / "out", **options)
    assert not any(tmp_path.iterdir())


def test_no_rows_make_no_folder(flow: gr.Flow, tmp_path: Path) -> None:
    assert flow.from_items([]).write_csv(tmp_path / "out", partition_by="k").files == 0
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["_SUCCESS"]
    with pytest.raises(KeyError, match="partition_by='k'"):
        flow.from_items([{"a": 1}]).write_csv(tmp_path / "b", partition_by="k")
    with pytest.raises(ValueError, match="at least one column"):
        flow.from_items([{"k": 1}]).write_csv(tmp_path / "b", partition_by="k")


DYING_RENAME = """
import os, sys
import glowray as gr
out, mode, left = sys.argv[1], sys.argv[2], [int(sys.argv[3])]
rename = os.rename
def dying(source, destination):
    if out in str(source) and not destination.endswith(".removed"):
        left[0] -= 1
        if left[0] < 0:
            os.kill(os.getpid(), 9)
    rename(source, destination)
os.rename = dying
rows = gr.Flow(engine="inline").from_items([{"k": key, "n": key} for key in (1, 2, 3)])
rows.write_csv(out, partition_by="k", mode=mode)
"""


@pytest.mark.process
@pytest.mark.parametrize("mode", ["overwrite", "append"])
@pytest.mark.parametrize("after", [0, 2, 4, 6])
def test_a_driver_that_dies_is_undone_by_the_next(tmp_path: Path, mode: str, after: int) -> None:
    rows = gr.Flow(engine="inline").from_items([{"k": 0, "n": 0}, {"k": 1, "n": 0}])
    rows.write_csv(tmp_path / "out", partition_by="k")
    before = content(tmp_path)
    command = [sys.executable, "-c", DYING_RENAME, str(tmp_path / "out"), mode, str(after)]
    ended = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, check=False)
    if mode == "append" and after > 3:  # 4 renames: the journal and three files
        assert ended.returncode == 0, ended.stderr.decode()
        assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["_SUCCESS", "k=0", "k=1", "k=2", "k=3"]
        return
    assert ended.returncode == -9, ended.stderr.decode()
    with pytest.raises(FileExistsError):
        rows.write_csv(tmp_path / "out", partition_by="k")
    assert content(tmp_path) == before
