"""read_sql() by a URI: exact rows, slices of a column, one query a partition."""

from __future__ import annotations

import datetime as dt
import itertools
import pickle
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import adbc_driver_postgresql.dbapi
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import glowray as gr
from tests.effort import examples
from tests.engine.doubles import Lab

UTC = ZoneInfo("UTC")

POSTGRES_VALUES: list[tuple[str, Any]] = [
    ("1::int2", 1),
    ("(-2147483648)::int4", -(2**31)),
    ("9223372036854775807::int8", 2**63 - 1),
    ("1.10::numeric", Decimal("1.10")),
    ("1.5::numeric(10,2)", Decimal("1.50")),
    ("123456789012345678901234567890123456789012.5::numeric", Decimal("123456789012345678901234567890123456789012.5")),
    ("'Infinity'::numeric", Decimal("Infinity")),
    ("0.1::float8", 0.1),
    ("'-inf'::float4", float("-inf")),
    ("false", False),
    ("'ä\n'::text", "ä\n"),
    ("'x'::char(3)", "x  "),
    ("'\\x00ff'::bytea", b"\x00\xff"),
    ("date '0001-01-01'", dt.date(1, 1, 1)),
    ("timestamp '2020-01-01 01:02:03.000004'", dt.datetime(2020, 1, 1, 1, 2, 3, 4)),
    ("timestamptz '2020-07-01 12:00+02'", dt.datetime(2020, 7, 1, 10, tzinfo=UTC)),
    ("time '01:02:03.5'", dt.time(1, 2, 3, 500_000)),
    ("interval '-2 days 3 s'", dt.timedelta(days=-2, seconds=3)),
    ("array[1,null]", [1, None]),
    ("array[]::text[]", []),
    ("array[1.50::numeric,null]", [Decimal("1.50"), None]),
    ("array[interval '1 h']", [dt.timedelta(hours=1)]),
    ("array[timestamptz '2020-01-01 00:00+00']", [dt.datetime(2020, 1, 1, tzinfo=UTC)]),
    ("'{\"a\": [1]}'::jsonb", '{"a": [1]}'),
    ("'00112233-4455-6677-8899-aabbccddeeff'::uuid", UUID("00112233-4455-6677-8899-aabbccddeeff")),
    ("null", None),
    ("null::int", None),
    ("null::numeric", None),
    ("null::int[]", None),
    ("inet '10.0.0.1/8'", "10.0.0.1/8"),
    ("int4range(1,3)", "[1,3)"),
    ("timetz '01:02+02'", "01:02:00+02"),
    ("money '1.50'", Decimal("1.50")),
    ("oid '4294967295'", 2**32 - 1),
    ("xml '<a/>'", "<a/>"),
    ("b'101'", "101"),
    ("row(1,'x')", "(1,x)"),
]  # fmt: skip
"""An expression of PostgreSQL, and Python's value for it."""


def statements(uri: str, *commands: str) -> None:
    """Run commands in PostgreSQL."""
    with adbc_driver_postgresql.dbapi.connect(uri, autocommit=True) as connection, connection.cursor() as cursor:
        for command in commands:
            cursor.execute(command)


def sqlite_table(path: Path, columns: str, rows: Sequence[Sequence[Any]]) -> str:
    """Make a table `t` of a SQLite file, and return the file's URI."""
    with closing(sqlite3.connect(path)) as database:
        database.execute(f"create table t ({columns})")
        database.executemany(f"insert into t values ({', '.join('?' * len(columns.split(',')))})", rows)
        database.commit()
    return f"sqlite:///{path}"


def in_python(path: Path, query: str) -> list[dict[str, Any]]:
    """Return the rows that Python's sqlite3 gives."""
    with closing(sqlite3.connect(path)) as database:
        cursor = database.execute(query)
        return [dict(zip([column[0] for column in cursor.description], row, strict=True)) for row in cursor]


def spelled(rows: Sequence[Any]) -> list[str]:
    """Return what tells apart 1, 1.0, True and NaN too."""
    return list(map(repr, rows))


