"""Test that Parquet keeps every type, or refuses it and names the column."""

from __future__ import annotations

import datetime as dt
import enum
import pickle
from collections import namedtuple
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

import glowray as gr
from glowray import agg
from glowray.io import ParquetSink, Written
from glowray.io.parquet.reader import parquet_reader

TEXT = st.text(st.characters(blacklist_categories=["Cs"]), max_size=5)
BERLIN = ZoneInfo("Europe/Berlin")
KINDS: list[st.SearchStrategy[Any]] = [
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.lists(st.uuids(), max_size=2),
    st.floats(),
    TEXT,
    st.binary(max_size=5),
    st.dates(),
    st.datetimes(),
    st.datetimes(timezones=st.just(dt.UTC)),
    st.datetimes(dt.datetime(1980, 1, 1), dt.datetime(2037, 1, 1), timezones=st.just(BERLIN)),
    st.times(),
    st.timedeltas(dt.timedelta(-100_000), dt.timedelta(100_000)),
    st.decimals(-(10**6), 10**6, places=2),
    st.uuids(),
    st.lists(st.none() | st.integers(-5, 5), max_size=3),
    st.fixed_dictionaries({"x": st.none() | TEXT, "y": st.lists(st.booleans(), max_size=2)}),
    st.none(),
    st.integers() | st.floats() | TEXT,
    st.tuples(st.integers(), TEXT),
    st.dictionaries(st.sampled_from(["x", "y"]), st.integers(-5, 5), max_size=2),
]


def exact(value: Any) -> Any:
    """Return a value that compares equal only if types and values agree at every depth. The order of keys is free."""
    if isinstance(value, dict):
        return sorted((key, exact(item)) for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return [type(value), *map(exact, value)]
    if isinstance(value, dt.datetime):
        return (type(value), value.isoformat(), value.fold, value.tzinfo)
    return (type(value), repr(value))


@st.composite
def parts(draw: st.DrawFn) -> list[list[dict[str, Any]]]:
    kinds = draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=4))
    names = [f"c{place}" for place in range(len(kinds))]
    values = st.tuples(*(st.none() | kind for kind in kinds))
    rows = values.map(lambda row: dict(zip(names, row, strict=True)))
    return draw(st.lists(st.lists(rows, max_size=5), min_size=1, max_size=3))


@pytest.mark.slow
@given(parts=parts(), n=st.integers(1, 4))
@pytest.mark.parametrize("single_file", [False, True])
def test_what_is_written_comes_back_exactly_or_is_refused(
    tmp_path_factory: pytest.TempPathFactory, rows_of: Any, write: Any, single_file: bool, parts: Any, n: int
) -> None:
    target = tmp_path_factory.mktemp("parquet") / "out"
    rows = [row for part in parts for row in part]
    try:
        written = write(target, ParquetSink(), parts, single_file=single_file)
    except (TypeError, ValueError) as error:
        assert 'column "c' in str(error)
        assert not target.exists()
    else:
        assert exact(rows_of(parquet_reader(target, n))) == exact([without_absent(row, rows) for row in rows])
        assert written.rows == len(rows)


def without_absent(row: Any, rows: list[Any]) -> Any:
    """Return the row as it is read back: keys of other rows' dicts are None, and a dict without keys is None."""
    return {name: filled(value, [other[name] for other in rows]) for name, value in row.items()}


def filled(value: Any, column: list[Any]) -> Any:
    names = dict.fromkeys(name for other in column if isinstance(other, dict) for name in other)
    return {name: value.get(name) for name in names} if isinstance(value, dict) else value


class Color(enum.IntEnum):
    RED = 1


