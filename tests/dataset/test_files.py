"""Test that every engine reads back what it wrote, and that a failed job writes nothing."""

from __future__ import annotations

import csv
import datetime as dt
import json
import tempfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

import glowray as gr
from glowray.dataset import Dataset
from glowray.errors import InexactColumn
from glowray.io.commit.commit import Written
from tests.engine.doubles import ForbiddenEngine, Lab
from tests.rows import hostile

TEXTS = st.text(st.characters(codec="utf-8"), max_size=4)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)
CSV = st.fixed_dictionaries({"a": st.none() | TEXTS, 'b,"c"': st.none() | TEXTS})
PARQUET = st.fixed_dictionaries(
    {
        "n": st.none() | st.integers(-(2**63), 2**63 - 1),
        "x": st.none() | st.floats(allow_nan=False),
        "s": st.none() | TEXTS,
        "b": st.none() | st.binary(max_size=3),
        "at": st.none() | st.datetimes().map(lambda at: at.replace(fold=0)),
        "day": st.none() | st.dates(),
        "list": st.none() | st.lists(st.none() | st.booleans(), max_size=2),
    }
)


def in_new_folder(check: Callable[[Path], None]) -> None:
    """Run a test in a new folder. Hypothesis gives all examples the same tmp_path."""
    with tempfile.TemporaryDirectory() as folder:
        check(Path(folder))


@given(st.lists(JSON, max_size=6), st.integers(1, 4), st.booleans())
def test_json_gives_equal_rows_of_the_same_types(rows: list[Any], partitions: int, single: bool) -> None:
    flow = gr.Flow(engine="inline")

    def check(folder: Path) -> None:
        flow.from_items(rows, partitions).write_json(folder / "out", single_file=single)
        given_back = flow.read_json(folder / "out").collect()
        assert len(given_back) == len(rows) and all(map(hostile.same, given_back, rows))

    in_new_folder(check)


@given(st.lists(CSV, min_size=1, max_size=6), st.integers(1, 4), st.booleans())
def test_csv_keeps_none_and_empty_apart(rows: list[dict[str, Any]], partitions: int, single: bool) -> None:
    flow = gr.Flow(engine="inline")
    rows = [{name: row[name] for name in sorted(row)} for row in rows]  # Hypothesis shuffles the keys

    def check(folder: Path) -> None:
        flow.from_items(rows, partitions).write_csv(folder / "out", single_file=single)
        assert flow.read_csv(folder / "out").collect() == rows

    in_new_folder(check)


@given(st.lists(PARQUET, min_size=1, max_size=6), st.integers(1, 4), st.booleans())
def test_parquet_keeps_types_and_values(rows: list[dict[str, Any]], partitions: int, single: bool) -> None:
    flow = gr.Flow(engine="inline")

    def check(folder: Path) -> None:
        flow.from_items(rows, partitions).write_parquet(folder / "out", single_file=single)
        assert flow.read_parquet(folder / "out").collect() == rows

    in_new_folder(check)


ROWS = [{"a": n, "b": f'{n} ß\r\n,"'} for n in range(10)]

FORMATS: list[tuple[str, Callable[[Dataset[Any]], Any], Callable[[gr.Flow], Any], list[Any]]] = [
    ("csv", lambda ds: ds.write_csv, lambda flow: lambda path: flow.read_csv(path, types={"a": int}), ROWS),
    ("json", lambda ds: ds.write_json, lambda flow: flow.read_json, ROWS),
    ("parquet", lambda ds: ds.write_parquet, lambda flow: flow.read_parquet, ROWS),
    ("text", lambda ds: ds.write_text, lambda flow: flow.read_text, [row["b"][:3] for row in ROWS]),
]


@pytest.fixture(params=FORMATS, ids=[name for name, *_ in FORMATS])
def form(request: pytest.FixtureRequest) -> Any:
    return request.param[1:]


