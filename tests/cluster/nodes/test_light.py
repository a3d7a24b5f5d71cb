"""Test a head without a dashboard: jobs run on it, and what needs the dashboard says so."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cluster.machine import Machine
from tests.cluster.test_listening import check, ports_of, working

pytestmark = pytest.mark.cluster

JOB = """
import glowray as gr

rows = gr.Flow(engine="ray", progress=False).from_range(10, partitions=2).map(lambda n: n + 1)
print(rows.sum())
"""
REFUSED = "Error: the cluster has no dashboard, through which jobs go too\nHint:"


@pytest.mark.parametrize("options", [[], ["--tls"]], ids=["plain", "tls"])
def test_a_light_head_runs_jobs_and_has_no_dashboard(machine: Machine, options: list[str]) -> None:
    head = machine.up("--light", *options)
    assert head.is_ready and not head.dashboard
    assert machine.python(JOB, GLOWRAY_ADDRESS=head.address) == "55\n"
    with working(machine):
        ports = ports_of(machine, "127.0.0.1")
    assert {port.process for port in ports} >= {"gcs_server", "raylet", "a worker"}
    assert "dashboard.py" not in {port.process for port in ports}
    if not options:
        for port in ports:
            check(port)
    assert "dashboard none, as the head is light" in machine.run("status").stdout
    assert json.loads(machine.run("status", "--json").stdout)["cluster"]["dashboard"] is None


def test_commands_that_need_the_dashboard_say_so(machine: Machine) -> None:
    head = machine.up("--light")
    script = Path(machine.folder, "job.py")
    script.write_text(JOB)
    assert machine.run("run", "--address", head.address, script, code=1).stderr.startswith(REFUSED)
    assert machine.run("dashboard", code=1).stderr.startswith(REFUSED)
