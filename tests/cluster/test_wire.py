"""Test what the network shows: with --tls neither token, code nor rows; without it, all of them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cluster import capture
from tests.cluster.machine import Machine
from tests.cluster.test_namespaces import HEAD, Hosts, hosts, network  # noqa: F401

pytestmark = pytest.mark.cluster

SCRIPT = """
import glowray as gr

NAME = "text-of-the-script"
print(NAME.upper(), gr.from_range(8, partitions=4).map(lambda n: (n % 2, n)).reduce_by_key(max).count())
"""
DRIVER = """
import glowray as gr

gr.connect()
import ray

on = ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy
for node in ray.nodes():
    there = ray.remote(lambda text: text.upper()).options(scheduling_strategy=on(node["NodeID"], soft=False))
    assert ray.get(there.remote("row-of-the-driver" * 100_000)).startswith("ROW-OF-THE-DRIVER")
"""
WARNING = "Warning: the token, code and rows travel unencrypted between machines; add --tls"


@contextmanager
def captured(machine: Machine, frames: Path) -> Iterator[None]:
    """Write the frames that pass a machine's cable into a file, as long as the context is open."""
    command = [*machine.prefix, sys.executable, capture.__file__, "eth0", str(frames)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None and process.stdout.readline() == "captures\n"
            yield
        finally:
            process.communicate()
    assert process.returncode == 0, "frames were lost"


@pytest.mark.parametrize("options", [(), ("--tls",)], ids=["plain", "tls"])
def test_the_network_sees_nothing_secret_with_tls(hosts: Hosts, tmp_path: Path, options: tuple[str, ...]) -> None:  # noqa: F811
    script, lines = tmp_path / "scripts" / "script.py", tmp_path / "lines"
    script.parent.mkdir()
    script.write_text(SCRIPT)
    lines.write_text("line-of-the-channel\n")
    with captured(hosts.head, tmp_path / "head.frames"), captured(hosts.worker, tmp_path / "worker.frames"):
        started = hosts.head.start(
            "up",
            "--port",
            0,
            "--dashboard-port",
            0,
            "--num-cpus",
            1,
            "--host",
            HEAD,
            "--dashboard-host",
            HEAD,
            *options,
        )
        head, token = hosts.head.record("head"), hosts.head.token()
        assert (WARNING in started.stderr) == (not options)
        hosts.worker.start("join", head.address, "--num-cpus", 1, *options, stdin=f"{token}\n")
        there = ("--address", head.address, *options)
        assert "alive" in hosts.stranger.run("status", *there, RAY_AUTH_TOKEN=token).stdout
        said = hosts.stranger.run("run", *there, script, RAY_AUTH_TOKEN=token).stdout
        assert "TEXT-OF-THE-SCRIPT 2" in said
        hosts.worker.python(DRIVER)
        hosts.worker.run("send", "talk", "--file", lines)
        assert hosts.head.run("receive", "talk").stdout == lines.read_text()
        opened = hosts.stranger.run("dashboard", *there, RAY_AUTH_TOKEN=token, BROWSER="true %s").stdout
        assert head.dashboard in opened and head.dashboard.startswith("https://" if options else "http://")
        if options:
            shown = next(line for line in started.stdout.splitlines() if "certificate" in line).split()[-1]
            assert shown in opened
            said = hosts.stranger.run("status", "--address", head.address, code=1, RAY_AUTH_TOKEN=token).stderr
            assert "speaks TLS only" in said
            check_no_secret_is_kept(hosts.head, token)
    seen = (tmp_path / "head.frames").read_bytes() + (tmp_path / "worker.frames").read_bytes()
    secrets = [token, "text-of-the-script", "TEXT-OF-THE-SCRIPT", "row-of-the-driver", "line-of-the-channel"]
    assert [secret for secret in secrets if secret.encode() in seen] == ([] if options else secrets)


def check_no_secret_is_kept(machine: Machine, token: str) -> None:
    """Check that the token is in no command line, environment, log or record of a head, and the CA key in no file."""
    processes = machine.processes()
    assert len(processes) > 5
    for process in processes:
        for what in ("cmdline", "environ"):
            assert token.encode() not in Path(f"/proc/{process.pid}/{what}").read_bytes()
    record = machine.record("head")
    places = [Path(record.folder), machine.glowray_home]
    files = [path for place in places for path in place.rglob("*") if path.is_file()]
    assert len(files) > 10
    assert [path for path in files if token.encode() in path.read_bytes()] == [machine.glowray_home / "token"]
    keys = [path for path in files if b"PRIVATE KEY" in path.read_bytes()]
    assert keys == [record.certificates / "node.key"] and keys[0].stat().st_mode & 0o777 == 0o600
    for path in machine.glowray_home.glob("nodes/*.json"):
        assert path.stat().st_mode & 0o777 == 0o600
