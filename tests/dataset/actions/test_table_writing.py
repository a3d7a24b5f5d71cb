"""write_sql(): all rows in a table, or the database as it was; rows that come back are those that were written."""

from __future__ import annotations

import datetime as dt
import itertools
import sqlite3
import subprocess
import sys
import uuid
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import adbc_driver_postgresql.dbapi
import duckdb
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import glowray as gr
from glowray.errors import InexactColumn
from glowray.io.sql import writer as sql_writer
from tests.effort import examples
from tests.engine.doubles import Lab

UTC = ZoneInfo("UTC")
numbers = itertools.count()


@dataclass
class Place:
    """A database under test. `target` is what write_sql() and read_sql() take."""

    kind: str
    target: Any

    def table(self) -> str:
        """Return the name of a table that nothing else uses."""
        return f"t{next(numbers)}"

    def rows(self, table: str) -> list[dict[str, Any]]:
        return gr.Flow(engine="inline").read_sql(f"select * from {table}", self.target).collect()

    def has(self, table: str) -> bool:
        try:
            self.rows(table)
        except Exception:
            return False
        return True


KINDS = ["postgres", "sqlite", "sqlite3", "sqlite3 opened", "duckdb"]


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    return make_place(request.param, tmp_path, lambda: request.getfixturevalue("postgres"))


def make_place(kind: str, folder: Path, postgres: Callable[[], str]) -> Place:
    path = folder / "a.db"
    targets: dict[str, Callable[[], Any]] = {
        "postgres": postgres,
        "sqlite": lambda: f"sqlite:///{path}",
        "sqlite3": lambda: sqlite3.connect(path, check_same_thread=False),
        "sqlite3 opened": lambda: lambda: sqlite3.connect(path),
        "duckdb": duckdb.connect,
    }
    return Place(kind, targets[kind]())


def statements(uri: str, *commands: str) -> None:
    with adbc_driver_postgresql.dbapi.connect(uri, autocommit=True) as connection, connection.cursor() as cursor:
        for command in commands:
            cursor.execute(command)


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


def spelled(rows: list[dict[str, Any]]) -> list[str]:
    """Return what tells apart 1, 1.0 and True, and NaN from None. SQLite has no -0.0."""
    return [
        repr(sorted((name, 0.0 if value == 0 and type(value) is float else value) for name, value in row.items()))
        for row in rows
    ]


def typed_kinds(kind: str) -> dict[str, st.SearchStrategy[Any]]:
    more = {"postgres": {**TYPED, **POSTGRES_ONLY}, "duckdb": TYPED}
    return {**SHARED, **more.get(kind, {})}


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


def test_what_sqlite_makes_of_other_types(tmp_path: Path) -> None:
    uri = f"sqlite:///{tmp_path}/a.db"
    rows = [{"b": True, "d": dt.date(2024, 5, 1), "t": dt.time(1, 2), "m": dt.datetime(2024, 5, 1, 1, 2, 3)}]
    zoned = [{"z": dt.datetime(2024, 5, 1, tzinfo=dt.timezone(dt.timedelta(hours=2)))}]
    gr.from_items(rows).write_sql("t", uri)
    gr.from_items(zoned).write_sql("z", uri)
    read = gr.Flow(engine="inline").read_sql("select * from t, z", uri).collect()
    text = {"t": "01:02:00", "m": "2024-05-01T01:02:03", "z": "2024-05-01T00:00:00+02:00"}
    assert read == [{"b": 1, "d": "2024-05-01", **text}]


REFUSED: list[tuple[list[Any], type[Exception], str]] = [
    ([{"a": 1}, {"a": 2.5}], InexactColumn, r"column \"a\" holds float and int .*\{'a': 1\}.*\{'a': 2.5\}"),
    ([{"a": 1}, {"a": "x"}], InexactColumn, 'column "a" holds int and str'),
    ([{"a": 2**70}], InexactColumn, 'column "a"'),
    ([{"a": (1, 2)}], InexactColumn, 'column "a" holds a tuple'),
    ([{"a": 1}, (1, 2)], TypeError, "write_sql"),
    ([1, 2], TypeError, r"write_sql\(\) needs dict rows, not 1"),
    ([{1: 2}], InexactColumn, "not a str"),
]


