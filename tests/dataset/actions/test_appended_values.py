"""Rows that are added to a table which exists: a column keeps each value, or the write is an error."""

from __future__ import annotations

import datetime as dt
import sqlite3
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

import glowray as gr
from glowray.errors import InexactColumn
from tests.dataset.actions.table_places import Place, make_place


@pytest.mark.parametrize("kind", ["sqlite", "sqlite3"])
@pytest.mark.parametrize(
    ("declared", "value"),
    [("TEXT", 1), ("VARCHAR(5)", 1.5), ("INTEGER", "1"), ("INT", 1.5), ("REAL", 2**53 + 1), ("DECIMAL(5, 2)", "1.5")],
)
def test_values_that_a_column_of_sqlite_would_convert(kind: str, declared: str, value: Any, tmp_path: Path) -> None:
    place = make_place(kind, tmp_path, lambda: "")
    run_sqlite(tmp_path, kind, place, f"create table kept (a {declared})")
    with pytest.raises(InexactColumn, match=f"would not keep {value!r}"):
        gr.from_items([{"a": value}]).write_sql("kept", place.target, mode="append")
    assert place.rows("kept") == []


@pytest.mark.parametrize("kind", ["sqlite", "sqlite3"])
@pytest.mark.parametrize(
    ("declared", "value"), [("REAL", 1), ("DATE", "2024-05-01"), ("", "1"), ("BIGINT", 2**63 - 1), ("NUMERIC", 1.5)]
)
def test_values_that_a_column_of_sqlite_keeps(kind: str, declared: str, value: Any, tmp_path: Path) -> None:
    place = make_place(kind, tmp_path, lambda: "")
    run_sqlite(tmp_path, kind, place, f"create table kept (a {declared})")
    gr.from_items([{"A": value}, {"A": None}]).write_sql("kept", place.target, mode="append")
    assert place.rows("kept") == [{"a": value}, {"a": None}]


def run_sqlite(folder: Path, kind: str, place: Place, command: str) -> None:
    """Run a command in a database of SQLite."""
    connection = place.target if kind == "sqlite3" else sqlite3.connect(place.target.removeprefix("sqlite:///"))
    connection.execute(command)
    connection.commit()
    if kind != "sqlite3":
        connection.close()


@pytest.mark.parametrize(
    ("declared", "value"),
    [("int", 1.5), ("int", "1"), ("int", True), ("int", 2**40), ("date", dt.datetime(2024, 1, 1, 5))]
    + [("decimal(9, 1)", Decimal("1.55")), ("float", 0.1), ("varchar", 1), ("double", 2**53 + 1)],
)
def test_values_that_a_column_of_duckdb_would_change(declared: str, value: Any) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"create table kept (a {declared})")
        with pytest.raises(InexactColumn, match='column "a"'):
            gr.from_items([{"a": value}]).write_sql("kept", connection, mode="append")
        assert connection.execute("select count(*) from kept").fetchall() == [(0,)]


@pytest.mark.parametrize(
    ("declared", "value", "kept"),
    [("enum('x')", "x", "x"), ("json", "[1]", "[1]"), ("date", "2024-05-01", dt.date(2024, 5, 1)), ("double", 1, 1.0)]
    + [("decimal(9, 3)", Decimal("1.5"), Decimal("1.500")), ("decimal(9, 3)", 1, Decimal("1.000")), ("hugeint", 1, 1)]
    + [("struct(x int)", {"x": 1}, {"x": 1}), ("interval", dt.timedelta(1), dt.timedelta(1))],
)
def test_values_that_a_column_of_duckdb_keeps(declared: str, value: Any, kept: Any) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"create table kept (a {declared})")
        gr.from_items([{"A": value}, {"A": None}]).write_sql("kept", connection, mode="append")
        assert connection.execute("from kept").fetchall() == [(kept,), (None,)]


def test_a_dict_is_a_struct_in_duckdb() -> None:
    rows = [{"a": {"x": 1}, "b": [{"y z": "w"}]}, {"a": None, "b": []}]
    with duckdb.connect() as connection:
        gr.from_items(rows).write_sql("nested", connection)
        assert gr.read_sql("from nested", connection).collect() == rows
