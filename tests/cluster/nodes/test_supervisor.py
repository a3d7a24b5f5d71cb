"""Test that a worker returns to its head."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from glowray.cluster.nodes import supervisor

NODE = object()


class Starts:
    """Starts of Ray, which fail a number of times."""

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.ended = 0

    def start(self, order: Any, gateway: None) -> object:
        if self.failures:
            self.failures -= 1
            raise RuntimeError("the raylet did not register\nmore words")
        return NODE

    def end(self) -> None:
        self.ended += 1


def come_back(starts: Starts, seconds: float, patch: pytest.MonkeyPatch) -> Any:
    patch.setattr(supervisor, "wait_for_head", lambda record, host, seconds, deadline: None)
    patch.setattr(supervisor, "_start", starts.start)
    patch.setattr(supervisor, "_end_descendants", starts.end)
    order: Any = SimpleNamespace(rejoin_seconds=seconds, parameters={"node_ip_address": "127.0.0.1"})
    record: Any = SimpleNamespace(address="127.0.0.1:1")
    return supervisor._come_back(order, record)


def test_a_start_that_fails_is_tried_again(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    starts = Starts(2)
    assert come_back(starts, 3600, monkeypatch) is NODE
    assert starts.ended == 2
    assert capsys.readouterr().err.count("trying again: the raylet did not register\n") == 2


def test_it_is_not_tried_again_after_the_time_to_rejoin(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RuntimeError, match="did not register"):
        come_back(Starts(1), -1, monkeypatch)
