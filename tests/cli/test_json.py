"""--json: one object on standard output, of the shape that docs/command-line.md describes."""

from __future__ import annotations

import json
import re
import signal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from glowray.cluster import ClusterStatus, NodeStatus
from glowray_cli import records
from tests.cluster.machine import Machine

DOCUMENT = Path(__file__).parents[2] / "docs" / "command-line.md"
WORDS = """\
import sys
import glowray as gr

pairs = gr.Flow("words", engine="inline").from_items(sys.argv[1:]).map(lambda word: (word, 1))
print(pairs.reduce_by_key(lambda a, b: a + b).collect())
"""

pytestmark = pytest.mark.process


def shape(value: Any) -> Any:
    """Return a value with its kind in place of every leaf, and the first item in place of a list."""
    if isinstance(value, dict):
        return {name: shape(item) for name, item in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__


def documented(command: str) -> Any:
    """Return the object that the document shows for a command."""
    text = DOCUMENT.read_text().partition(f"### `glowray {command}")[2]
    found = re.search(r"```json\n(.*?)```", text, re.DOTALL)
    assert found, command
    return json.loads(found[1])


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "words.py"
    path.write_text(WORDS)
    return path


def test_explain(machine: Machine, script: Path) -> None:
    said = json.loads(machine.run("explain", "--json", script, "--", "a", "b", "a").stdout)
    assert shape(said) == shape(documented("explain"))
    assert said["name"] == "words" and said["engine"] == {"kind": "inline", "reason": "asked for"}
    assert said["plan"][0] == "from_items(3 rows)" and [stage["number"] for stage in said["stages"]] == [1, 2]
    assert said["stages"][1]["reads"] == [{"stage": 1, "moves": "shuffle"}]
    assert {function["level"] for function in said["functions"]} <= {"arrow", "fused", "python"}


def test_run(machine: Machine, script: Path) -> None:
    done = machine.run("run", "--json", script, "a", "b", "a")
    said, wanted = json.loads(done.stdout), documented("run")
    (action,) = said.pop("actions")
    assert wanted.pop("actions")[0].items() <= action.items()
    assert [stage["rows_in"] for stage in action["stages"]] == [3, 3]
    assert shape(said) == shape(wanted)
    assert said["arguments"] == ["a", "b", "a"] and said["exit_code"] == 0 and said["address"] is None
    assert "('a', 2)" in done.stderr, "what the script prints is not lost"


@pytest.mark.parametrize(
    ("code", "exits"),
    [
        ("import sys; sys.exit(7)", 7),
        ("1 / 0", 1),
        ("import os, signal; os.kill(os.getpid(), signal.SIGTERM)", 128 + signal.SIGTERM),
    ],
)
def test_run_of_a_script_that_fails(machine: Machine, tmp_path: Path, code: str, exits: int) -> None:
    path = tmp_path / "fails.py"
    path.write_text(code)
    assert json.loads(machine.run("run", "--json", path, code=exits).stdout)["exit_code"] == exits


def test_status_of_nothing(machine: Machine) -> None:
    done = machine.run("status", "--json", code=1)
    assert json.loads(done.stdout) == {"native": "compiled", "here": [], "cluster": None}
    assert done.stderr.startswith("Error: no cluster is named")


def test_status() -> None:
    """Return the shape alone: clusters that run are asked in tests/cluster."""
    total = {"CPU": 8.0, "memory": 2.0**34, "object_store_memory": 2.0**33}
    node = NodeStatus("192.0.2.1", "head", True, True, total, {"CPU": 6.0}, {"zone": "north"})
    versions: Any = SimpleNamespace(python="3.11.7", ray="2.60.0", glowray="0.1.0")
    cluster = ClusterStatus("192.0.2.1:6379", "http://192.0.2.1:8265", versions, (node,))
    state = {"is_alive": True, "trouble": "", "is_whole": True}
    here: Any = SimpleNamespace(kind="head", address="192.0.2.1:6379", dashboard="x", token_file="t", log="l", **state)
    said = json.loads(json.dumps(records.status_record([here], cluster)))
    assert shape(said) == shape(documented("status"))
    assert said["cluster"]["nodes"][0]["cpus"] == {"free": 6.0, "total": 8.0}
