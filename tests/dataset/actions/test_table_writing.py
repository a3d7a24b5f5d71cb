"""write_sql(): all rows in a table, or the database as it was; rows that come back are those that were written."""

from __future__ import annotations

import datetime as dt
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import glowray as gr
from glowray.errors import InexactColumn
from tests.dataset.actions.table_places import KINDS, UTC, Place, make_place, numbers, spelled, statements
from tests.effort import examples
from tests.engine.doubles import Lab


@pytest.mark.parametrize("kind", KINDS)
def test_rows_and_back_on_each_engine(engine: Lab, kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    place = make_place(kind, tmp_path, lambda: request.getfixturevalue("postgres"))
    rows = [{"n": n, "s": f"w{n}" if n % 3 else None, "late": 1.5 if n == 9 else None} for n in range(10)]
    table, flow = place.table(), engine.flow()
    written = flow.from_items(rows, 3).write_sql(table, place.target)
    assert written == gr.from_items(rows).write_sql(table, place.target, "replace")
    assert (written.files, written.rows, written.bytes) == (0, 10, 0)
    assert place.rows(table) == rows
    flow.from_items([{"s": "more"}]).write_sql(table, place.target, mode="append")
    assert place.rows(table) == [*rows, {"n": None, "s": "more", "late": None}]
    flow.from_items([("k", (1, 2))]).write_sql(table, place.target, "replace", columns=["a", "b", "c"])
    assert place.rows(table) == [{"a": "k", "b": 1, "c": 2}]


def test_modes(place: Place) -> None:
    table, flow = place.table(), gr.Flow(engine="inline")
    rows = flow.from_items([{"a": 1}, {"a": 2}], 2)
    rows.write_sql(table, place.target, mode="append")
    with pytest.raises(FileExistsError, match=rf'write_sql\(\): the table {table} exists: mode="append" adds rows'):
        rows.write_sql(table, place.target)
    assert place.rows(table) == [{"a": 1}, {"a": 2}]
    none = rows.filter(lambda row: False)
    none.write_sql(table, place.target, mode="append")
    assert len(place.rows(table)) == 2
    assert none.write_sql(table, place.target, mode="replace").rows == 0
    assert place.rows(table) == []
    other = place.table()
    none.write_sql(other, place.target)
    assert not place.has(other)
    with pytest.raises(ValueError, match='mode must be one of "error", "append", "replace", not \'overwrite\''):
        rows.write_sql(table, place.target, mode="overwrite")


NAMES = ["a b", 'a"b', "a.b", "select", "Ä", "a';drop table x;--", "%s ? :1 $1"]


def test_names_are_taken_as_they_are(place: Place) -> None:
    flow = gr.Flow(engine="inline")
    for name in NAMES:
        quoted = '"' + f"{name}{next(numbers)}".replace('"', '""') + '"'
        flow.from_items([{name: 1, "b": "x"}]).write_sql(quoted, place.target)
        flow.from_items([{name: 2, "b": "y"}]).write_sql(quoted, place.target, "append")
        assert place.rows(quoted) == [{name: 1, "b": "x"}, {name: 2, "b": "y"}]


def test_a_table_in_a_schema(postgres: str, tmp_path: Path) -> None:
    statements(postgres, 'drop schema if exists "My schema" cascade', 'create schema "My schema"')
    flow = gr.Flow(engine="inline")
    for uri, table in ((postgres, '"My schema".words'), (f"sqlite:///{tmp_path}/a.db", "main.words")):
        flow.from_items([{"a": 1}]).write_sql(table, uri)
        flow.from_items([{"a": 2}]).write_sql(table, uri, "append")
        with pytest.raises(FileExistsError):
            flow.from_items([{"a": 2}]).write_sql(table, uri)
        assert flow.read_sql(f"select a from {table}", uri).collect() == [{"a": 1}, {"a": 2}]
    for wrong in ("", "a.b.c", "a.", ".a", 'a"b', '"a', '"a"b'):
        with pytest.raises(ValueError, match=r'the table must be "table" or "schema.table"'):
            flow.from_items([{"a": 1}]).write_sql(wrong, postgres)


TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8)


MOMENTS = st.datetimes(dt.datetime(1, 1, 1), dt.datetime(9999, 12, 31)).map(lambda moment: moment.replace(fold=0))


SHARED: dict[str, st.SearchStrategy[Any]] = {
    "int": st.integers(-(2**63), 2**63 - 1),
    "float": st.floats(allow_nan=False),
    "str": TEXT,
    "bytes": st.binary(max_size=8),
}


TYPED: dict[str, st.SearchStrategy[Any]] = {
    "bool": st.booleans(),
    "date": st.dates(),
    "datetime": MOMENTS,
    "time": st.times().map(lambda time: time.replace(fold=0)),
    "timedelta": st.timedeltas(dt.timedelta(-100_000), dt.timedelta(100_000)),
    "Decimal": st.decimals(-(10**9), 10**9, places=3),
    "UUID": st.uuids(),
}


