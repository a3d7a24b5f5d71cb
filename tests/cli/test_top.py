"""`glowray top`: a table that fits every terminal, one table in a pipe, and JSON as the document shows it."""

from __future__ import annotations

import json
import os
import pty
import select
import sys
from pathlib import Path

import pytest
from rich.cells import cell_len

from glowray.cluster import ClusterStatus, NodeStatus
from glowray.cluster.client.versions import Versions
from glowray.watch.journal.status import RunStatus
from glowray.watch.table.cell_text import signs_for
from glowray_cli.records import cluster_record
from glowray_cli.top_view import View, top_lines
from tests.cli.test_json import documented, shape
from tests.cluster.machine import Machine

NODES = [
    NodeStatus(f"192.0.2.{n}", f"node{n}", n == 1, n < 3, {"CPU": 8.0}, {"CPU": 2.0}, {"zone": "north"})
    for n in range(1, 4)
]
CLUSTER = ClusterStatus("192.0.2.1:6379", "http://192.0.2.1:8265", Versions("3.12", "2.60.0", "0.1.0"), tuple(NODES))


def run(name: str, **more: object) -> RunStatus:
    values = {
        "run": "1", "time": 1000.0, "name": name, "engine": "ray", "host": "node1", "pid": 12345, "script": "orders.py",
        "began": 925.0, "stage": "2 merge→sort", "stages": 6, "done": 3, "tasks": 200, "rows": 12_345_678,
        "rate": 250_000.0, "memory": 2**30, "free": 2**33, "spill": 5 * 2**20, "announced": "",
    }  # fmt: skip
    return RunStatus(**{**values, **more})  # type: ignore[arg-type]


RUNS = [
    run("daily orders"),
    run("注文の集計 " * 9),
    run("a\x1b[31m\nname"),
    run("waits", stage="", announced="starting Ray…"),
]


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
@pytest.mark.parametrize("width", [20, 60, 80, 200])
@pytest.mark.parametrize(
    "view", [View(None, []), View(None, RUNS), View(CLUSTER, RUNS), View(CLUSTER, [], "lost " * 50)]
)
def test_no_line_is_wider_than_the_terminal(view: View, width: int, encoding: str) -> None:
    lines = [line.plain for line in top_lines(view, 1003.0, width, signs_for(encoding))]
    assert max(map(cell_len, lines)) <= width
    assert all(line.isprintable() for line in lines)
    "\n".join(lines).encode(encoding)


def test_what_a_wide_terminal_shows() -> None:
    text = "\n".join(line.plain for line in top_lines(View(CLUSTER, RUNS[:1]), 1003.0, 200, signs_for("utf-8")))
    for shown in (
        "daily orders",
        "2 of 6 merge→sort",
        "3/200",
        "12.3M",
        "250.0k",
        "5.0 MiB",
        "1:15",
        "192.0.2.3",
        "gone",
    ):
        assert shown in text
    assert "silent" not in text


def test_a_driver_that_is_silent_stands_out() -> None:
    text = "\n".join(line.plain for line in top_lines(View(None, RUNS[:1]), 1042.0, 80, signs_for("utf-8")))
    assert "silent 0:42" in text


@pytest.mark.parametrize("cluster", [None, CLUSTER])
def test_json_is_as_documented(cluster: ClusterStatus | None) -> None:
    wanted = documented("top --json")
    given = {"cluster": cluster and cluster_record(cluster), "runs": [json.loads(json.dumps(RUNS[0].to_line()))]}
    del given["runs"][0]["event"]
    assert shape(given["runs"]) == shape(wanted["runs"])
    assert wanted["cluster"] is None


@pytest.mark.process
def test_a_pipe_gets_one_table_and_no_escapes(machine: Machine) -> None:
    shown = machine.run("top").stdout
    assert "no job runs" in shown and "\x1b" not in shown and "q leaves" not in shown
    assert json.loads(machine.run("top", "--json").stdout) == {"cluster": None, "runs": []}


@pytest.mark.process
@pytest.mark.parametrize("key", [b"q", b"\x03"])
def test_a_key_leaves_and_the_terminal_is_as_before(key: bytes, tmp_path: Path) -> None:
    machine = Machine(tmp_path / "machine")
    child, terminal = pty.fork()
    if child == 0:
        os.execve(sys.executable, machine.command("top"), machine.environment(TERM="xterm"))
    seen, is_sent = b"", False
    while select.select([terminal], [], [], 60)[0]:
        try:
            part = os.read(terminal, 4096)
        except OSError:  # The child has closed the terminal.
            break
        seen += part
        if not part:
            break
        if b"q leaves" in seen and not is_sent:
            os.write(terminal, key)
            is_sent = True
    _, status = os.waitpid(child, 0)
    os.close(terminal)
    assert os.waitstatus_to_exitcode(status) in ((0,) if key == b"q" else (0, 1, 130))
    assert b"\x1b[?1049l" in seen, "the screen from before is shown again"
    assert b"Traceback" not in seen