def test_a_folder_of_ordered_parts(flow: gr.Flow, form: Any, tmp_path: Path) -> None:
    write, read, rows = form
    written = write(flow.from_items(rows, partitions=3))(tmp_path / "out")
    assert isinstance(written, Written) and written.rows == 10 and written.bytes > 0
    assert (tmp_path / "out" / "_SUCCESS").exists()
    assert written.files == len(list((tmp_path / "out").glob("part-*")))
    assert read(flow)(tmp_path / "out").collect() == rows


def test_one_file(flow: gr.Flow, form: Any, tmp_path: Path) -> None:
    write, read, rows = form
    written = write(flow.from_items(rows, partitions=3))(tmp_path / "out", single_file=True)
    assert (written.files, written.rows) == (1, 10)
    assert (tmp_path / "out").is_file()
    assert read(flow)(tmp_path / "out").collect() == rows


def test_modes(flow: gr.Flow, form: Any, tmp_path: Path) -> None:
    write, read, rows = form
    dataset = flow.from_items(rows, partitions=2)
    write(dataset)(tmp_path / "out")
    with pytest.raises(FileExistsError):
        write(dataset)(tmp_path / "out")
    write(dataset)(tmp_path / "out", mode="append")
    assert read(flow)(tmp_path / "out").collect() == rows * 2
    write(dataset)(tmp_path / "out", mode="overwrite")
    assert read(flow)(tmp_path / "out").collect() == rows
    with pytest.raises(ValueError, match="mode must be"):
        write(dataset)(tmp_path / "out", mode="w")


def test_overwrite_leaves_a_folder_of_others_alone(flow: gr.Flow, form: Any, tmp_path: Path) -> None:
    write, _, rows = form
    (tmp_path / "mine").write_text("precious")
    with pytest.raises(FileExistsError):
        write(flow.from_items(rows))(tmp_path, mode="overwrite")
    assert (tmp_path / "mine").read_text() == "precious"


@pytest.mark.parametrize("codec", ["gz", "zst"])
def test_compression(flow: gr.Flow, form: Any, tmp_path: Path, codec: str) -> None:
    write, read, rows = form
    write(flow.from_items(rows, partitions=2))(tmp_path / "out", compression=codec)
    assert read(flow)(tmp_path / "out").collect() == rows
    with pytest.raises(ValueError, match="compression"):
        write(flow.from_items(rows))(tmp_path / "other", compression="rar")


def test_deferred_writes_run_in_one_pass(flow: gr.Flow, form: Any, tmp_path: Path) -> None:
    write, read, rows = form
    counted = flow.from_items(rows, partitions=2).map(lambda row: row)
    assert write(counted)(tmp_path / "one", defer=True) is counted
    write(counted.limit(3))(tmp_path / "two", defer=True)
    assert not any(tmp_path.iterdir())
    one, two = flow.run()
    assert (one.rows, two.rows) == (10, 3)
    assert read(flow)(tmp_path / "one").collect() == rows
    assert read(flow)(tmp_path / "two").collect() == rows[:3]


def test_deferring_runs_nothing(forbidden: ForbiddenEngine, form: Any, tmp_path: Path) -> None:
    write, _, rows = form
    write(gr.Flow(engine=forbidden).from_items(rows))(tmp_path / "out", defer=True)
    assert not any(tmp_path.iterdir())


def test_a_failing_row_leaves_nothing(flow: gr.Flow, form: Any, tmp_path: Path) -> None:
    write, _, rows = form

    def fail(row: Any) -> Any:
        if row == rows[-1]:
            raise KeyError("the last")
        return row

    with pytest.raises(KeyError, match="the last"):
        write(flow.from_items(rows, partitions=3).map(fail))(tmp_path / "out")
    assert not any(tmp_path.iterdir())