@pytest.mark.parametrize(
    "values",
    [
        [(1, 2)],
        [2**64],
        [2**63],
        [[UUID(int=1), "x"]],
        [1, 2.5],
        [True, 1],
        [Color.RED],
        [namedtuple("P", "x")(1)],
        [{}],
        [{1: 2}],
        [{"a": 1}, {"a": 2.5}],
        [[1, "x"]],
        [Decimal("1.1"), Decimal("1.10")],
        [Decimal("NaN")],
        ["\ud800"],
        [{1}],
        [1j],
        [object()],
        [dt.datetime(2024, 10, 27, 2, 30, fold=1)],
        [dt.datetime(2024, 1, 1, tzinfo=dt.UTC), dt.datetime(2024, 1, 1, tzinfo=BERLIN)],
        [dt.time(1, tzinfo=dt.UTC)],
    ],
)
def test_what_parquet_would_change_is_refused(tmp_path: Path, write: Any, values: list[Any]) -> None:
    with pytest.raises((TypeError, ValueError), match=r'column "bad["\.\[]'):
        write(tmp_path / "out", ParquetSink(), [[{"good": 1, "bad": value} for value in values]])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "value",
    [
        -(2**63),
        -0.0,
        float("nan"),
        Decimal("1.10"),
        UUID(int=5),
        dt.datetime(1, 1, 1),
        dt.datetime(9999, 12, 31, 23, 59, 59, 999_999, dt.UTC),
        dt.datetime(2024, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=5, minutes=30))),
        [[{"a": [None, b""]}]],
    ],
)
def test_what_parquet_keeps_is_written(tmp_path: Path, rows_of: Any, write: Any, value: Any) -> None:
    rows = [{"c": None}, {"c": value}]
    write(tmp_path / "out", ParquetSink("zst"), [rows, rows[:1]])
    assert exact(rows_of(parquet_reader(tmp_path / "out"))) == exact([*rows, rows[0]])


@pytest.mark.slow
def test_a_type_that_is_known_late_and_batches_of_many_rows(
    tmp_path: Path, rows_of: Any, write: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("glowray.io.parquet.table_file.BUFFER_BYTES", 1 << 16)
    rows = [{"n": n, "late": [] if n < 60_000 else [n], "never": None} for n in range(70_000)]
    assert write(tmp_path / "a", ParquetSink(), [rows]).rows == len(rows)
    assert rows_of(parquet_reader(tmp_path / "a", 3)) == rows
    for row in rows:
        del row["never"]
    write(tmp_path / "b", ParquetSink(), [rows])
    assert rows_of(parquet_reader(tmp_path / "b", columns=["late"]))[-1] == {"late": [69_999]}
    rows[-1]["n"] = "x"
    with pytest.raises(TypeError, match='column "n" holds int and str'):
        write(tmp_path / "c", ParquetSink(), [rows])


def test_row_groups_are_shared_out(tmp_path: Path, rows_of: Any) -> None:
    pq.write_table(pa.table({"a": list(range(100)), "a.b": ["x"] * 100}), tmp_path / "a.parquet", row_group_size=10)
    pq.write_table(pa.table({"a": pa.array([], pa.int64()), "a.b": pa.array([], pa.string())}), tmp_path / "b.parquet")
    for n in (None, 1, 3, 40):
        reader = parquet_reader(tmp_path, n)
        assert [row["a"] for row in rows_of(reader)] == list(range(100))
        assert n is None or reader.num_partitions == n
    sizes = [sum(len(rows) for rows in parquet_reader(tmp_path, 5).read(index)) for index in range(5)]
    assert sizes == [20] * 5
    assert parquet_reader(tmp_path, split_bytes=200).num_partitions > 3
    assert rows_of(parquet_reader(tmp_path, columns=["a.b", "a"]))[0] == {"a.b": "x", "a": 0}


def test_partitions_without_rows_make_no_file(tmp_path: Path, rows_of: Any, write: Any) -> None:
    assert write(tmp_path / "a", ParquetSink(), [[], [{"a": 1}], []]).files == 1
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == ["_SUCCESS", "part-00000.parquet"]
    assert write(tmp_path / "b", ParquetSink(), [[], []]) == Written(0, 0, 0)
    assert rows_of(parquet_reader(tmp_path / "b")) == []
    write(tmp_path / "one", ParquetSink(), [[], []], single_file=True)
    assert rows_of(parquet_reader(tmp_path / "one")) == []


def test_one_file_and_more_of_it(tmp_path: Path, rows_of: Any, write: Any) -> None:
    target = tmp_path / "one.parquet"
    write(target, ParquetSink(), [[{"a": None}], [{"a": 1}]], single_file=True)
    write(target, ParquetSink(), [[{"a": 2}]], "append", single_file=True)
    assert rows_of(parquet_reader(target)) == [{"a": None}, {"a": 1}, {"a": 2}]
    with pytest.raises(TypeError, match=f'"{target}" is there already: column "a" holds int and str .*1.*x'):
        write(target, ParquetSink(), [[{"a": "x"}]], "append", single_file=True)
    assert len(rows_of(parquet_reader(target))) == 3
    write(target, ParquetSink(), [[{"b": "x"}]], "append", single_file=True)
    rows = rows_of(parquet_reader(target))
    assert rows[0] == {"a": None, "b": None} and rows[2:] == [{"a": 2, "b": None}, {"a": None, "b": "x"}]


def test_wrong_use_is_found_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"PAR1 this is none")
    with pytest.raises(ValueError, match=f'"{tmp_path}/a.parquet" is not a Parquet file'):
        parquet_reader(tmp_path)
    pq.write_table(pa.table({"a": [1]}), tmp_path / "a.parquet")
    with pytest.raises(ValueError, match='has no column "b"; it has a'):
        parquet_reader(tmp_path, columns=["b"])
    with pytest.raises(ValueError, match="compression of Parquet"):
        ParquetSink("bz2")
    with pytest.raises(ValueError, match="at least one column"):
        ParquetSink(columns=())


