"""Test who may use a head and a joined worker, which run as real processes."""

from __future__ import annotations

import json
import platform
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.cluster.conftest import Pair
from tests.cluster.machine import DEADLINE, Machine

HERE = ".".join(platform.python_version_tuple()[:2])
pytestmark = pytest.mark.cluster

JOB = """
import sys

import ray

import beside

ray.init(logging_level="error")

@ray.remote(num_cpus=1)
def where():
    return ray.get_runtime_context().get_node_id()

on = ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy
nodes = [node["NodeID"] for node in ray.nodes() if node["Alive"]]
seen = [ray.get(where.options(scheduling_strategy=on(node, soft=False)).remote()) for node in nodes]
print("ran on", len(set(seen)), "nodes with", sys.argv[1:], beside.NAME, __name__)
sys.exit(7)
"""

DRIVER = """
import os, sys
from glowray import cluster
from glowray.cluster.host.environment import OURS

before = [os.environ.get(name) for name in OURS]
connection = cluster.connect(sys.argv[1] or None)
import ray

print(connection.address, ray.get(ray.remote(lambda: 6 * 7).remote()))
cluster.disconnect()
assert not ray.is_initialized() and [os.environ.get(name) for name in OURS] == before
"""

OF_THE_USER = """
import ray
from glowray import cluster
from glowray.cluster.host.environment import applied
from glowray.errors import ClusterError

access = cluster.find_access()
with applied(access.environment()):
    ray.init(address=access.address, logging_level="error")
    try:
        cluster.connect("192.0.2.9:6379")
    except ClusterError as error:
        print(error)
    connection = cluster.connect()
    assert connection.address == access.address and not connection.is_own
    assert cluster.connect() is connection is cluster.connection()
    cluster.disconnect()
    assert cluster.connection() is None and ray.is_initialized()
"""

WITHOUT_AUTHENTICATION = """
import sys
from ray._raylet import GcsClient

GcsClient(address=sys.argv[1])
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a script and a module beside it."""
    (tmp_path / "job.py").write_text(JOB)
    (tmp_path / "beside.py").write_text("NAME = 'the module beside it'")
    return tmp_path


def test_status_shows_both_nodes_with_their_resources(pair: Pair) -> None:
    shown = pair.head_machine.run("status").stdout
    assert f"head {pair.head.address} started here runs" in shown
    assert "1 of 1" in shown and "zone=north" in shown
    assert shown.count("alive") == 2
    assert pair.head.dashboard in shown


def test_status_from_the_worker_knows_the_head(pair: Pair) -> None:
    assert pair.worker_machine.run("status").stdout.count("alive") == 2


def test_a_job_runs_on_both_nodes_with_its_folder(pair: Pair, folder: Path) -> None:
    done = pair.worker_machine.run("run", "--address", pair.head.address, folder / "job.py", "a b", "--flag", code=7)
    assert "ran on 2 nodes with ['a b', '--flag'] the module beside it __main__" in done.stdout


def test_a_job_whose_folder_holds_the_temporary_files(pair: Pair, folder: Path) -> None:
    (folder / "tmp").mkdir()
    job = folder / "job.py"
    done = pair.head_machine.run("run", "--address", pair.head.address, job, code=7, TMPDIR=str(folder / "tmp"))
    assert "ran on 2 nodes" in done.stdout


def test_the_address_may_follow_the_script(pair: Pair, folder: Path) -> None:
    done = pair.head_machine.run("run", folder / "job.py", "x", "--address", pair.head.address, code=7)
    assert "ran on 2 nodes with ['x']" in done.stdout


def test_a_failing_script_shows_its_traceback(pair: Pair, tmp_path: Path) -> None:
    (tmp_path / "fails.py").write_text("raise LookupError('my own')")
    done = pair.head_machine.run("run", "--address", pair.head.address, tmp_path / "fails.py", code=1)
    assert "LookupError: my own" in done.stdout


@pytest.mark.parametrize("named", [True, False])
def test_a_driver_connects_and_leaves_no_trace_in_its_process(pair: Pair, named: bool) -> None:
    address = pair.head.address if named else ""
    assert pair.head_machine.python(DRIVER, address).split() == [pair.head.address, "42"]


def test_a_ray_of_the_users_own_is_used_and_never_stopped(pair: Pair) -> None:
    said = pair.head_machine.python(OF_THE_USER)
    assert f"Ray is connected to {pair.head.address} already, not to 192.0.2.9:6379" in said


def test_the_address_may_come_from_the_environment(pair: Pair, tmp_path: Path) -> None:
    stranger = Machine(tmp_path / "stranger")
    token_file = str(pair.head.token_file)
    seen = stranger.python(DRIVER, "", GLOWRAY_ADDRESS=pair.head.address, RAY_AUTH_TOKEN_PATH=token_file)
    assert seen.split() == [pair.head.address, "42"]


@pytest.mark.parametrize("command", [["status", "--address"], ["join"], ["dashboard", "--address"]])
def test_a_command_without_a_token_is_refused_with_one_line(pair: Pair, tmp_path: Path, command: list[str]) -> None:
    stranger = Machine(tmp_path / "stranger")
    done = stranger.run(*command, pair.head.address, code=1)
    assert done.stderr.splitlines()[0] == "Error: no token: every cluster asks for one"
    assert len(done.stderr.splitlines()) == 2 and done.stderr.splitlines()[1].startswith("Hint:")


