"""Test a Ray for one process: it starts beside the process and ends with it, even if it never got ready."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from glowray.cluster.host.processes import Process, descendants, wait
from glowray.cluster.nodes.local import LocalNode
from glowray.errors import ClusterError

pytestmark = pytest.mark.process

OWNER = """
import sys
from glowray.cluster.nodes.local import LocalNode
node = LocalNode()
print(node._keeper.pid, flush=True)
sys.stdin.readline()
"""
SECONDS = 60.0  # only a process that hangs takes this long


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLOWRAY_HOME", str(tmp_path))


def family(pid: int) -> list[Process]:
    keeper = Process.of(pid)
    return descendants([keeper] if keeper else [])


@pytest.mark.ray
@pytest.mark.slow
def test_a_node_starts_and_ends_with_all_its_processes() -> None:
    node = LocalNode(num_cpus=1)
    try:
        address = node.wait()
        assert address is not None and address.startswith("127.0.0.1:")
        assert node.runs()
        processes = family(node._keeper.pid)
        assert len(processes) > 3
    finally:
        node.end()
    assert all(wait(process, SECONDS) for process in processes)
    assert not node.runs()
    node.end()


def test_a_start_can_be_ended_at_once() -> None:
    node = LocalNode()
    node.end()
    assert not node.runs()
    with pytest.raises(ClusterError, match="was ended"):
        node.wait()


def test_why_it_did_not_start_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setenv("RAY_TMPDIR", str(tmp_path / "file" / "none"))
    node = LocalNode()
    with pytest.raises(ClusterError, match=r"Ray did not start on this machine: \w+Error: "):
        node.wait()
    assert not node.runs()
    node.end()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_it_ends_with_the_process_that_asked(number: signal.Signals) -> None:
    owner = subprocess.Popen([sys.executable, "-c", OWNER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    keeper = Process.of(int(owner.stdout.readline()))
    assert keeper is not None
    os.kill(owner.pid, number)
    owner.wait()
    assert wait(keeper, SECONDS)
    owner.communicate()
