"""Test that every port of a head and a worker asks for the token, or is on a list with its open answers."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cluster import listening
from tests.cluster.conftest import Pair
from tests.cluster.machine import Machine

pytestmark = pytest.mark.cluster

GRPC_ANSWERS = {
    f"{listening.HEALTH} OK",  # says that the server serves
    f"{listening.REFLECTION} OK",  # lists the names of its services
}
# Requests that are answered without a token, by process. No answer shows data of the cluster or changes it.
OPEN = {
    "dashboard.py": {
        "GET /",  # the page, which then asks for the token
        "GET /api/authentication_mode",  # says that there is a token
        "GET /api/gcs_healthz",  # "success"
    },
    "ray::DashboardAgent": {
        "GET /api/healthz",  # "success" for the raylet and the GCS
        "GET /api/local_raylet_healthz",  # "success"
    },
    "ray::RuntimeEnvAgent": set(),
}
EVERYWHERE = {"gcs_server", "raylet", "dashboard.py", "ray::DashboardAgent", "ray::RuntimeEnvAgent", "a worker"}
WORK = """
import sys

from glowray import cluster

cluster.connect()
import ray

ray.get(ray.remote(lambda: None).remote())
print("a worker listens", flush=True)
sys.stdin.read()
"""


def ports_of(machine: Machine, address: str) -> list[listening.Port]:
    """Return the ports of a machine, as a client without the token finds them."""
    script = Path(listening.__file__)
    text = machine.python(f"import runpy; runpy.run_path({str(script)!r}, run_name='__main__')", address)
    return [listening.Port(**port) for port in json.loads(text)]


@contextmanager
def working(machine: Machine) -> Iterator[None]:
    """Keep a driver with a worker process running."""
    command = [*machine.prefix, sys.executable, "-c", WORK]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=machine.environment()
    ) as driver:
        assert driver.stdout is not None and "listens" in driver.stdout.readline()
        yield
        driver.communicate()


def check(port: listening.Port) -> None:
    """Check that a port asks for the token, except for the listed requests."""
    allowed = OPEN[port.process] if port.protocol == "http" else GRPC_ANSWERS
    assert set(port.open) <= allowed, port
    assert port.refused >= 1, port


def test_every_port_asks_for_the_token_and_stays_on_this_machine(pair: Pair) -> None:
    with working(pair.head_machine):
        machines = (pair.head_machine, pair.worker_machine)
        found = [port for machine in machines for port in ports_of(machine, "127.0.0.1")]
    assert {port.process for port in found} == EVERYWHERE
    for port in found:
        check(port)
        assert port.address == "127.0.0.1", port
