"""Two machines without a shared disk: a file that one lacks is named before the first task."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cluster.machine import Machine

pytestmark = pytest.mark.cluster

JOB = """
import sys
import glowray as gr

folder, what = sys.argv[1:]
gr.connect()
flow = gr.Flow("job")
ran = gr.counter("ran")

def mark(line):
    ran.add(1)
    return line

try:
    if what == "input":
        print(flow.read_text(folder + "/a.txt", 4).map(mark).collect())
    elif what == "stdlib":
        print(len(flow.read_text("/etc/passwd", 4).map(mark).collect()) > 0)
    else:
        flow.from_items(range(8), 4).map(mark).write_text(folder + "/out")
except gr.GlowrayError as error:
    print(type(error).__name__, error, "· tasks:", flow.counters["ran"])
"""


def mounts() -> bool:
    """Return whether this process may hide a folder from a child."""
    return os.geteuid() == 0 and subprocess.run(["unshare", "--mount", "true"], capture_output=True).returncode == 0


@pytest.mark.skipif(not mounts(), reason="needs root, to give a process mounts of its own")
def test_files_that_a_node_lacks(new_machine: Callable[..., Machine], tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "a.txt").write_text("a\nb\n")
    hidden = ["unshare", "--mount", "sh", "-c", f'mount -t tmpfs none "{folder}" && exec "$@"', "sh"]
    heads, workers = new_machine("head"), new_machine("worker", hidden)
    workers.join(heads.up())
    error = heads.python(JOB, str(folder), "input")
    assert f'read_text("{folder}/a.txt"): "{folder}/a.txt" cannot be seen on the node ' in error
    assert "put it where every machine sees it" in error and "· tasks: 0" in error
    error = heads.python(JOB, str(folder), "output")
    assert f'"{folder}/out/_temporary-' in error and "cannot be seen on the node" in error and "· tasks: 0" in error
    assert not (folder / "out").exists()
    assert heads.python(JOB, str(folder), "stdlib") == "True\n"