def test_no_rows(flow: gr.Flow, tmp_path: Path) -> None:
    nothing = flow.from_items([])
    for name, write, read, _ in FORMATS:
        assert write(nothing)(tmp_path / name).rows == 0
        assert (tmp_path / name / "_SUCCESS").exists()
        if name != "csv":
            assert read(flow)(tmp_path / name).collect() == []
    assert flow.read_csv(tmp_path / "csv").collect() == []


@pytest.mark.parametrize(
    ("write", "rows", "error", "message"),
    [
        ("write_csv", [("a", 1)], TypeError, "needs dict rows"),
        ("write_csv", [{"a": [1]}], TypeError, 'column "a"'),
        ("write_csv", [{"a": 1}, {2: 1}], TypeError, "a str, not 2"),
        ("write_json", [{"a": (1,)}], TypeError, 'column "a"'),
        ("write_json", [{"a": float("nan")}], ValueError, 'column "a"'),
        ("write_json", [{1: "a"}], TypeError, "keys"),
        ("write_parquet", [("a", 1)], TypeError, "needs dict rows"),
        ("write_parquet", [{"a": 1}, {"a": 2.5}], TypeError, 'column "a"'),
        ("write_parquet", [{"a": (1,)}], TypeError, 'column "a"'),
        ("write_parquet", [{"a": 2**70}], InexactColumn, 'column "a"'),
        ("write_binary", [("a", "text")], TypeError, "bytes"),
        ("write_binary", [("../a", b"")], ValueError, "inside the target"),
        ("write_text", ["\ud800"], ValueError, "surrogate"),
    ],
)
def test_what_a_format_cannot_hold_is_refused(
    flow: gr.Flow, tmp_path: Path, write: str, rows: list[Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message) as caught:
        getattr(flow.from_source(lambda index: rows, 1), write)(tmp_path / "out")
    assert any(write in note for note in caught.value.__notes__)
    assert not any(tmp_path.iterdir())


def test_binary_files(flow: gr.Flow, tmp_path: Path) -> None:
    files = [("a.bin", b"\0\xff"), ("sub/b.txt", b""), ("c.bin", b"x" * 100_000)]
    written = flow.from_items(files, partitions=2).write_binary(tmp_path / "out")
    assert (written.files, written.rows, written.bytes) == (3, 3, 100_002)
    read = flow.read_binary(tmp_path / "out").map(lambda path, content: (Path(path).name, content)).to_dict()
    assert read == {Path(name).name: content for name, content in files}
    flow.from_items(files[:1]).write_binary(tmp_path / "small", compression="gz")
    assert flow.read_binary(tmp_path / "small").values().collect() == [b"\0\xff"]
    assert flow.read_binary(tmp_path / "small", decompress=False).values().first()[:2] == b"\x1f\x8b"


def test_others_read_what_was_written(flow: gr.Flow, tmp_path: Path) -> None:
    dataset = flow.from_items(ROWS, partitions=2)
    dataset.write_csv(tmp_path / "a.csv", single_file=True)
    with open(tmp_path / "a.csv", newline="", encoding="utf-8") as file:
        assert [dict(row, a=int(row["a"])) for row in csv.DictReader(file)] == ROWS
    dataset.write_json(tmp_path / "a.json", single_file=True)
    assert [json.loads(line) for line in (tmp_path / "a.json").read_bytes().splitlines()] == ROWS
    dataset.write_parquet(tmp_path / "a.parquet", single_file=True)
    assert pq.read_table(tmp_path / "a.parquet").to_pylist() == ROWS
    assert pl.read_parquet(tmp_path / "a.parquet").to_dicts() == ROWS


def test_what_others_wrote_is_read(flow: gr.Flow, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b'\xef\xbb\xbfzip;name\r\n02139;"a\r\nb"\r\n10001;\r\n')
    assert flow.read_csv(tmp_path / "a.csv", delimiter=";").collect() == [
        {"zip": "02139", "name": "a\r\nb"},
        {"zip": "10001", "name": None},
    ]
    assert flow.read_csv(tmp_path / "a.csv", delimiter=";", columns=["name"]).first() == {"name": "a\r\nb"}
    assert flow.read_csv(tmp_path / "a.csv", delimiter=";", types="infer").first()["zip"] == "02139"
    frame = pd.DataFrame({"at": pd.to_datetime(["2024-01-01", None]), "kind": pd.Categorical(["x", None])})
    frame.to_parquet(tmp_path / "b.parquet")
    assert flow.read_parquet(tmp_path / "b.parquet").collect() == [
        {"at": dt.datetime(2024, 1, 1), "kind": "x"},
        {"at": None, "kind": None},
    ]
    assert flow.read_parquet(tmp_path / "b.parquet", columns=["kind"]).first() == {"kind": "x"}


def test_a_bad_value_names_file_line_and_column(flow: gr.Flow, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("n\n1\nx\n")
    with pytest.raises(ValueError, match=r'a.csv", line 3, column "n"'):
        flow.read_csv(tmp_path / "a.csv", types={"n": int}).collect()
    assert flow.read_csv(tmp_path / "a.csv", types={"n": int}).take(1) == [{"n": 1}]
    (tmp_path / "a.json").write_text('{"a": 1}\n{"a": \n')
    with pytest.raises(ValueError, match=r'a.json", line 2 is not a line of JSON'):
        flow.read_json(tmp_path / "a.json").collect()


def test_exactly_so_many_partitions(flow: gr.Flow, tmp_path: Path) -> None:
    flow.from_items(ROWS, partitions=1).write_json(tmp_path / "a.json", single_file=True)
    flow.from_items(ROWS, partitions=1).write_csv(tmp_path / "a.csv", single_file=True)
    for count in (1, 3, 12):
        for dataset in (
            flow.read_json(tmp_path / "a.json", count),
            flow.read_csv(tmp_path / "a.csv", count, types={"a": int}),
            flow.from_arrow(pa.Table.from_pylist(ROWS), count),
            flow.from_pandas(pd.DataFrame(ROWS), count),
        ):
            assert dataset.num_partitions == count
            assert dataset.collect() == ROWS


def test_partitions_of_the_flow_hold_for_every_source(tmp_path: Path) -> None:
    flow = gr.Flow(engine="inline", partitions=2)
    flow.from_items(ROWS).write_csv(tmp_path / "a.csv", single_file=True)
    flow.from_items(ROWS).write_json(tmp_path / "a.json", single_file=True)
    flow.from_items(ROWS).write_parquet(tmp_path / "a.parquet", single_file=True)
    sources = (
        flow.read_csv(tmp_path / "a.csv"),
        flow.read_json(tmp_path / "a.json"),
        flow.read_parquet(tmp_path / "a.parquet"),
        flow.read_binary(tmp_path),
        flow.from_arrow(pa.table({"a": [1]})),
        flow.from_pandas(pd.DataFrame({"a": [1]})),
    )
    assert {source.num_partitions for source in sources} == {2}
    with pytest.raises(ValueError, match="partitions"):
        flow.read_json(tmp_path / "a.json", partitions=0)


def test_wrong_use_is_found_at_the_call(forbidden: ForbiddenEngine, tmp_path: Path) -> None:
    flow = gr.Flow(engine=forbidden)
    for read in (flow.read_csv, flow.read_json, flow.read_parquet, flow.read_binary):
        with pytest.raises(FileNotFoundError, match="nothing-here"):
            read(tmp_path / "nothing-here")
    rows = flow.from_items(ROWS)
    for write in (rows.write_csv, rows.write_json, rows.write_parquet, rows.write_binary):
        with pytest.raises(ValueError, match="mode"):
            write(tmp_path / "out", mode="replace")
        with pytest.raises(ValueError, match="compression"):
            write(tmp_path / "out", compression="rar")
    with pytest.raises(TypeError, match="columns must be a list"):
        rows.write_csv(tmp_path / "out", columns="ab")
    with pytest.raises(ValueError, match="binary rows cannot be written to a single file"):
        rows.write_binary(tmp_path / "out", single_file=True)
    with pytest.raises(TypeError, match="from_arrow"):
        flow.from_arrow([1])
    with pytest.raises(TypeError, match="from_pandas"):
        flow.from_pandas([1])  # type: ignore[arg-type]


def test_tables_in_memory_keep_their_values(flow: gr.Flow) -> None:
    rows = [
        {"d": Decimal("1.10"), "at": dt.datetime(2024, 1, 1, tzinfo=dt.UTC), "l": [None, 1], "r": {"x": None}},
        {"d": None, "at": None, "l": None, "r": None},
    ]
    assert flow.from_arrow(flow.from_items(rows).to_arrow()).collect() == rows
    assert flow.from_arrow(pl.DataFrame({"a": [1, None], "b": ["x", "y"]})).collect() == [
        {"a": 1, "b": "x"},
        {"a": None, "b": "y"},
    ]
    frame = pd.DataFrame(
        {"s": ["x", None], "n": pd.array([1, None], "Int64"), "o": [{1}, None], "x": [1.5, float("nan")]}
    )
    first, second = flow.from_pandas(frame).collect()
    assert first == {"s": "x", "n": 1, "o": {1}, "x": 1.5}
    assert (second["s"], second["n"], second["o"], str(second["x"])) == (None, None, None, "nan")


def test_what_becomes_of_a_frame_later_does_not_matter() -> None:
    frame = pd.DataFrame({"a": [1, 2]})
    dataset = gr.Flow(engine="inline").from_pandas(frame)
    frame.loc[0, "a"] = 9
    assert dataset.collect() == [{"a": 1}, {"a": 2}]


def test_module_functions_are_there(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("1\n")
    assert gr.read_json(tmp_path / "a.json").collect() == [1]
    for name in ("read_csv", "read_parquet", "read_binary", "from_arrow", "from_pandas"):
        assert name in gr.__all__ and callable(getattr(gr, name))


@pytest.mark.parametrize("vectorize", [True, False])
def test_lines_with_their_paths(engine: Lab, tmp_path: Path, vectorize: bool) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.txt").write_text(f"to {name}\nor not\n")
    a, b = str(tmp_path / "a.txt"), str(tmp_path / "b.txt")
    rows = engine.flow(vectorize=vectorize).read_text((path for path in (a, b)), 3, with_path=True)
    assert rows.collect() == [(a, "to a"), (a, "or not"), (b, "to b"), (b, "or not")]
    assert rows.map(lambda path, line: line + path[-5:]).collect() == [
        "to aa.txt",
        "or nota.txt",
        "to bb.txt",
        "or notb.txt",
    ]
    assert sorted(rows.group_by_key().collect()) == [(a, ["to a", "or not"]), (b, ["to b", "or not"])]
    assert rows.filter(lambda path, line: line == "or not").limit(1).collect() == [(a, "or not")]
    assert sorted(rows.count_by_key().collect()) == [(a, 2), (b, 2)]


def test_an_array_of_json_is_rows_like_others(engine: Lab, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps([{"n": 1, "s": "x"}, {"n": 2, "s": None}], indent=2))
    (tmp_path / "b.json").write_text('{"n": 3, "s": "y"}\n{"n": 4, "s": "z"}\n')
    rows = engine.flow().read_json(tmp_path, 3)
    assert rows.map(lambda row: row["n"]).collect() == [1, 2, 3, 4]
    assert engine.flow().read_json(tmp_path / "a.json", lines=False).count() == 2
    with pytest.raises(ValueError, match="is not a line of JSON"):
        engine.flow().read_json(tmp_path / "a.json", lines=True).collect()
    with pytest.raises(ValueError, match="is not in an array of JSON"):
        engine.flow().read_json(tmp_path / "b.json", lines=False).collect()
