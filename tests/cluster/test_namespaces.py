"""Test two hosts on one machine: network namespaces for a head and a worker, joined by a virtual cable."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest

from tests.cluster.machine import Machine
from tests.cluster.test_listening import check, ports_of, working

pytestmark = pytest.mark.cluster

# 198.18.0.0/15 is reserved for tests of networks, so no host has this address by accident.
HEAD, WORKER, STRANGER = "198.18.0.1", "198.18.0.2", "198.18.0.3"

ON_BOTH = """
from glowray import cluster

cluster.connect()
import ray

@ray.remote
def addresses():
    import subprocess

    return subprocess.run(["ip", "-4", "-o", "addr"], capture_output=True, text=True).stdout

on = ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy
for node in ray.nodes():
    there = addresses.options(scheduling_strategy=on(node["NodeID"], soft=False)).remote()
    print(node["NodeManagerAddress"] in ray.get(there))
"""

# Network namespaces do not hide processes, so each host sees the raylets of both.
OF_WHICH_NODE = """
from glowray import cluster

cluster.connect()
import ray

own = ray.get_runtime_context().get_node_id()
print([node["NodeManagerAddress"] for node in ray.nodes() if node["NodeID"] == own])
"""


class Hosts(NamedTuple):
    """Machines in three network namespaces on one network. The third has no token."""

    head: Machine
    worker: Machine
    stranger: Machine


def ip(*words: str) -> None:
    """Run one `ip` command."""
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)


@pytest.fixture(scope="module")
def network() -> Iterator[dict[str, list[str]]]:
    """Make three network namespaces on one bridge. Give the command prefix of each, by address."""
    if shutil.which("ip") is None or os.geteuid() != 0:
        pytest.skip("NOT TESTED: two hosts need network namespaces, that is root and the `ip` command (iproute2)")
    tag = f"gw{os.getpid() % 10**6}"
    bridge, spaces = f"{tag}b", {HEAD: f"{tag}h", WORKER: f"{tag}w", STRANGER: f"{tag}s"}
    hub = f"{tag}n"  # the bridge has its own namespace, so the machine's network does not change
    made: list[str] = []
    try:
        for space in (hub, *spaces.values()):
            ip("netns", "add", space)
            made.append(space)
            ip("-n", space, "link", "set", "lo", "up")
        ip("-n", hub, "link", "add", bridge, "type", "bridge")
        ip("-n", hub, "link", "set", bridge, "up")
        for address, space in spaces.items():
            ip("-n", hub, "link", "add", space, "type", "veth", "peer", "name", "eth0", "netns", space)
            ip("-n", hub, "link", "set", space, "master", bridge, "up")
            ip("-n", space, "addr", "add", f"{address}/24", "dev", "eth0")
            ip("-n", space, "link", "set", "eth0", "up")
        yield {address: ["ip", "netns", "exec", space] for address, space in spaces.items()}
    finally:
        for space in made:
            ip("netns", "delete", space)


@pytest.fixture
def hosts(network: dict[str, list[str]], new_machine: Callable[..., Machine]) -> Hosts:
    """Return three machines on which nothing runs."""
    return Hosts(*(new_machine(f"host{i}", network[address]) for i, address in enumerate((HEAD, WORKER, STRANGER))))


@pytest.mark.parametrize("options", [(), ("--tls",)], ids=["plain", "tls"])
def test_a_worker_on_another_host(hosts: Hosts, options: tuple[str, ...]) -> None:
    head = hosts.head.up("--host", HEAD, *options)
    assert head.address.startswith(f"{HEAD}:")
    token = hosts.head.token()
    hosts.worker.start("join", head.address, "--num-cpus", 1, *options, stdin=f"{token}\n")
    worker = hosts.worker.record("worker")
    assert (hosts.worker.glowray_home / "tokens" / head.address.replace(":", "_")).stat().st_mode & 0o777 == 0o600

    shown = hosts.worker.run("status").stdout
    assert shown.count("alive") == 2 and HEAD in shown and WORKER in shown
    for host in (hosts.head, hosts.worker):
        assert host.python(ON_BOTH).split() == ["True", "True"]
    for address, host in ((HEAD, hosts.head), (WORKER, hosts.worker)):
        assert host.python(OF_WHICH_NODE) == f"['{address}']\n"

    script = hosts.worker.folder / "script.py"
    script.write_text("print('from afar')")
    refused = hosts.worker.run("run", "--address", head.address, script, code=1).stderr
    assert f"Error: jobs go through the head's dashboard, and {head.dashboard} does not answer here\nHint:" in refused
    assert "from afar" in hosts.head.run("run", "--address", head.address, script).stdout

    strangers = {"": "no token", "0" * 64: "does not belong to this token" if options else "refused the token"}
    for wrong, answer in strangers.items():
        said = hosts.stranger.run("join", head.address, *options, code=1, RAY_AUTH_TOKEN=wrong).stderr
        assert answer in said and len(said.splitlines()) <= 2
    if options:
        said = hosts.stranger.run("status", "--address", head.address, code=1, RAY_AUTH_TOKEN=token).stderr
        assert "speaks TLS only" in said
    else:
        said = hosts.stranger.run("join", head.address, "--tls", code=1, RAY_AUTH_TOKEN=token).stderr
        assert "does not speak TLS" in said
        connecting = f"from glowray import cluster; cluster.connect({head.address!r})"
        said = hosts.stranger.python(connecting, exit_code=1, RAY_AUTH_TOKEN=token)
        assert f"no node of the cluster at {head.address} runs on this machine" in said
    assert not hosts.stranger.records()
    assert (head.tls, worker.tls) == (bool(options), bool(options))


def test_the_ports_of_a_head_for_others_ask_for_the_token(hosts: Hosts) -> None:
    hosts.head.up("--host", HEAD)
    with working(hosts.head):
        found = ports_of(hosts.head, HEAD)
    for port in found:
        check(port)
    by_process: dict[str, set[str]] = {}
    for port in found:
        by_process.setdefault(port.process, set()).add(port.address)
    assert by_process == {
        "a worker": {"::"},
        "gcs_server": {"::"},
        "raylet": {"::"},
        "ray::DashboardAgent": {"::", HEAD, "127.0.0.1"},
        "ray::RuntimeEnvAgent": {HEAD},
        "dashboard.py": {"127.0.0.1"},
    }