POSTGRES_ONLY: dict[str, st.SearchStrategy[Any]] = {
    "zoned": MOMENTS.map(lambda moment: moment.replace(tzinfo=UTC)),
    "nan": st.floats(allow_nan=True),
    "ints": st.lists(st.integers(-5, 5) | st.none(), max_size=3),
    "texts": st.lists(TEXT, max_size=3),
    "Decimals": st.lists(st.decimals(-9, 9, places=2), max_size=2),
    "times": st.lists(st.timedeltas(dt.timedelta(-9), dt.timedelta(9)), max_size=2),
}


@st.composite
def tables(draw: st.DrawFn, kinds: dict[str, st.SearchStrategy[Any]]) -> list[dict[str, Any]]:
    """Draw rows of one to four columns, each of one kind with None among its values."""
    names = draw(
        st.lists(TEXT.filter(lambda name: 0 < len(name.encode()) < 60), min_size=1, max_size=4, unique_by=str.casefold)
    )
    values = {name: st.none() | kinds[draw(st.sampled_from(sorted(kinds)))] for name in names}
    return draw(st.lists(st.fixed_dictionaries(values), min_size=1, max_size=20))


def typed_kinds(kind: str) -> dict[str, st.SearchStrategy[Any]]:
    more = {"postgres": {**TYPED, **POSTGRES_ONLY}, "duckdb": TYPED}
    return {**SHARED, **more.get(kind, {})}


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["postgres", "sqlite", "sqlite3", "duckdb"])
def test_random_tables_come_back(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    place = make_place(kind, tmp_path, lambda: request.getfixturevalue("postgres"))

    @given(rows=tables(typed_kinds(kind)), partitions=st.integers(1, 3), cut=st.integers(0, 20))
    @settings(max_examples=examples(15 if kind == "postgres" else 60), phases=[Phase.generate])  # connecting is slow
    def check(rows: list[dict[str, Any]], partitions: int, cut: int) -> None:
        table, flow = place.table(), gr.Flow(engine="inline")
        flow.from_items(rows, partitions).write_sql(table, place.target)
        assert spelled(place.rows(table)) == spelled(rows)
        flow.from_items(rows[cut:], partitions).write_sql(table, place.target, "append")
        assert spelled(place.rows(table)) == spelled(rows + rows[cut:])

    check()


def test_deferred_writes(postgres: str, tmp_path: Path) -> None:
    flow = gr.Flow(engine="inline")
    table, uri = f"t{next(numbers)}", f"sqlite:///{tmp_path}/a.db"
    calls = gr.counter("calls")
    rows = flow.from_range(4, partitions=2).map(lambda n: calls.add(1) or {"n": n})
    assert rows.write_sql(table, postgres, defer=True) is rows
    rows.write_sql(table, uri, defer=True)
    rows.write_json(tmp_path / "out", defer=True)
    assert not (tmp_path / "a.db").exists()
    results = flow.run()
    assert [result.rows for result in results] == [4, 4, 4]
    assert flow.counters["calls"] == 4
    assert Place("", postgres).rows(table) == Place("", uri).rows(table) == flow.read_json(tmp_path / "out").collect()


def test_a_transaction_of_the_users_stays(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "a.db")) as database:
        database.execute("create table own (a)")
        database.execute("insert into own values (1)")
        assert database.in_transaction
        with pytest.raises(sqlite3.OperationalError, match="within a transaction"):
            gr.from_items([{"a": 1}]).write_sql("t", database)
        assert database.in_transaction
        assert database.execute("select * from own").fetchall() == [(1,)]


def test_wrong_use(tmp_path: Path) -> None:
    rows = gr.from_items([{"a": 1}])
    with pytest.raises(TypeError, match=r"write_sql\(\) needs uri_or_connection: .* got PosixPath"):
        rows.write_sql("t", tmp_path / "a.db")
    with pytest.raises(ValueError, match=r"write_sql\(\) needs a URI postgresql://… or sqlite:///…"):
        rows.write_sql("t", str(tmp_path / "a.db"))
    with pytest.raises(FileNotFoundError, match=r"write_sql\(\): there is no folder"):
        rows.write_sql("t", f"sqlite:///{tmp_path}/none/a.db")


def test_a_password_is_never_shown(postgres: str, capfd: pytest.CaptureFixture[str]) -> None:
    uri = postgres.replace("tester@", "tester:s%C3%A4cret@")
    flow = gr.Flow("secret", engine="inline", progress=True)
    rows = flow.from_items([{"a": 1}, {"a": 2.5}], 2)
    rows.write_sql("secret", uri, defer=True)
    shown = [repr(flow.targets), repr(vars(flow.targets[0]))]
    with pytest.raises(InexactColumn) as caught:
        flow.run()
    shown += [repr(caught.value), *caught.value.__notes__, *capfd.readouterr()]
    assert not [text for text in shown if "s%C3%A4cret" in text or "säcret" in text]


def test_rows_without_columns(place: Place) -> None:
    with pytest.raises(ValueError, match="at least one column"):
        gr.from_items([{}, {}]).write_sql("nothing", place.target)
    assert not place.has("nothing")


def test_a_column_that_the_table_lacks(place: Place) -> None:
    table = place.table()
    gr.from_items([{"a": 1}]).write_sql(table, place.target)
    if place.kind != "sqlite3 opened":
        with pytest.raises(ValueError, match=f'the table {table} has no column "q"'):
            gr.from_items([{"q": 1}]).write_sql(table, place.target, mode="append")
