"""Test that folders like year=2013/month=1 become columns of their rows, in every later step."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glowray.io.parquet.hive_folders import NO_VALUE
from glowray.io.parquet.reader import parquet_reader
from tests.engine.doubles import Lab

INTS = st.integers(-(2**63), 2**63 - 1).map(str)
OTHERS = st.sampled_from(["", "01", "-0", "+1", "1.5", "x", "a=b", "a b", "é/%", "nan", " 1", "1_0", "١"])
VALUES = st.one_of(st.none(), INTS, INTS | OTHERS)
NAMES = st.sampled_from(["year", "a b", "é=%", "k"])


def folder_of(pairs: list[tuple[str, str | None]]) -> str:
    return "/".join(
        f"{quote(name, safe='')}={NO_VALUE if text is None else quote(text, safe='')}" for name, text in pairs
    )


def is_int(text: str) -> bool:
    try:
        return str(int(text)) == text
    except ValueError:
        return False


@given(names=st.lists(NAMES, min_size=1, max_size=2, unique=True), data=st.data(), n=st.integers(1, 3))
def test_every_value_of_a_folder(
    tmp_path_factory: pytest.TempPathFactory, rows_of: Any, names: list[str], data: Any, n: int
) -> None:
    root = tmp_path_factory.mktemp("hive")
    texts = data.draw(st.lists(st.tuples(*[VALUES] * len(names)), min_size=1, max_size=4, unique=True))
    made: dict[str, dict[str, Any]] = {}
    columns = [[record[place] for record in texts if record[place] is not None] for place in range(len(names))]
    kinds = [int if column and all(map(is_int, column)) else str for column in columns]
    for number, record in enumerate(texts):
        folder = folder_of(list(zip(names, record, strict=True)))
        (root / folder).mkdir(parents=True)
        pq.write_table(pa.table({"number": [number], "k": ["own"]}), root / folder / "part-0.parquet")
        added = {
            name: None if text is None else kind(text) for name, text, kind in zip(names, record, kinds, strict=True)
        }
        made[folder] = {"number": number, "k": "own", **added}
    expected = [made[folder] for folder in sorted(made, key=lambda folder: folder.split("/"))]
    reader = parquet_reader(root, n)
    assert rows_of(reader) == expected
    assert [row for index in range(n) for block in reader.read_blocks(index) for row in block.rows()] == expected
    for columns in (["number", names[-1]], [names[0]], []):
        few = [{name: row[name] for name in columns} for row in expected]
        assert rows_of(parquet_reader(root, n, columns=columns)) == few
        pruned = reader.pruned(columns)
        assert [row for index in range(n) for block in pruned.read_blocks(index) for row in block.rows()] == few


@pytest.fixture
def flights(tmp_path: Path) -> Path:
    table = pa.table(
        {
            "year": pa.array([2013, 2013, 2014], pa.int32()),
            "city": ["São Paulo", None, "New/York"],
            "delay": pa.array([1, None, 3], pa.int8()),
        }
    )
    schema = pa.schema([table.schema.field("year"), table.schema.field("city")])
    ds.write_dataset(table, tmp_path / "flights", format="parquet", partitioning=ds.partitioning(schema, flavor="hive"))
    return tmp_path / "flights"


ROWS = [
    {"delay": 1, "year": 2013, "city": "São Paulo"},
    {"delay": None, "year": 2013, "city": None},
    {"delay": 3, "year": 2014, "city": "New/York"},
]


def in_order(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=repr)


def test_what_arrow_writes_and_every_way_to_name_it(engine: Lab, flights: Path) -> None:
    flow = engine.flow()
    assert in_order(flow.read_parquet(flights).collect()) == in_order(ROWS)
    assert in_order(flow.read_parquet(f"{flights}/").collect()) == in_order(ROWS)
    assert in_order(flow.read_parquet(f"{flights}/*/*/*.parquet").collect()) == in_order(ROWS)
    assert in_order(flow.read_parquet([flights / "year=2013", flights / "year=2014"]).collect()) == in_order(
        [{name: row[name] for name in ("delay", "city")} for row in ROWS]
    )
    file = next(flights.glob("year=2014/*/*.parquet"))
    assert flow.read_parquet(file).collect() == [{"delay": 3}]


def test_they_are_columns_like_others(engine: Lab, flights: Path, tmp_path: Path) -> None:
    rows = engine.flow().read_parquet(flights)
    assert rows.count() == 3
    assert sorted(rows.map(lambda row: row["year"] + 1).collect()) == [2014, 2014, 2015]
    assert sorted(rows.filter(lambda row: row["year"] > 2013).map(lambda row: row["delay"]).collect()) == [3]
    assert sorted(rows.map(lambda row: str(row["city"])).collect()) == ["New/York", "None", "São Paulo"]
    rows.write_parquet(tmp_path / "out")
    written = pq.read_table(sorted((tmp_path / "out").glob("part*")))
    assert written.schema.types == [pa.int8(), pa.int64(), pa.string()]
    assert in_order(written.to_pylist()) == in_order(ROWS)


def test_a_folder_counts_more_than_a_column_and_files_may_differ(tmp_path: Path, rows_of: Any) -> None:
    (tmp_path / "year=2013").mkdir()
    pq.write_table(pa.table({"year": ["x"], "a": [1]}), tmp_path / "year=2013" / "a.parquet")
    pq.write_table(pa.table({"a": [2]}), tmp_path / "z.parquet")
    assert rows_of(parquet_reader(tmp_path)) == [{"year": 2013, "a": 1}, {"a": 2}]
    with pytest.raises(ValueError, match='has no column "month"; it has year, a'):
        parquet_reader(tmp_path, columns=["month"])
