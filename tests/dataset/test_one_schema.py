"""Test that all files of an output have one schema: pyarrow, pandas, DuckDB and Polars read a folder as one table."""

from __future__ import annotations

import datetime as dt
import glob
import re
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import numpy
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

import glowray as gr
from glowray.errors import InexactColumn
from tests.dataset.table_readers import CSV_READERS, PARQUET_READERS, Rows, plain
from tests.engine.doubles import CountingEngine, Lab

# The kinds of values that a column may have. None and an absent field go with all of them.
KINDS: list[st.SearchStrategy[Any]] = [
    st.integers(-5, 5),
    st.sampled_from([0.5, -2.0]),
    st.sampled_from(["", "x", "None"]),
    st.lists(st.none() | st.integers(0, 3), max_size=2),
    st.dictionaries(st.sampled_from("xyz"), st.none() | st.integers(0, 3), max_size=2),
    st.lists(
        st.dictionaries(st.sampled_from("xy"), st.none() | st.sampled_from(["s"]), min_size=1, max_size=2), max_size=2
    ),
]


@st.composite
def tables(draw: st.DrawFn) -> Rows:
    """Draw rows with columns a, b, c. Each column has values of one kind, or sometimes of two."""
    columns = {
        name: st.one_of(
            draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=draw(st.sampled_from([1, 1, 1, 2]))))
        )
        for name in "abc"
    }
    rows = draw(st.lists(st.lists(st.sampled_from("abc"), unique=True), min_size=1, max_size=6))
    return [{name: draw(st.none() | columns[name]) for name in names} for names in rows]


class Mixed(Exception):
    """The error for a column with values of two types."""


def merged(values: list[Any]) -> Any:
    """Return the type of values: None, a class, [type of elements] or {name: type}. Raise Mixed for several."""
    present = [value for value in values if value is not None]
    classes = set(map(type, present))
    if len(classes) > 1:
        raise Mixed
    if classes == {list}:
        return [merged([item for value in present for item in value])]
    if classes == {dict}:
        names = dict.fromkeys(name for value in present for name in value)
        return {name: merged([value.get(name) for value in present]) for name in names}
    return classes.pop() if classes else None


def filled(value: Any, kind: Any) -> Any:
    """Return the value with None for each missing field."""
    if isinstance(value, dict):
        return {name: filled(value.get(name), inner) for name, inner in kind.items()}
    return [filled(item, kind[0]) for item in value] if isinstance(value, list) else value


def has_no_keys(kind: Any) -> bool:
    inner = kind if isinstance(kind, list) else list(kind.values()) if isinstance(kind, dict) else []
    return kind == {} or any(map(has_no_keys, inner))


def expected(rows: Rows) -> Rows | type[Exception]:
    """Return the rows that a reader of the folder must give, or the error that the write must raise."""
    try:
        kind = merged(list(rows))
    except Mixed:
        return InexactColumn
    if not kind:
        return ValueError
    if any(map(has_no_keys, kind.values())):
        return InexactColumn
    return [filled(row, kind) for row in rows]


def check_parquet(flow: gr.Flow, rows: Rows, partitions: int, folder: str, **options: Any) -> None:
    wanted = expected(rows)
    dataset = flow.from_items(rows, partitions)
    if isinstance(wanted, type):
        with pytest.raises(wanted):
            dataset.write_parquet(f"{folder}/out", **options)
        assert not list(Path(folder).iterdir())
        return
    assert dataset.write_parquet(f"{folder}/out", **options).rows == len(rows)
    files = [f"{folder}/out"] if options else sorted(glob.glob(f"{folder}/out/*.parquet"))
    assert len({str(pq.read_schema(path)) for path in files}) == 1
    for name, read in PARQUET_READERS.items() if not options else [("pyarrow", PARQUET_READERS["pyarrow"])]:
        got = [plain(row) for row in read(f"{folder}/out")]
        assert got == wanted, name
        assert [list(row) for row in got] == [list(row) for row in wanted], name


