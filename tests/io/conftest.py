"""Fixtures that read all rows of a reader, and write rows through a commit."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from glowray.io import Commit, Reader, Sink, Written

Rows = Callable[[Reader], list[Any]]
Write = Callable[..., Written]


def _rows(reader: Reader) -> list[Any]:
    copy = pickle.loads(pickle.dumps(reader))
    return [row for index in range(copy.num_partitions) for morsel in copy.read(index) for row in morsel]


def _write(
    target: Path, sink: Sink, parts: Sequence[Sequence[Any]], mode: str = "error", single_file: bool = False
) -> Written:
    commit = Commit(target, sink, mode, single_file)
    folder = commit.begin().path
    try:
        done = []
        for index, rows in enumerate(parts):
            writer = pickle.loads(pickle.dumps(sink)).open(folder, index)
            writer.write(rows)
            done.append(writer.close())
    except BaseException:
        commit.abort()
        raise
    return commit.commit(done)


@pytest.fixture(scope="session")
def rows_of() -> Rows:
    """Return a function that reads all rows of a reader, after pickling the reader as for a task."""
    return _rows


@pytest.fixture(scope="session")
def write() -> Write:
    """Return a function that writes partitions of rows as a job does."""
    return _write