@pytest.mark.parametrize("command", [["status", "--address"], ["join"], ["dashboard", "--address"]])
def test_a_command_with_a_wrong_token_is_refused_with_one_line(pair: Pair, tmp_path: Path, command: list[str]) -> None:
    stranger = Machine(tmp_path / "stranger")
    done = stranger.run(*command, pair.head.address, code=1, RAY_AUTH_TOKEN="f" * 64)
    assert done.stderr.splitlines()[0] == f"Error: the cluster at {pair.head.address} refused the token"
    assert not stranger.records()


def test_run_is_refused_without_the_token(pair: Pair, tmp_path: Path, folder: Path) -> None:
    stranger = Machine(tmp_path / "stranger")
    for token, line in {"": "Error: no token", "e" * 64: "refused the token"}.items():
        arguments = ("run", "--address", pair.head.address, folder / "job.py")
        assert line in stranger.run(*arguments, code=1, RAY_AUTH_TOKEN=token).stderr


def test_a_client_that_knows_nothing_of_glowray_is_refused(pair: Pair) -> None:
    for mode in ({"RAY_AUTH_MODE": "disabled"}, {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": "d" * 64}):
        said = pair.head_machine.python(WITHOUT_AUTHENTICATION, pair.head.address, exit_code=1, **mode)
        assert "AuthenticationError" in said


def test_the_dashboard_answers_with_the_token_only(pair: Pair) -> None:
    request = urllib.request.Request(f"{pair.head.dashboard}/api/version")
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(request, timeout=DEADLINE)
    request.add_header("Authorization", f"Bearer {pair.head_machine.token()}")
    with urllib.request.urlopen(request, timeout=DEADLINE) as answer:
        assert json.load(answer)["ray_version"]


def test_the_token_is_in_no_command_line_and_no_log(pair: Pair) -> None:
    token = pair.head_machine.token().encode()
    processes = pair.head_machine.processes() + pair.worker_machine.processes()
    assert len(processes) > 10
    for process in processes:
        assert token not in Path(f"/proc/{process.pid}/cmdline").read_bytes()
        assert token not in Path(f"/proc/{process.pid}/environ").read_bytes()
    places = [
        Path(pair.head.folder),
        Path(pair.worker.folder),
        Path(pair.head.log).parent,
        Path(pair.worker.log).parent,
    ]
    logs = [path for place in places for path in place.rglob("*") if path.is_file()]
    assert len(logs) > 10
    assert not [path for path in logs if token in path.read_bytes()]


def test_only_the_owner_can_enter_what_was_written(pair: Pair) -> None:
    for machine, node in ((pair.head_machine, pair.head), (pair.worker_machine, pair.worker)):
        assert Path(node.folder).stat().st_mode & 0o777 == 0o700
        assert Path(node.token_file).stat().st_mode & 0o777 == 0o600
        assert machine.glowray_home.stat().st_mode & 0o777 == 0o700
        for path in machine.glowray_home.glob("nodes/*.json"):
            assert path.stat().st_mode & 0o777 == 0o600


def test_a_second_head_of_one_user_is_refused(pair: Pair) -> None:
    done = pair.head_machine.run("up", "--port", 0, code=1)
    assert done.stderr.startswith(f"Error: a head runs here already, at {pair.head.address}\n")


def test_a_taken_port_is_named_before_anything_starts(pair: Pair, tmp_path: Path) -> None:
    other = Machine(tmp_path / "other")
    port = pair.head.address.split(":")[1]
    done = other.run("up", "--port", port, "--dashboard-port", 0, code=1)
    assert f"the head cannot listen on 127.0.0.1:{port}" in done.stderr and "--port, or 0" in done.stderr
    assert not other.records()
    dashboard = pair.head.dashboard.rpartition(":")[2]
    done = other.run("up", "--port", 0, "--dashboard-port", dashboard, code=1)
    assert "choose another --dashboard-port" in done.stderr


def test_the_dashboard_command_opens_a_browser(pair: Pair, tmp_path: Path) -> None:
    opened = tmp_path / "opened"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {opened}\n')
    browser.chmod(0o755)
    shown = pair.head_machine.run("dashboard", BROWSER=f"{browser} %s").stdout
    assert opened.read_text().strip() == pair.head.dashboard
    assert pair.head.dashboard in shown and pair.head.token_file in shown


def test_another_python_or_ray_cannot_join(pair: Pair, tmp_path: Path) -> None:
    other = Machine(tmp_path / "other")
    (tmp_path / "fake").mkdir()
    (tmp_path / "fake" / "sitecustomize.py").write_text("import platform\nplatform.python_version = lambda: '3.99.1'\n")
    path = f"{tmp_path / 'fake'}:{other.environment()['PYTHONPATH']}"
    done = other.run("join", pair.head.address, "--token-file", pair.head.token_file, code=1, PYTHONPATH=path)
    assert f"the head at {pair.head.address} and this machine differ: Python {HERE} there, 3.99 here" in done.stderr
    assert not other.records()
