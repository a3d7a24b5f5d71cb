"""Databases that tests write tables to."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import adbc_driver_postgresql.dbapi
import duckdb

import glowray as gr

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


def spelled(rows: list[dict[str, Any]]) -> list[str]:
    """Return what tells apart 1, 1.0 and True, and NaN from None. SQLite has no -0.0."""
    return [
        repr(sorted((name, 0.0 if value == 0 and type(value) is float else value) for name, value in row.items()))
        for row in rows
    ]