TEXT_COLUMNS: list[list[str | None]] = [
    ["b", "a", "é", "", "b"],
    ["b", None, "a", None, "b"],
    [f"text {n % 1000}" for n in range(4000)],
]


@pytest.mark.slow
@pytest.mark.parametrize("texts", TEXT_COLUMNS, ids=["few", "nulls", "thousand"])
@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.dictionary(pa.int16(), pa.string())], ids=str)
def test_text_of_a_dictionary(tmp_path: Path, rows_of: Any, texts: list[str | None], kind: pa.DataType) -> None:
    rows = [{"k": text, "n": n} for n, text in enumerate((texts * 2000)[:8000])]
    table = pa.table({"k": pa.array([row["k"] for row in rows], kind), "n": range(len(rows))})
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=max(len(rows) // 2, 1))
    reader = parquet_reader(tmp_path / "a.parquet", 1)
    blocks = list(reader.read_blocks(0))
    assert [row for block in blocks for row in block.rows()] == rows == rows_of(reader)
    assert pickle.loads(pickle.dumps(blocks[0])).rows() == blocks[0].rows()
    assert blocks[0].slice(1, 4).rows() == rows[1:4]
    assert blocks[0].take([3, 0, 3]).rows() == [rows[3], rows[0], rows[3]]
    data = gr.Flow(engine="inline").read_parquet(tmp_path / "a.parquet")
    plain = gr.Flow(engine="inline", vectorize=False).from_items(rows)
    for verb in (
        lambda rows: rows.group_by("k").agg(n=agg.count(), total=agg.sum("n"), first=agg.first("n")),
        lambda rows: rows.filter(lambda r: r["k"] != "a").map(lambda r: (r["k"], r["n"])),
        lambda rows: rows.sort("-k", "n"),
        lambda rows: rows.distinct("k"),
        lambda rows: rows.map(lambda r: r["k"] and r["k"].upper()).count_by_value().sort(str),
    ):
        assert by_text(verb(data).collect()) == by_text(verb(plain).collect())


def by_text(rows: list[Any]) -> list[Any]:
    return sorted(rows, key=repr)


def test_text_that_is_not_utf8_is_an_error(tmp_path: Path) -> None:
    array = pa.array([b"a", b"\xff", b"a"] * 100, pa.binary()).view(pa.string())
    pq.write_table(pa.table({"k": array}), tmp_path / "a.parquet")
    with pytest.raises(ValueError, match="k"):
        gr.Flow(engine="inline").read_parquet(tmp_path / "a.parquet").group_by("k").agg(n=agg.count()).collect()
