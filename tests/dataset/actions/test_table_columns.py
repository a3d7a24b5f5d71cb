"""Test which values the columns of a table take, and which are refused because a column would change them."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import glowray as gr
from glowray.errors import InexactColumn
from tests.dataset.actions.table_places import UTC, Place, make_place, spelled, statements


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
