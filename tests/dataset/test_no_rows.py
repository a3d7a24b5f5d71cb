"""Test that a folder is one table to every reader, even if some writes or partitions add no rows."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import glowray as gr
from glowray.dataset import Dataset
from tests.dataset.table_readers import GUESSING_CSV_READERS, JSON_READERS, PARQUET_READERS, Rows, plain
from tests.effort import examples

Options = dict[str, Any]


@dataclass(frozen=True)
class Format:
    """A format: how to write and read rows, its other readers, and the options that name its columns."""

    write: Callable[..., Any]
    read: Callable[..., Any]
    others: dict[str, Callable[[str], Rows]]
    columns: Options


FORMATS = {
    "csv": Format(Dataset.write_csv, gr.Flow.read_csv, GUESSING_CSV_READERS, {"columns": ["a", "b"]}),
    "json": Format(Dataset.write_json, gr.Flow.read_json, JSON_READERS, {}),
    "parquet": Format(
        Dataset.write_parquet,
        gr.Flow.read_parquet,
        PARQUET_READERS,
        {"schema": pa.schema({"a": pa.large_string(), "b": pa.large_string()})},
    ),
    "text": Format(Dataset.write_text, gr.Flow.read_text, {}, {}),
}

ROW = st.fixed_dictionaries({"a": st.sampled_from(["x", "y"]), "b": st.just("z")})
PARTITIONS = st.lists(st.just([]) | st.lists(ROW, max_size=2), min_size=1, max_size=3)
# Each write has partitions of rows, and whether its options name the columns.
WRITES = st.lists(st.tuples(PARTITIONS, st.booleans()), min_size=1, max_size=4)


def check(flow: gr.Flow, kind: str, writes: list[tuple[list[Rows], bool]], folder: str) -> None:
    form, wanted, is_named = FORMATS[kind], [], False
    for partitions, named in writes:
        rows = flow.from_source(partitions.__getitem__, len(partitions))
        count = sum(map(len, partitions))
        written = form.write(rows, folder, mode="append", **(form.columns if named else {}))
        assert written.rows == count
        wanted += [row for part in partitions for row in part]
        is_named = is_named or (named and bool(form.columns))
        read = form.read(flow, folder).collect()
        assert read == (list(map(str, wanted)) if kind == "text" else wanted)
        if wanted or is_named:
            for name, other in form.others.items():
                assert [plain(row) for row in other(folder)] == wanted, name
        elif form.others:
            assert not list(Path(folder).glob("part-*")), "nobody can read a file without rows and columns"


@pytest.mark.slow
@pytest.mark.parametrize("kind", FORMATS)
@settings(max_examples=examples(40))
@given(writes=WRITES)
def test_any_writes_are_one_table(kind: str, writes: list[tuple[list[Rows], bool]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        check(gr.Flow(engine="inline"), kind, writes, f"{folder}/out")


X, Y = {"a": "x", "b": "z"}, {"a": "y", "b": "z"}


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("named", [False, True])
def test_on_every_engine(flow: gr.Flow, kind: str, named: bool, tmp_path: Path) -> None:
    check(flow, kind, [([[], []], named), ([[], [X], []], False), ([[]], named), ([[Y]], named)], str(tmp_path / "out"))


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("compression", [None, "gz"])
def test_one_file(kind: str, compression: str | None, tmp_path: Path) -> None:
    form, flow = FORMATS[kind], gr.Flow(engine="inline")
    path = tmp_path / ("out" if kind == "parquet" or compression is None else f"out.{compression}")
    options: Options = {"single_file": True, "compression": compression, "mode": "append"}
    for rows in ([], [X], [], [Y]):
        form.write(flow.from_items(rows, 2), path, **options)
    wanted = [X, Y]
    assert form.read(flow, path).collect() == (list(map(str, wanted)) if kind == "text" else wanted)


def test_a_file_that_gives_way_stays_if_the_write_fails(tmp_path: Path) -> None:
    flow = gr.Flow(engine="inline")
    flow.from_items([]).write_csv(tmp_path, columns=["a"])
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert set(before) == {"part-00000.csv", "_SUCCESS"}
    with pytest.raises(ValueError, match='has no column "b"'):
        flow.from_items([{"b": 1}]).write_csv(tmp_path, mode="append")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    flow.from_items([{"a": 1}]).write_csv(tmp_path, mode="append")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["_SUCCESS", "part-00001.csv"]
    assert flow.from_items([]).write_csv(tmp_path, mode="overwrite").files == 0
    assert [path.name for path in tmp_path.iterdir()] == ["_SUCCESS"]


def test_a_file_of_others_never_gives_way(tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("a\n")
    gr.Flow(engine="inline").from_items([{"a": 1}]).write_csv(tmp_path, mode="append")
    assert (tmp_path / "other.csv").read_text() == "a\n"