@pytest.mark.parametrize("partitions", [1, 2])
@pytest.mark.parametrize(("rows", "error", "text"), REFUSED)
def test_rows_that_no_table_has(
    place: Place, rows: list[Any], error: type[Exception], text: str, partitions: int
) -> None:
    table = place.table()
    with pytest.raises(
        (error, InexactColumn), match=text if partitions == 1 or error is InexactColumn else "write_sql|column"
    ):
        gr.Flow(engine="inline").from_items(rows, partitions).write_sql(table, place.target)
    assert not place.has(table)


@pytest.mark.parametrize("mode", ["error", "append", "replace"])
def test_a_failure_leaves_the_table_as_it_was(engine: Lab, postgres: str, tmp_path: Path, mode: str) -> None:
    for uri in (postgres, f"sqlite:///{tmp_path}/a.db"):
        table = f"t{next(numbers)}"
        flow = engine.flow()
        before = [] if mode == "error" else [{"a": 1}]
        if before:
            flow.from_items(before).write_sql(table, uri)
        rows = flow.from_range(10, partitions=4)
        with pytest.raises(ZeroDivisionError):
            rows.map(lambda n: {"a": 1 // (7 - n)}).write_sql(table, uri, mode)
        with pytest.raises(InexactColumn, match=r"int in the row .*str in the row"):
            rows.map(lambda n: {"a": n if n < 9 else "x"}).write_sql(table, uri, mode)
        assert Place("", uri).rows(table) == before if before else not Place("", uri).has(table)


STEPS = ["exists", "replace_or_create", "store", "ingest", "commit"]


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("mode", ["error", "replace"])
def test_a_failure_of_each_step(
    postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, mode: str, after: bool
) -> None:
    """Whatever call of the writer fails, before or after its work, the table is as it was, and can be written."""
    for uri in (postgres, f"sqlite:///{tmp_path}/a.db"):
        table, flow = f"t{next(numbers)}", gr.Flow(engine="inline")
        before = [] if mode == "error" else [{"a": 1}]
        if before:
            flow.from_items(before).write_sql(table, uri)
        writer = flow.from_items([{"a": n} for n in range(10)], 4)
        with monkeypatch.context() as patch:
            break_step(patch, uri, step, after)
            with pytest.raises(ConnectionError, match="broken"):
                writer.write_sql(table, uri, mode)
        place = Place("", uri)
        is_done = step == "commit" and after
        written = [{"a": n} for n in range(10)]
        if is_done:
            assert place.rows(table) == written
            continue
        assert place.rows(table) == before if before else not place.has(table)
        writer.write_sql(table, uri, mode)
        assert place.rows(table) == written


def break_step(patch: pytest.MonkeyPatch, uri: str, step: str, after: bool) -> None:
    """Let a method of the writer of a URI fail, before or after it does its work."""
    from glowray.io.sql.postgres_writer import PostgresWriter
    from glowray.io.sql.sqlite_writer import SqliteWriter

    cls: Any = PostgresWriter if uri.startswith("postgres") else SqliteWriter
    works = getattr(cls, step)

    def broken(*args: Any, **kwargs: Any) -> Any:
        if after:
            works(*args, **kwargs)
        raise ConnectionError("broken")

    patch.setattr(cls, step, broken)


def test_nobody_sees_rows_before_the_commit(postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit = sql_writer.AdbcWriter.commit
    seen: list[list[dict[str, Any]]] = []
    for uri in (postgres, f"sqlite:///{tmp_path}/a.db"):
        place = Place("", uri)
        gr.from_items([{"a": 1}]).write_sql("watched", uri, "replace")

        def look_then_commit(self: Any, place: Place = place) -> None:
            seen.append(place.rows("watched"))
            commit(self)

        monkeypatch.setattr(sql_writer.AdbcWriter, "commit", look_then_commit)
        gr.Flow(engine="inline").from_items([{"a": 2}, {"a": 3}], 2).write_sql("watched", uri, "append")
        assert seen.pop() == [{"a": 1}]
        monkeypatch.undo()
        assert place.rows("watched") == [{"a": 1}, {"a": 2}, {"a": 3}]


DYING = """
import os, sys
import glowray as gr
from glowray.action import record_tables

uri, moment = sys.argv[1:]
tables, calls = record_tables.block_tables, []

def dying(block, schema):
    calls.append(block)
    if len(calls) > 2:
        os._exit(9)
    return tables(block, schema)

if moment == "rows":
    record_tables.block_tables = dying
else:
    record_tables.TableCommit.finish = lambda self: os._exit(9)
gr.Flow(engine="inline").from_items([{"a": n} for n in range(100)], 4).write_sql("dying", uri, "replace")
"""


@pytest.mark.process
@pytest.mark.parametrize("moment", ["rows", "commit"])
def test_a_driver_that_dies(postgres: str, tmp_path: Path, moment: str) -> None:
    for uri in (postgres, f"sqlite:///{tmp_path}/a.db"):
        gr.from_items([{"a": 1}]).write_sql("dying", uri, "replace")
        done = subprocess.run([sys.executable, "-c", DYING, uri, moment], check=False)
        assert done.returncode == 9
        assert Place("", uri).rows("dying") == [{"a": 1}]
        gr.from_items([{"a": 2}]).write_sql("dying", uri, "append")
        assert Place("", uri).rows("dying") == [{"a": 1}, {"a": 2}]


def test_a_constraint_of_the_table(postgres: str, tmp_path: Path) -> None:
    create = "create table checked (a bigint primary key, b text not null)"
    statements(postgres, "drop table if exists checked", create)
    with closing(sqlite3.connect(tmp_path / "a.db")) as database:
        database.execute(create)
    for uri in (postgres, f"sqlite:///{tmp_path}/a.db"):
        flow = gr.Flow(engine="inline")
        flow.from_items([{"a": 1, "b": "x"}]).write_sql("checked", uri, "append")
        for wrong in ({"a": 1, "b": "y"}, {"a": 3, "b": None}):
            with pytest.raises(Exception, match=r"(?i)unique|duplicate|not.null") as caught:
                flow.from_items([{"a": 2, "b": "y"}, wrong], 2).write_sql("checked", uri, "append")
            assert "in write_sql(checked)" in caught.value.__notes__
        assert Place("", uri).rows("checked") == [{"a": 1, "b": "x"}]


APPENDED: list[tuple[str, list[Any], list[Any]]] = [
    ("smallint", [7, None], [7, None]),
    ("integer", [-(2**31)], [-(2**31)]),
    ("real", [1.5], [1.5]),
    ("numeric", [7], [Decimal(7)]),
    ("numeric(10,2)", [7, 8], [Decimal("7.00"), Decimal("8.00")]),
    ("numeric(10,2)", [Decimal("1.5")], [Decimal("1.50")]),
    ("numeric(10,2)[]", [[Decimal("1.5")]], [[Decimal("1.50")]]),
    ("varchar(3)", ["abc"], ["abc"]),
    ("char(3)", ["a"], ["a  "]),
    ("jsonb", ['{"a": 1}', None], ['{"a": 1}', None]),
    ("json", ['{"a":1}'], ['{"a":1}']),
    ("inet", ["10.0.0.1"], ["10.0.0.1/32"]),
    ("uuid", ["00112233-4455-6677-8899-aabbccddeeff"], [uuid.UUID("00112233-4455-6677-8899-aabbccddeeff")]),
    ("interval", [dt.timedelta(1)], [dt.timedelta(1)]),
    ("integer[]", [[1, None]], [[1, None]]),
    ("timestamptz", [dt.datetime(2024, 1, 1, tzinfo=dt.UTC)], [dt.datetime(2024, 1, 1, tzinfo=UTC)]),
    ("date", ["2024-01-01"], [dt.date(2024, 1, 1)]),
]


@pytest.mark.parametrize(("kind", "values", "expected"), APPENDED)
def test_rows_for_the_columns_of_a_table(postgres: str, kind: str, values: list[Any], expected: list[Any]) -> None:
    statements(postgres, "drop table if exists typed", f"create table typed (n int default 5, v {kind})")
    gr.Flow(engine="inline").from_items([{"v": value} for value in values]).write_sql("typed", postgres, "append")
    rows = Place("", postgres).rows("typed")
    assert spelled(rows) == spelled([{"n": 5, "v": value} for value in expected])


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("integer", 2**31, r"column \"v\" has a value that int32 cannot hold in the row \{'v': 2147483648\}"),
        ("integer", 1.5, 'the column "v" of the table typed is integer, but the rows hold double'),
        ("real", 0.1, 'column "v" has a value that float cannot hold'),
        ("numeric(10,2)", Decimal("1.234"), "cannot hold"),
        ("text", 5, 'the column "v" of the table typed is text, but the rows hold int64'),
        ("timestamptz", dt.datetime(2024, 1, 1), "timestamp with time zone, but the rows hold timestamp"),
        ("date", dt.datetime(2024, 1, 1), "is date, but the rows hold timestamp"),
        ("varchar(2)", "abc", "too long"),
        ("jsonb", "{", "invalid input syntax for type json"),
    ],
)
def test_values_that_a_column_would_change(postgres: str, kind: str, value: Any, text: str) -> None:
    statements(postgres, "drop table if exists typed", f"create table typed (n int default 5, v {kind})")
    with pytest.raises(Exception, match=text):
        gr.Flow(engine="inline").from_items([{"v": value}]).write_sql("typed", postgres, "append")
    with pytest.raises(ValueError, match='the table typed has no column "w"'):
        gr.Flow(engine="inline").from_items([{"w": value}]).write_sql("typed", postgres, "append")
    assert Place("", postgres).rows("typed") == []


@pytest.mark.parametrize("kind", ["sqlite", "sqlite3"])
def test_sqlite_would_lose_nan(kind: str, tmp_path: Path) -> None:
    place = make_place(kind, tmp_path, lambda: "")
    with pytest.raises(InexactColumn, match='column "a" holds NaN, of which SQLite makes NULL'):
        gr.from_items([{"a": 1.0}, {"a": float("nan")}]).write_sql("t", place.target)
    assert not place.has("t")


@pytest.mark.parametrize("value", [Decimal("1.5"), uuid.uuid4(), [1], {"a": 1}, dt.timedelta(1)])
def test_types_that_sqlite_lacks(tmp_path: Path, value: Any) -> None:
    with pytest.raises(InexactColumn, match=r'column "a" holds .*, for which SQLite has no type: map it to str'):
        gr.from_items([{"a": value}]).write_sql("t", f"sqlite:///{tmp_path}/a.db")
    assert not (tmp_path / "a.db").exists()


@pytest.mark.parametrize("value", [{"a": 1}, [[1]], [{"a": 1}]])
def test_types_that_postgres_lacks(postgres: str, value: Any) -> None:
    with pytest.raises(InexactColumn, match=r'column "a" holds .*, for which PostgreSQL has no column'):
        gr.from_items([{"a": value}]).write_sql("nested", postgres)
    assert not Place("", postgres).has("nested")


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


@pytest.mark.parametrize("failing", ["first", "last"])
def test_a_deferred_write_that_fails(postgres: str, tmp_path: Path, failing: str) -> None:
    flow = gr.Flow(engine="inline")
    table = f"t{next(numbers)}"
    good, bad = flow.from_items([{"a": 1}, {"a": 2}], 2), flow.from_items([{"a": 1}, {"a": 2.5}], 2)
    if failing == "first":
        bad.write_sql("bad", postgres, defer=True)
    good.write_sql(table, postgres, defer=True)
    good.write_json(tmp_path / "out", defer=True)
    if failing == "last":
        bad.write_parquet(tmp_path / "bad", defer=True)
    with pytest.raises(InexactColumn):
        flow.run()
    assert not Place("", postgres).has(table)
    assert not (tmp_path / "out").exists()


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
