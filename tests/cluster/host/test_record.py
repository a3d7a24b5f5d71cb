"""Test the records of started nodes, and the choice of the cluster that a command means."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from glowray.cluster.client.access import find_access, named_address
from glowray.cluster.host.home import alone
from glowray.cluster.host.processes import Process
from glowray.cluster.host.record import NodeRecord, head_here, node_here, records
from glowray.cluster.nodes.head import up
from glowray.cluster.nodes.stop import clear_stale, down
from glowray.errors import ClusterError

GONE = Process(1, 0, "an earlier boot")


def made(name: str, kind: str, address: str, *processes: Process) -> NodeRecord:
    """Write a record to a file and return it."""
    folder = f"/nowhere/glowray-{name}"
    return NodeRecord(
        name, kind, address, "/nowhere/token", folder, "/nowhere/log", processes, dashboard="http://d"
    ).save()


@pytest.fixture
def me() -> Process:
    found = Process.of(os.getpid())
    assert found is not None
    return found


def test_a_record_comes_back_from_its_file_as_it_was(own_home: Path, me: Process) -> None:
    saved = made("worker-1", "worker", "192.0.2.1:6379", me, GONE)
    first = made("head-1", "head", "127.0.0.1:6379", me)
    assert records() == [first, saved]
    assert (own_home / "nodes" / "head-1.json").stat().st_mode & 0o777 == 0o600
    assert (saved.is_alive, saved.is_whole, first.is_whole) == (True, False, True)
    assert node_here("192.0.2.1:6379") == saved and head_here() == first


def test_a_record_of_an_earlier_boot_is_cleared(own_home: Path, me: Process) -> None:
    stale = made("head-1", "head", "127.0.0.1:6379", GONE)
    living = made("worker-1", "worker", "192.0.2.1:6379", me)
    assert not stale.is_alive and head_here() is None
    clear_stale()
    assert records() == [living]


def test_down_forgets_what_has_ended(own_home: Path) -> None:
    stale = made("head-1", "head", "127.0.0.1:6379", GONE)
    assert down() == [stale] and records() == [] and down() == []


def test_a_damaged_record_is_named(own_home: Path) -> None:
    made("head-1", "head", "127.0.0.1:6379")
    (own_home / "nodes" / "head-1.json").write_text("{")
    with pytest.raises(ClusterError, match=r"the record .*head-1.json is damaged"):
        records()


def test_the_cluster_that_is_meant(own_home: Path, me: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    assert named_address() is None
    with pytest.raises(ClusterError, match="no cluster is named"):
        find_access()
    made("worker-1", "worker", "192.0.2.1:6379", me, me)
    assert named_address() == "192.0.2.1:6379"
    made("head-1", "head", "127.0.0.1:6379", me, me)
    assert named_address() == named_address("auto") == "127.0.0.1:6379"
    monkeypatch.setenv("RAY_ADDRESS", "192.0.2.2:6379")
    assert named_address() == "192.0.2.2:6379"
    monkeypatch.setenv("GLOWRAY_ADDRESS", "192.0.2.3:6379")
    assert named_address() == "192.0.2.3:6379"
    assert named_address("localhost:7") == "127.0.0.1:7"


def test_an_address_of_rays_client_is_no_head(own_home: Path) -> None:
    with pytest.raises(ClusterError, match="ray://h:10001 is no address of a head"):
        named_address("ray://h:10001")


def test_two_heads_are_not_started_at_once(own_home: Path) -> None:
    with alone("up"), pytest.raises(ClusterError, match="another `glowray up` is at work here"):
        up(port=0, dashboard_port=0)
    assert records() == []
