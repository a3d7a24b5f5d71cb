"""Test that readers read only the used columns, and that an error still shows the whole row."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import glowray as gr
from glowray import agg
from glowray.dataset import Dataset
from glowray.io.csv.reader import CsvReader
from glowray.io.parquet.reader import ParquetReader


@pytest.fixture(params=["csv", "parquet"])
def records(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Any, list[Any]]:
    """Return records of a file with columns a, b, c, and the list of columns that readers were asked for."""
    asked: list[Any] = []
    for cls in (CsvReader, ParquetReader):
        original = cls.pruned

        def pruned(self: Any, columns: Any, original: Any = original) -> Any:
            asked.append(sorted(columns))
            return original(self, columns)

        monkeypatch.setattr(cls, "pruned", pruned)
    flow = gr.Flow("records", engine="inline")
    path = tmp_path / f"rows.{request.param}"
    texts = {"a": ["1", "2", "x", "4"], "b": ["p", "q", "r", "s"], "c": ["u", "v", "w", "z"]}
    if request.param == "csv":
        path.write_text("a,b,c\n" + "".join(map("{},{},{}\n".format, *texts.values())))
        return flow.read_csv(path), asked
    pq.write_table(pa.table(texts), path)
    return flow.read_parquet(path), asked


def test_only_what_is_looked_at_is_read(records: tuple[Dataset[Any], list[Any]]) -> None:
    rows, asked = records
    assert rows.filter(lambda r: r["b"] != "q").map(lambda r: r["a"]).collect() == ["1", "x", "4"]
    assert asked == [["a", "b"]]


@pytest.mark.parametrize(
    ("verbs", "read"),
    [
        (lambda rows: rows.group_by("b").agg(n=agg.count(), most=agg.max("a")), ["a", "b"]),
        (lambda rows: rows.group_by(lambda r: r["b"]).agg(n=agg.count()), ["b"]),
        (lambda rows: rows.key_by("b").map_values(lambda r: r["c"]), ["b", "c"]),
        (lambda rows: rows.key_by("b").keys(), ["b"]),
        (
            lambda rows: rows.filter(lambda r: r["a"] != "x").key_by("c").flat_map_values(lambda r: r["b"]),
            ["a", "b", "c"],
        ),
        (lambda rows: rows.key_by("b").values().map(lambda r: r["a"]), ["a", "b"]),
    ],
    ids=["agg", "count", "map_values", "keys", "flat_map_values", "values"],
)
def test_a_record_that_is_a_value_is_read_in_part(
    verbs: Any, read: list[str], records: tuple[Dataset[Any], list[Any]]
) -> None:
    rows, asked = records
    whole = rows.collect()
    found = verbs(rows).collect()
    assert asked == ([] if len(read) == 3 else [read])
    plain = verbs(gr.Flow("whole", engine="inline", vectorize=False).from_items(whole)).collect()
    assert sorted(plain, key=repr) == sorted(found, key=repr)


def test_a_count_needs_the_tests_columns(records: tuple[Dataset[Any], list[Any]]) -> None:
    rows, asked = records
    assert rows.filter(lambda r: r["b"] != "q").count() == 3
    assert asked == [["b"]]


@pytest.mark.parametrize(
    "step",
    [
        lambda rows: rows.filter(lambda r: r["a"] != "x"),
        lambda rows: rows.key_by(lambda r: r["a"]),
        lambda rows: rows.key_by("a").values(),
        lambda rows: rows.key_by("a").map(lambda key, row: len(row)),
        lambda rows: rows.key_by("a").top_by_key(1, key=lambda r: r["b"]),
        lambda rows: rows.map(lambda r: len(r)),
        lambda rows: rows.map(lambda r: (r["a"], r["b"], r["c"])),
        lambda rows: rows.map(str),
    ],
    ids=["filter", "key_by", "values", "map", "top_by_key", "len", "all", "opaque"],
)
def test_rows_that_go_on_are_read_whole(step: Any, records: tuple[Dataset[Any], list[Any]]) -> None:
    rows, asked = records
    whole = rows.collect()
    found = step(rows).collect()
    assert not asked
    plain = step(gr.Flow("whole", engine="inline", vectorize=False).from_items(whole)).collect()
    assert sorted(plain, key=repr) == sorted(found, key=repr)


def test_an_error_shows_all_of_the_row(records: tuple[Dataset[Any], list[Any]]) -> None:
    rows, asked = records
    numbers = rows.map(lambda r: int(r["a"]))
    assert numbers.take(2) == [1, 2]
    with pytest.raises(ValueError, match="'x'") as caught:
        numbers.collect()
    assert asked
    assert "row: {'a': 'x', 'b': 'r', 'c': 'w'}" in caught.value.__notes__


def test_an_error_of_a_grouping_shows_all_of_the_row(records: tuple[Dataset[Any], list[Any]]) -> None:
    rows, asked = records
    with pytest.raises(ValueError, match="'x'") as caught:
        rows.group_by(lambda r: int(r["a"])).agg(n=agg.count()).collect()
    assert asked
    assert "row: {'a': 'x', 'b': 'r', 'c': 'w'}" in caught.value.__notes__