@pytest.mark.parametrize(("expression", "value"), POSTGRES_VALUES)
def test_values_of_postgres(postgres: str, expression: str, value: Any) -> None:
    flow = gr.Flow(engine="inline")
    (row,) = flow.read_sql(f"select {expression} as v", postgres).collect()
    assert spelled([row]) == spelled([{"v": value}])
    (other,) = flow.read_sql(f"select 1 as n, {expression} as v", postgres, "n", partitions=1).collect()
    assert spelled([other]) == spelled([{"n": 1, "v": value}])


def test_all_values_of_postgres_in_one_row_on_each_engine(engine: Lab, postgres: str) -> None:
    picked = ", ".join(f"{expression} as c{place}" for place, (expression, _) in enumerate(POSTGRES_VALUES))
    rows = engine.flow().read_sql(f"select {picked} from generate_series(1, 3)", postgres)
    expected = {f"c{place}": value for place, (_, value) in enumerate(POSTGRES_VALUES)}
    assert spelled(rows.collect()) == spelled([expected] * 3)
    assert rows.map(lambda row: row["c2"] - 1).take(1) == [2**63 - 2]


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("array[[1,2],[3,4]]", 'column "v" holds an array of several dimensions'),
        ("interval '1 month'", 'column "v": an interval has months'),
        ("date 'infinity'", 'column "v" .* holds a value that Python has no exact form for'),
        ("timestamp '0044-03-15 BC'", 'column "v" .* holds a value that Python has no exact form for'),
    ],
)
def test_values_that_python_lacks(postgres: str, expression: str, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        gr.Flow(engine="inline").read_sql(f"select {expression} as v", postgres).collect()


def test_enums_are_text(postgres: str) -> None:
    statements(postgres, "create type mood as enum ('sad', 'ok')")
    rows = gr.Flow(engine="inline").read_sql("select 'ok'::mood as v, array['sad'::mood] as w", postgres)
    assert rows.collect() == [{"v": "ok", "w": ["sad"]}]


VALUES = st.one_of(
    st.none(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=5),
    st.binary(max_size=5),
)


@given(rows=st.lists(st.tuples(VALUES, VALUES), max_size=30), late=VALUES, count=st.integers(1, 4))
@settings(max_examples=examples(60))
def test_sqlite_gives_each_value_as_it_is_stored(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[Any, Any]], late: Any, count: int
) -> None:
    path = tmp_path_factory.mktemp("db") / "a.db"
    uri = sqlite_table(path, "id, v, w", [(place, *row) for place, row in enumerate([*rows, (late, late)])])
    expected = spelled(in_python(path, "select * from t"))
    flow = gr.Flow(engine="inline")
    assert spelled(flow.read_sql("select * from t", uri).collect()) == expected
    assert spelled(flow.read_sql("select * from t", uri, "id", count).collect()) == expected


@pytest.mark.slow
@pytest.mark.parametrize(("early", "late"), [(None, "x"), (None, 2.5), (1, 1.5), (1.5, 1), ("1", 1), (b"1", "1")])
def test_a_value_of_another_type_after_many_rows(tmp_path: Path, early: Any, late: Any) -> None:
    uri = sqlite_table(tmp_path / "a.db", "v", [(early,)] * 70_000 + [(late,)])
    read = gr.Flow(engine="inline").read_sql("select v from t", uri).collect()
    assert spelled(read) == spelled([{"v": early}] * 70_000 + [{"v": late}])


CUTS = [
    ("i::int", "postgres"),
    ("i::float8 / 7", "postgres"),
    ("i::float4 / 7", "postgres"),
    ("i::numeric / 7", "postgres"),
    ("(i / 7.0)::numeric(20, 2)", "postgres"),
    ("date '2020-01-01' + i::int", "postgres"),
    ("timestamp '2020-01-01' + i * interval '1 hour'", "postgres"),
    ("timestamptz '2020-01-01 00:00+03' + i * interval '1 hour'", "postgres"),
    ("i", "sqlite"),
    ("i / 7.0", "sqlite"),
    ("case when i % 2 then i else i / 2.0 end", "sqlite"),
    ("date('2020-01-01', i || ' days')", "sqlite"),
    ("datetime('2020-01-01', i || ' hours')", "sqlite"),
]


