"""A node that takes long to start is waited for; one that has ended is not."""

from __future__ import annotations

import subprocess
import sys

import pytest
from ray._private import services

from glowray.cluster import patience
from glowray.errors import ClusterError

ENDS = "import ctypes; ctypes.CDLL(None).prctl(15, b'raylet', 0, 0, 0); print('named', flush=True)"


class Registry:
    """Answers from the `late`-th call on."""

    def __init__(self, late: int) -> None:
        self.late, self.calls = late, 0

    def __call__(self, *arguments: str) -> tuple[str, ...]:
        self.calls += 1
        if self.calls < self.late:
            raise RuntimeError("no such node")
        return arguments


def test_a_late_node_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    registry = Registry(late=4)
    monkeypatch.setattr(services, "get_node", registry)
    with patience.patient():
        assert services.get_node("127.0.0.1:1", "id") == ("127.0.0.1:1", "id")
    assert registry.calls == 4
    assert services.get_node is registry


def test_the_wait_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "get_node", Registry(late=sys.maxsize))
    monkeypatch.setattr(patience, "REGISTER_SECONDS", 0.0)
    with patience.patient(), pytest.raises(RuntimeError, match="no such node"):
        services.get_node()


def test_a_raylet_that_has_ended_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "get_node", Registry(late=sys.maxsize))
    with subprocess.Popen([sys.executable, "-c", ENDS], stdout=subprocess.PIPE) as raylet:
        assert raylet.stdout is not None
        assert raylet.stdout.read() == b"named\n"  # to the end: from here on it only waits to be reaped
        with patience.patient(), pytest.raises(ClusterError, match="raylet ended by itself"):
            services.get_node()
