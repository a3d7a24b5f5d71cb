"""Test that a write to a table that fails or dies leaves the table as it was."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import glowray as gr
from glowray.errors import InexactColumn
from glowray.io.sql import writer as sql_writer
from tests.dataset.actions.table_places import Place, numbers, statements
from tests.engine.doubles import Lab


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
