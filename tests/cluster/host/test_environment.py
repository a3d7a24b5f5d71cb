"""Test that nodes and clients always get a token, and never the secret of another cluster."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from glowray.cluster.host.environment import NODE_MARK, OURS, applied, client_environment, node_environment


@pytest.mark.parametrize("loopback", [True, False])
def test_a_node_always_asks_for_the_token_and_sends_nothing_outside(
    own_home: Path, monkeypatch: pytest.MonkeyPatch, loopback: bool
) -> None:
    monkeypatch.setenv("RAY_AUTH_TOKEN", "of another cluster")
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")
    monkeypatch.setenv("RAY_ADDRESS", "192.0.2.1:6379")
    made = node_environment("head-1", Path("/a/token"), loopback)
    assert made["RAY_AUTH_MODE"] == "token" and made["RAY_AUTH_TOKEN_PATH"] == "/a/token"
    assert made["RAY_USAGE_STATS_ENABLED"] == "0" and made[NODE_MARK] == "head-1"
    assert "RAY_AUTH_TOKEN" not in made and "RAY_ADDRESS" not in made
    assert ("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER" in made) == loopback


def test_a_clients_variables_are_set_for_a_block_only(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_AUTH_TOKEN", "before")
    before = {name: os.environ.get(name) for name in OURS}
    with applied(client_environment(Path("/a/token"), loopback=True)):
        assert os.environ["RAY_AUTH_TOKEN_PATH"] == "/a/token" and "RAY_AUTH_TOKEN" not in os.environ
    assert {name: os.environ.get(name) for name in OURS} == before
    with applied(client_environment("itself", loopback=False, tls={"RAY_USE_TLS": "1"})):
        assert os.environ["RAY_AUTH_TOKEN"] == "itself" and os.environ["RAY_USE_TLS"] == "1"
    assert {name: os.environ.get(name) for name in OURS} == before
