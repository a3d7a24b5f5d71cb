"""Machines for the tests of clusters."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pytest

from glowray.cluster.host.record import NodeRecord
from tests.cluster.machine import Machine


class Pair(NamedTuple):
    """A head and a worker, which two users started on one machine."""

    head_machine: Machine
    worker_machine: Machine
    head: NodeRecord
    worker: NodeRecord


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    """Return a machine on which nothing runs."""
    made = Machine(tmp_path / "machine")
    yield made
    made.close()


@pytest.fixture
def new_machine(tmp_path: Path) -> Iterator[Callable[..., Machine]]:
    """Return a function `new_machine(name, prefix)` that makes machines."""
    with ExitStack() as stack:

        def make(name: str, prefix: list[str] | None = None) -> Machine:
            made = Machine(tmp_path / name, prefix)
            stack.callback(made.close)
            return made

        yield make


@pytest.fixture(scope="session")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Return a running cluster of two nodes, for tests that do not change it."""
    folder = tmp_path_factory.mktemp("pair")
    heads, workers = Machine(folder / "head"), Machine(folder / "worker")
    with ExitStack() as stack:
        stack.callback(heads.close)
        stack.callback(workers.close)
        head = heads.up()
        yield Pair(heads, workers, head, workers.join(head, "--label", "zone=north"))


@pytest.fixture
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a new GLOWRAY_HOME for this process, without the caller's clusters."""
    for name in ("GLOWRAY_ADDRESS", "RAY_ADDRESS", "RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GLOWRAY_HOME", str(tmp_path / "glowray"))
    return tmp_path / "glowray"