@given(rows=tables(), partitions=st.integers(1, 4), single=st.booleans())
def test_parquet_is_one_table_or_an_error(rows: Rows, partitions: int, single: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        check_parquet(gr.Flow(engine="inline"), rows, partitions, folder, **({"single_file": True} if single else {}))


CASES: list[Rows] = [
    [{"a": None}, {"a": "x"}],
    [{"a": {"b": None}}, {"a": {"b": 1}}],
    [{"a": [None]}, {"a": []}, {"a": None}, {"a": [{"b": [1]}]}],
    [{"a": []}, {"a": [1]}],
    [{"a": 1}, {"a": 2.5}],
    [{"a": 1}, {"b": "x", "a": 2}, {}],
    [{"a": 1, "b": 2}, {"b": 3, "a": 4}],
    [{"a": {}}, {"a": {"x": 1}}],
    [{"a": {}}, {"a": {}}],
    [{}, {}],
]


@pytest.mark.parametrize("rows", CASES, ids=str)
def test_each_case_on_every_engine(flow: gr.Flow, rows: Rows, tmp_path: Path) -> None:
    check_parquet(flow, rows, 2, str(tmp_path))


def test_values_of_two_types_name_both_rows(flow: gr.Flow, tmp_path: Path) -> None:
    rows = flow.from_items([{"k": "x", "n": 1}, {"k": "y", "n": None}, {"k": "z", "n": 2.5}], partitions=3)
    with pytest.raises(InexactColumn) as caught:
        rows.write_parquet(tmp_path / "out")
    for part in ('column "n" holds float and int', "{'k': 'x', 'n': 1}", "{'k': 'z', 'n': 2.5}", "schema="):
        assert part in str(caught.value)
    assert any("write_parquet" in note for note in caught.value.__notes__)
    assert not list(tmp_path.iterdir())
    schema = pa.schema({"n": pa.float64(), "k": pa.string()})
    rows.write_parquet(tmp_path / "out", schema=schema)
    assert pq.read_table(tmp_path / "out").schema.equals(schema)
    for name, read in PARQUET_READERS.items():
        assert [plain(row)["n"] for row in read(str(tmp_path / "out"))] == [1.0, None, 2.5], name


RECORDS = st.lists(
    st.lists(st.sampled_from("abcd"), unique=True).flatmap(
        lambda names: st.fixed_dictionaries(dict.fromkeys(names, st.none() | st.sampled_from(["x", 'q"\n,', "1", "é"])))
    ),
    min_size=1,
    max_size=6,
)


@pytest.mark.slow
@given(rows=RECORDS, partitions=st.integers(1, 4))
def test_csv_is_one_table_or_an_error(rows: Rows, partitions: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        check_csv(gr.Flow(engine="inline"), rows, partitions, folder)


def check_csv(flow: gr.Flow, rows: Rows, partitions: int, folder: str) -> None:
    names = list(dict.fromkeys(name for row in rows for name in row))
    dataset = flow.from_items(rows, partitions)
    if not names or (len(names) == 1 and any(row.get(names[0]) is None for row in rows)):
        with pytest.raises(ValueError, match="column"):
            dataset.write_csv(f"{folder}/out")
        assert not list(Path(folder).iterdir())
        return
    dataset.write_csv(f"{folder}/out")
    for name, read in CSV_READERS.items():
        got = [{column: value or "" for column, value in row.items()} for row in read(f"{folder}/out")]
        # Only glowray's own reader tells None from "".
        assert sorted(map(str, got)) == sorted(str({name: row.get(name) or "" for name in names}) for row in rows), name
    assert flow.read_csv(f"{folder}/out").collect() == [{name: row.get(name) for name in names} for row in rows]
    dataset.write_csv(f"{folder}/one.csv", single_file=True)
    assert flow.read_csv(f"{folder}/one.csv").collect() == flow.read_csv(f"{folder}/out").collect()


@pytest.mark.parametrize(
    "rows", [[{"a": "1", "b": "2"}, {"b": "3", "a": "4"}], [{"a": None}, {}, {"b": "", "c": "x"}]], ids=str
)
def test_csv_on_every_engine(flow: gr.Flow, rows: Rows, tmp_path: Path) -> None:
    check_csv(flow, rows, 3, str(tmp_path))


@pytest.mark.slow
def test_a_type_that_comes_after_many_rows(flow: gr.Flow, tmp_path: Path) -> None:
    def rows(index: int) -> Any:
        yield from ({"n": n, "late": None} for n in range(100_000))
        yield {"n": 0, "late": "x", "new": [1]}

    flow.from_source(rows, 1).write_parquet(tmp_path / "out")
    table = pq.read_table(tmp_path / "out")
    assert table.num_rows == 100_001 and table.slice(100_000).to_pylist() == [{"n": 0, "late": "x", "new": [1]}]
    with pytest.raises(InexactColumn, match=r'column "n" holds int and str .*\{.n.: \d+\}.*\{.n.: .a.\}'):
        flow.from_source(lambda index: [*({"n": n} for n in range(20_000)), {"n": "a"}], 1).write_parquet(
            tmp_path / "b"
        )
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_parts_of_one_schema_are_written_once(counting: CountingEngine, tmp_path: Path) -> None:
    flow = gr.Flow(engine=counting)
    rows = flow.from_items([{"a": 1, "b": None}, {"a": 2, "b": None}, {"a": 3, "b": "x"}], partitions=3)
    for write, name in [(rows.limit(2).repartition(2).write_parquet, "a"), (rows.write_csv, "b")]:
        counting.tasks.clear()
        write(tmp_path / name)
        assert not any("Rewrite" in name or "rewrite" in name for name in counting.names)
        before = sum(counting.tasks.values())
    counting.tasks.clear()
    rows.write_parquet(tmp_path / "c")
    assert sum(counting.tasks.values()) == 3 + 2 and before == 3, "the parts of None alone are written once more"


def test_all_targets_of_a_run_or_none(flow: gr.Flow, tmp_path: Path) -> None:
    good = flow.from_items([{"a": None}, {"a": "x"}, {"b": 1}], partitions=3)
    good.write_parquet(tmp_path / "one", defer=True)
    good.write_csv(tmp_path / "two", defer=True)
    good.write_parquet(tmp_path / "three", single_file=True, defer=True)
    assert [written.rows for written in flow.run()] == [3, 3, 3]
    wanted = [{"a": None, "b": None}, {"a": "x", "b": None}, {"a": None, "b": 1}]
    assert flow.read_parquet(tmp_path / "one").collect() == wanted
    assert flow.read_parquet(tmp_path / "three").collect() == wanted
    assert flow.read_csv(tmp_path / "two", types={"b": int}).collect() == wanted
    good.write_csv(tmp_path / "four", defer=True)
    flow.from_items([{"a": 1}, {"a": 2.5}], partitions=2).write_parquet(tmp_path / "five", defer=True)
    with pytest.raises(InexactColumn):
        flow.run()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one", "three", "two"]


@pytest.mark.slow
def test_what_is_added_has_the_schema_that_is_there(flow: gr.Flow, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    there = pa.schema([("s", pa.string()), ("n", pa.int32()), ("x", pa.float32())])
    pq.write_table(pa.table({"s": ["a"], "n": [1], "x": [0.5]}, schema=there), out / "other.parquet")
    flow.from_items([{"n": 2}, {"x": 1.5, "s": "b"}, {"s": None}], partitions=3).write_parquet(out, mode="append")
    for name, read in PARQUET_READERS.items():
        assert len(read(str(out))) == 4, name
    assert {str(pq.read_schema(path).remove_metadata()) for path in out.glob("*.parquet")} == {str(there)}
    files = sorted(out.iterdir())
    for row, message in [
        ({"n": 2**40}, r'column "n" has a value that int32 cannot hold in the row .*out" has files of that type'),
        ({"x": 0.1}, "column \"x\" has a value that float cannot hold in the row .*'x': 0.1"),
        ({"n": "x"}, r'other.parquet" is there already: column "n" holds int32 and str'),
        ({"new": 1}, r'other.parquet" has no column "new", the new rows have column "new" of int'),
    ]:
        with pytest.raises(InexactColumn, match=message):
            flow.from_items([{"s": "ok"}, row], partitions=2).write_parquet(out, mode="append")
        assert sorted(out.iterdir()) == files
    flow.from_items([{"a": None}]).write_parquet(tmp_path / "nulls")
    with pytest.raises(InexactColumn, match='"a" of None only, the new rows have column "a" of str'):
        flow.from_items([{"a": "x"}]).write_parquet(tmp_path / "nulls", mode="append")


INT, STR = pa.int64(), pa.large_string()


@pytest.mark.parametrize(
    ("there", "new", "said"),
    [
        ([{"a": [1]}], [{"a": ["x"]}], r'column "a\[\]" holds int and str .*name that in schema=, or write to another'),
        ([{"a": {"b": 1}}], [{"a": {"c": 1}}], 'has no column "a.c", the new rows have column "a.c" of int'),
        ([{"a": [{"b": None}]}], [{"a": [{"b": 1}]}], r'column "a\[\].b" of None only, .* "a\[\].b" of int'),
        ([{"a": 1}], [{"a": 2.5}], "holds float and int .*map the new rows to its type, name that in schema="),
    ],
)
def test_what_differs_is_named_at_its_depth(there: Rows, new: Rows, said: str, tmp_path: Path) -> None:
    flow = gr.Flow(engine="inline")
    flow.from_items(there).write_parquet(tmp_path)
    with pytest.raises(InexactColumn, match=said):
        flow.from_items(new).write_parquet(tmp_path, mode="append")


@pytest.mark.parametrize(
    ("one", "other", "said"),
    [
        ({"a": INT, "b": INT, "c": INT}, {"a": INT, "c": INT}, 'has column "b" of int, .* has no column "b"'),
        ({"a": INT, "b": INT}, {"b": INT, "a": INT}, 'has "a" as column 1, .* has "a" as column 2'),
        ({"a": pa.list_(INT)}, {"a": pa.list_(STR)}, r'has column "a\[\]" of int, .* has column "a\[\]" of str'),
        (
            {"a": pa.list_(INT)},
            {"a": pa.large_list(INT)},
            r"of list \(list<.*int64>\), .* of list \(large_list<.*int64>\)",
        ),
        (
            {"a": pa.struct({"x": INT, "y": INT})},
            {"a": pa.struct({"y": INT, "x": INT})},
            '"a.x" as column 1, .* column 2',
        ),
        ([pa.field("a", INT, nullable=False)], {"a": INT}, 'has column "a" of int and never None, .* "a" of int:'),
    ],
)
def test_files_that_differ_already(one: Any, other: Any, said: str, tmp_path: Path) -> None:
    for name, fields in [("1.parquet", one), ("2.parquet", other)]:
        pq.write_table(pa.schema(fields).empty_table(), tmp_path / name)
    with pytest.raises(InexactColumn, match=said):
        gr.Flow(engine="inline").from_items([{"a": None}]).write_parquet(tmp_path, mode="append")


def test_a_schema_rounds_floats_and_nothing_else(flow: gr.Flow, tmp_path: Path) -> None:
    narrow = pa.schema({"x": pa.float32(), "l": pa.list_(pa.float32())})
    flow.from_items([{"x": 0.1, "l": [0.1, None]}]).write_parquet(tmp_path / "a", schema=narrow)
    assert pq.read_table(tmp_path / "a").equals(pa.table({"x": [0.1], "l": [[0.1, None]]}, schema=narrow))
    for row in ({"x": 2**24 + 1}, {"x": 1e300}, {"l": [0.5, 2**24 + 1]}):
        with pytest.raises(InexactColumn, match=r'column "[xl]" is .*float.* in schema=, .* of the row \{'):
            flow.from_items([{"x": 0.5}, row], 2).write_parquet(tmp_path / "b", schema=narrow)
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


KEPT = pa.table(
    {
        "i": pa.array([1, None], pa.int32()),
        "s": pa.array(["a", None], pa.string()),
        "d": pa.array([Decimal("1.10"), None], pa.decimal128(10, 2)),
        "at": pa.array([dt.datetime(2024, 1, 1), None], pa.timestamp("ms", "Europe/Berlin")),
        "ns": pa.array([1_700_000_000_123_456_789, None], pa.timestamp("ns")),
        "k": pa.array(["x", None]).dictionary_encode(),
        "m": pa.array([[("a", 1)], None], pa.map_(pa.string(), pa.int32())),
        "n": pa.array([None, {"f": 0.5}], pa.struct({"f": pa.float32(), "never": pa.int8()})),
        "l": pa.array([[1], []], pa.list_(pa.int16())),
        "none": pa.array([None, None], pa.int64()),
    }
)


@pytest.mark.slow
def test_rows_that_stay_as_they_are_keep_their_types(flow: gr.Flow, tmp_path: Path) -> None:
    pq.write_table(KEPT, tmp_path / "a.parquet")
    rows = flow.read_parquet(tmp_path / "a.parquet", partitions=2)
    own = pq.read_schema(tmp_path / "a.parquet")
    for number, same in enumerate(
        [rows, rows.filter(lambda row: True), rows.union(rows), rows.repartition(3), rows.limit(2), rows.cache()]
    ):
        same.write_parquet(tmp_path / str(number))
        assert pq.read_table(tmp_path / str(number)).schema.equals(own), number
        assert pq.read_table(tmp_path / str(number)).to_pylist()[:2] == KEPT.to_pylist()
    rows.map(lambda row: {"i": row["i"]}).write_parquet(tmp_path / "mapped")
    assert pq.read_schema(next((tmp_path / "mapped").glob("*.parquet"))).field("i").type == pa.int64()


def test_csv_of_a_schema_is_written_as_its_types(flow: gr.Flow, tmp_path: Path) -> None:
    rows = flow.from_items([{"n": 1}, {"s": "x", "n": 2.5}], partitions=2)
    rows.write_csv(tmp_path / "out.csv", single_file=True, schema=pa.schema({"s": pa.string(), "n": pa.float64()}))
    assert (tmp_path / "out.csv").read_text() == "s,n\n,1.0\nx,2.5\n"
    with pytest.raises(InexactColumn, match=r'column "n" is int8 in schema=, which cannot hold 2\.5'):
        rows.write_csv(tmp_path / "b", schema=pa.schema({"s": pa.string(), "n": pa.int8()}))
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]


@pytest.mark.parametrize("verb", ["write_csv", "write_parquet"])
def test_wrong_schemas_are_found_at_the_call(verb: str, tmp_path: Path) -> None:
    write = getattr(gr.Flow(engine="inline").from_items([{"a": 1}]), verb)
    for options, error, message in [
        ({"schema": {"a": int}}, TypeError, "schema must be a pyarrow.Schema, not dict"),
        ({"schema": pa.schema({"a": pa.int8()}), "columns": ["a"]}, ValueError, "give columns= or schema="),
        ({"schema": pa.schema([("a", pa.int8()), ("a", pa.int8())])}, ValueError, 'schema= names "a" twice'),
        ({"schema": pa.schema([])}, ValueError, "at least one column"),
    ]:
        with pytest.raises(error, match=message):
            write(tmp_path / "out", **options)
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("partitions", [1, 2])
@pytest.mark.parametrize(
    "rows",
    [[{"a": 1}, {"a": 2.5}], [{"a": None, "b": 1}, {"a": None, "b": True}], [{"a": "x"}, {"b": 1, "a": 2}]],
    ids=str,
)
def test_csv_of_two_types_in_a_column_is_an_error_with_both_rows(
    engine: Lab, rows: Rows, partitions: int, tmp_path: Path
) -> None:
    text = " and ".join(rf".* in the row {re.escape(repr(row))}" for row in rows).replace(" and ", ".*")
    with pytest.raises(InexactColumn, match=text):
        engine.flow().from_items(rows, partitions=partitions).write_csv(tmp_path / "out")
    assert not list(tmp_path.iterdir())


def test_csv_of_one_type_that_is_spelled_differently(flow: gr.Flow, tmp_path: Path) -> None:
    rows = [{"a": numpy.float64(1.5), "b": None}, {"a": 2.5, "b": numpy.int64(1)}, {"b": 2, "a": None}]
    flow.from_items(rows, partitions=2).write_csv(tmp_path / "out")
    wanted = [{"a": "1.5", "b": None}, {"a": "2.5", "b": "1"}, {"a": None, "b": "2"}]
    assert flow.read_csv(tmp_path / "out").collect() == wanted


def test_parquet_without_rows_has_the_columns_that_are_named(flow: gr.Flow, tmp_path: Path) -> None:
    flow.from_items([]).write_parquet(tmp_path / "out", columns=["a", "b"])
    assert pq.read_table(tmp_path / "out").schema.names == ["a", "b"]
    assert duckdb.sql(f"from '{tmp_path}/out/*.parquet'").columns == ["a", "b"]
    flow.from_items([{"a": 1, "b": "x"}]).write_parquet(tmp_path / "out", mode="append")
    assert pq.read_table(tmp_path / "out").to_pylist() == [{"a": 1, "b": "x"}]