@pytest.mark.parametrize(("expression", "kind"), CUTS)
@pytest.mark.parametrize("count", [None, 1, 2, 7])
def test_slices_of_a_column(
    request: pytest.FixtureRequest, sqlite_path: Path, expression: str, kind: str, count: int | None
) -> None:
    numbers = "with recursive n(i) as (select -50 union all select i + 1 from n where i < 149) "
    query = f"{numbers} select i, case when i % 10 = 0 then null else {expression} end as k from n;"
    uri = f"sqlite:///{sqlite_path}" if kind == "sqlite" else request.getfixturevalue("postgres")
    rows = gr.Flow(engine="inline").read_sql(query, uri, partition_on="k", partitions=count)
    assert rows.num_partitions == (count or 8)
    parts = rows.map_partitions(lambda rows: [list(rows)]).collect()
    assert sorted(row["i"] for part in parts for row in part) == list(range(-50, 150))
    slices = [{row["k"] for row in part} - {None} for part in parts]
    assert all(len(part) >= 180 // len(parts) // 2 for part in slices)  # about even
    assert all(max(one) < min(other) for one, other in itertools.pairwise(slices))
    assert sum(row["k"] is None for row in parts[0]) == 20


@pytest.mark.parametrize("kind", ["float8", "numeric"])
def test_nan_null_and_infinity_are_in_a_slice(postgres: str, kind: str) -> None:
    odd = "case i when 1 then 'NaN' when 2 then 'inf' when 3 then '-inf' when 4 then null else i::text end"
    query = f"select i, ({odd})::{kind} as k from generate_series(1, 40) i"
    rows = gr.Flow(engine="inline").read_sql(query, postgres, "k", 4)
    assert sorted(rows.map(lambda row: row["i"]).collect()) == list(range(1, 41))
    assert min(rows.map_partitions(lambda rows: [sum(1 for _ in rows)]).collect()) > 5


def test_sqlite_infinity_is_in_a_slice(tmp_path: Path) -> None:
    values = [float("inf"), float("-inf"), None, *map(float, range(20))]
    uri = sqlite_table(tmp_path / "a.db", "k", [(value,) for value in values])
    rows = gr.Flow(engine="inline").read_sql("select k from t", uri, "k", 4)
    assert set(rows.map(lambda row: row["k"]).collect()) == set(values)
    assert min(rows.map_partitions(lambda rows: [sum(1 for _ in rows)]).collect()) == 5


@pytest.mark.parametrize("rows", [[], [None, None]])
def test_columns_without_a_value(sqlite_path: Path, rows: list[None]) -> None:
    uri = sqlite_table(sqlite_path, "k", [(row,) for row in rows])
    read = gr.Flow(engine="inline").read_sql("select k from t", uri, "k", 3)
    assert read.map_partitions(lambda rows: [list(rows)]).collect() == [[{"k": None}] * len(rows), [], []]


def test_rows_written_after_the_call_are_read(engine: Lab, sqlite_path: Path) -> None:
    uri = sqlite_table(sqlite_path, "k", [(n,) for n in range(10)])
    rows = engine.flow().read_sql("select k from t", uri, "k", 3)
    with closing(sqlite3.connect(sqlite_path)) as database:
        database.execute("insert into t values (-1000), (1000), (null)")
        database.commit()
    assert {row["k"] for row in rows.collect()} == {*range(10), -1000, 1000, None}
    assert rows.count() == 13


def test_the_rows_come_in_the_order_of_the_query(postgres: str, sqlite_path: Path) -> None:
    query = "select i, 'x'::inet_or_text as v from generate_series(1, 1000) i order by i % 7, i desc"
    flow = gr.Flow(engine="inline")
    cast = query.replace("'x'::inet_or_text", "inet '10.0.0.1'")
    expected = sorted(range(1, 1001), key=lambda i: (i % 7, -i))
    assert [row["i"] for row in flow.read_sql(cast, postgres).collect()] == expected
    uri = sqlite_table(sqlite_path, "i", [(n,) for n in range(1, 1001)])
    assert [row["i"] for row in flow.read_sql("select i from t order by i % 7, i desc", uri).collect()] == expected


@pytest.mark.parametrize("end", ["", ";", "  ;\n", "\n-- the end"])
def test_ends_of_queries(postgres: str, sqlite_path: Path, end: str) -> None:
    flow = gr.Flow(engine="inline")
    for uri in (postgres, f"sqlite:///{sqlite_path}"):
        for on in (None, "b"):
            assert flow.read_sql(f"with a as (select 1 as b) select b from a{end}", uri, on, 1).collect() == [{"b": 1}]


@pytest.mark.parametrize("name", ['a"b', "A b", "select", "%s", "a:1"])
def test_names_of_columns(postgres: str, sqlite_path: Path, name: str) -> None:
    quoted = '"' + name.replace('"', '""') + '"'
    query = f"select 1 as {quoted} union all select 2 union all select null order by 1"
    for uri in (postgres, f"sqlite:///{sqlite_path}"):
        rows = gr.Flow(engine="inline").read_sql(query, uri, name, 2).collect()
        assert sorted(rows, key=repr) == [{name: 1}, {name: 2}, {name: None}]


def test_parameters(postgres: str, sqlite_path: Path) -> None:
    flow = gr.Flow(engine="inline")
    uri = sqlite_table(sqlite_path, "k", [(n,) for n in range(10)])
    assert flow.read_sql("select k from t where k > ?", uri, "k", 2, [7]).collect() == [{"k": 8}, {"k": 9}]
    query = "select i::int as k from generate_series(0, 9) i where i > $1::int"
    assert flow.read_sql(query, postgres, parameters=[7]).collect() == [{"k": 8}, {"k": 9}]


def test_other_statements_of_sqlite(sqlite_path: Path) -> None:
    uri = sqlite_table(sqlite_path, "k", [])
    rows = gr.Flow(engine="inline").read_sql("pragma table_info(t)", uri)
    assert rows.map(lambda row: row["name"]).collect() == ["k"]


def test_the_rows_are_read_in_batches(postgres: str) -> None:
    """A reader holds one batch of the driver: a query without an end gives its first rows."""
    query = "with recursive n(i) as (select 1 union all select i + 1 from n) select i from n"
    rows = gr.Flow(engine="inline").read_sql(query, postgres)
    assert rows.take(3) == [{"i": 1}, {"i": 2}, {"i": 3}]


def test_numbers_are_columns_at_once(postgres: str) -> None:
    flow = gr.Flow(engine="inline")
    rows = flow.read_sql("select 1.5::numeric(10, 2) as n, i from generate_series(1, 9) i", postgres)
    assert "arrow" in rows.map(lambda row: row["i"] + 1).explain()
    assert rows.map(lambda row: row["i"] + 1).sum() == 54


def test_queries_that_give_no_table(postgres: str, sqlite_path: Path) -> None:
    flow = gr.Flow(engine="inline")
    statements(postgres, "create table if not exists kept (n int)", "delete from kept", "insert into kept values (1)")
    sqlite_uri = sqlite_table(sqlite_path, "n", [(1,)])
    for uri, table in ((postgres, "kept"), (sqlite_uri, "t")):
        with pytest.raises(ValueError, match=rf"read_sql\('delete from {table}'\): the query gives no rows"):
            flow.read_sql(f"delete from {table}", uri).collect()
        assert flow.read_sql(f"select n from {table}", uri).collect() == [{"n": 1}]
        with pytest.raises(ValueError, match='two columns are called "n": rename one of them with AS'):
            flow.read_sql(f"select n, n from {table}", uri).collect()
        with pytest.raises(ValueError, match='has no column "m" for partition_on; it has n'):
            flow.read_sql(f"select n from {table}", uri, "m")
        with pytest.raises(TypeError, match=r'partition_on="n" needs a column of numbers, .* it holds str'):
            flow.read_sql(f"select 'x' as n from {table}", uri, "n")
        with pytest.raises(Exception, match="syntax error"):
            flow.read_sql("selec", uri).collect()


def test_an_error_of_the_server_while_rows_arrive(engine: Lab, postgres: str) -> None:
    rows = engine.flow().read_sql("select 1 / (500000 - i) as v from generate_series(1, 600000) i", postgres)
    with pytest.raises(Exception, match="division by zero"):
        rows.count()


def test_wrong_use(sqlite_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match=r"read_sql\(\) needs a URI postgresql://… or sqlite:///…, got another str"):
        gr.read_sql("select 1", "words.db")
    with pytest.raises(ValueError, match=r"got mysql://: for another database give a connection"):
        gr.read_sql("select 1", "mysql://me:secret@host/db")
    with pytest.raises(ValueError, match="for a database in memory give its connection"):
        gr.read_sql("select 1", "sqlite:///:memory:")
    with pytest.raises(FileNotFoundError, match=r'there is no file ".*nowhere.db"'):
        gr.read_sql("select 1", "sqlite:///nowhere.db")
    with pytest.raises(FileNotFoundError, match=rf'sqlite:////{str(sqlite_path)[1:]} names "/…"'):
        gr.read_sql("select 1", f"sqlite://{sqlite_path}")
    with pytest.raises(ValueError, match="partition_on needs a URI"):
        gr.read_sql("select 1", lambda: sqlite3.connect(sqlite_path), "n")
    with pytest.raises(TypeError, match="parameters must be a list for a URI"):
        gr.read_sql("select :n", f"sqlite:///{sqlite_path}", parameters={"n": 1})


@pytest.mark.parametrize(
    ("scheme", "extra"), [("sqlite", "sqlite"), ("postgresql", "postgres"), ("postgres", "postgres")]
)
def test_a_missing_driver(monkeypatch: pytest.MonkeyPatch, scheme: str, extra: str) -> None:
    monkeypatch.setitem(sys.modules, f"adbc_driver_{'sqlite' if scheme == 'sqlite' else 'postgresql'}", None)
    monkeypatch.setitem(sys.modules, f"adbc_driver_{'sqlite' if scheme == 'sqlite' else 'postgresql'}.dbapi", None)
    for call in (lambda: gr.read_sql("select 1", f"{scheme}:///x"),):
        with pytest.raises(ModuleNotFoundError, match=rf'pip install "glowray\[{extra}\]"'):
            call()


def chained(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


PASSWORD = "s%C3%A4cret:pass"
SPELLINGS = ("s%C3%A4cret", "säcret")


def test_a_password_is_never_shown(postgres: str, capfd: pytest.CaptureFixture[str]) -> None:
    """The server trusts its users, so it takes any password."""
    uri = postgres.replace("tester@", f"tester:{PASSWORD}@")
    flow = gr.Flow("secret", engine="inline", progress=True)
    rows = flow.read_sql("select 1 as n", uri, "n", 2)
    shown = [rows.explain(), rows.plot(), repr(rows), repr(rows._node), repr(vars(rows._node)), str(flow.stats)]
    assert rows.map(lambda row: row["n"]).collect() == [1]
    with pytest.raises(ZeroDivisionError) as caught:
        rows.map(lambda row: row["n"] / 0).collect()
    failed = list(chained(caught.value))
    with pytest.raises(Exception) as other:
        flow.read_sql("select 1", uri.replace("?host=", "?host=/nowhere"))
    with pytest.raises(Exception) as third:
        flow.read_sql("select 1", uri.replace("s%C3%A4cret", "s%zzcret"))
    failed += [*chained(other.value), *chained(third.value)]
    shown += [f"{error!r} {error} {getattr(error, '__notes__', '')}" for error in failed]
    shown += capfd.readouterr()
    assert not [text for text in shown for secret in (*SPELLINGS, "s%zzcret") if secret in text]


def test_a_reader_can_be_pickled(postgres: str) -> None:
    reader: Any = gr.read_sql("select 1 as n", postgres)._node
    copy = pickle.loads(pickle.dumps(reader.reader))
    assert [block.rows() for block in copy.read_blocks(0)] == [[{"n": 1}]]


@pytest.mark.parametrize("value", ["true", "'{}'::json", "gen_random_uuid()", "point(1, 2)", "array[1]", "'a'::text"])
def test_a_column_that_cannot_be_cut(postgres: str, value: str) -> None:
    with pytest.raises(TypeError, match="needs a column of numbers, dates or timestamps"):
        gr.read_sql(f"select {value} as k", postgres, partition_on="k")
