"""A database file for the tests of this folder."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest


@pytest.fixture
def sqlite_path(tmp_path: Path) -> Path:
    """Make a SQLite file without tables, and return its path."""
    path = tmp_path / "words.db"
    sqlite3.connect(path).close()
    path.touch()
    return path
