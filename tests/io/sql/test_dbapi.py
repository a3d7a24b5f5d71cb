"""Test that read_sql() gives rows of a database as dicts, over an open connection or one that a task opens."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

import glowray as gr
from tests.engine.doubles import Lab

ROWS = [{"word": f"w{n}", "n": n, "x": n / 2, "b": b"\xff", "none": None} for n in range(10)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return a database with a table of words."""
    found = tmp_path / "words.db"
    with sqlite3.connect(found) as database:
        database.execute("create table words (word, n, x, b, none)")
        database.executemany("insert into words values (:word, :n, :x, :b, :none)", ROWS)
    database.close()
    return found


def test_the_rows_of_a_connection(engine: Lab, path: Path) -> None:
    flow = engine.flow()
    database = sqlite3.connect(path)
    rows = flow.read_sql("select * from words order by n", database, partitions=3)
    database.close()
    assert rows.collect() == rows.collect() == ROWS
    assert rows.num_partitions == 3
    assert rows.map_partitions(lambda rows: [len(list(rows))]).collect() == [3, 3, 4]
    assert "read_sql('select * from words order by n')" in rows.explain()


@pytest.mark.parametrize("partitions", [None, 1, 4])
def test_the_rows_of_a_connection_that_a_task_opens(engine: Lab, path: Path, partitions: int | None) -> None:
    rows = engine.flow().read_sql("select * from words order by n", lambda: sqlite3.connect(path), None, partitions)
    assert rows.collect() == ROWS
    assert rows.num_partitions == (partitions or 1)
    assert rows.map(lambda row: row["n"]).take(2) == [0, 1]


def test_parameters(path: Path) -> None:
    flow = gr.Flow(engine="inline")
    for parameters in ([7], (7,)):
        assert (
            flow.read_sql("select n from words where n > ?", sqlite3.connect(path), parameters=parameters).count() == 2
        )
    named = flow.read_sql("select n as m from words where n = :n", lambda: sqlite3.connect(path), parameters={"n": 3})
    assert named.collect() == [{"m": 3}]
    assert flow.read_sql("select n from words where n < 0", sqlite3.connect(path)).collect() == []
    percent = "select n from words where word like '%3'"
    assert flow.read_sql(percent, sqlite3.connect(path)).collect() == [{"n": 3}]


class Recorded:
    """A connection that records whether it was closed, and how many rows were fetched at once."""

    def __init__(self, path: Path, notes: Path) -> None:
        self.database, self.notes = sqlite3.connect(path), notes

    def cursor(self) -> sqlite3.Cursor:
        return self.database.cursor()

    def close(self) -> None:
        self.database.close()
        self.notes.touch()


def test_a_task_closes_what_it_opened(engine: Lab, path: Path, tmp_path: Path) -> None:
    for number, query in enumerate(("select n from words", "select n from nowhere")):
        notes = tmp_path / f"closed {number}"
        rows = engine.flow().read_sql(query, lambda notes=notes: Recorded(path, notes))
        if number:
            with pytest.raises(sqlite3.OperationalError, match="no such table") as caught:
                rows.collect()
            assert caught.value.__notes__[0].startswith("in read_sql(λ")
        else:
            assert rows.count() == 10
        assert notes.exists()


@pytest.mark.parametrize("opens", [False, True])
def test_queries_that_give_no_table(path: Path, opens: bool) -> None:
    def read(query: str) -> Any:
        connection = (lambda: sqlite3.connect(path)) if opens else sqlite3.connect(path)
        return gr.Flow(engine="inline").read_sql(query, connection).collect()

    with pytest.raises(ValueError, match=r"read_sql\('delete from words'\): the query gives no rows"):
        read("delete from words")
    with pytest.raises(ValueError, match='two columns are called "n": rename one of them with AS'):
        read("select n, word, n from words")
    with pytest.raises(sqlite3.OperationalError):
        read("selec")


def test_wrong_use() -> None:
    with pytest.raises(TypeError, match=r"read_sql\(\): query must be a str, got 5"):
        gr.read_sql(5, sqlite3.connect(":memory:"))
    with pytest.raises(TypeError, match="or a function that opens one, got PosixPath"):
        gr.read_sql("select 1", Path("words.db"))
    with pytest.raises(TypeError, match=r"read_sql\(\) cannot call .* is called with 0 arguments"):
        gr.read_sql("select 1", lambda name: sqlite3.connect(name))
    with pytest.raises(ValueError, match="partitions must be at least 1"):
        gr.read_sql("select 1", sqlite3.connect(":memory:"), partitions=0)
