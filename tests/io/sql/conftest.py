"""Databases that the tests of this folder share."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.postgres import running_server


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URI of a PostgreSQL server. Tests skip with a reason where none is installed."""
    with running_server() as uri:
        yield uri


@pytest.fixture
def sqlite_path(tmp_path: Path) -> Path:
    """A SQLite file without tables."""
    path = tmp_path / "words.db"
    sqlite3.connect(path).close()
    path.touch()
    return path
