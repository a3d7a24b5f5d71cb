"""Test that Ctrl-C and SIGTERM end a job at once, in the driver and on workers, and undo its outputs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.engine.signals import PATIENCE, ROOT, heard, read, signalled

pytestmark = pytest.mark.process

ENGINES = ["inline", pytest.param("ray", marks=[pytest.mark.ray, pytest.mark.slow])]

CAUGHT = """
import os, sys, time
import glowray as gr

def hang(n):
    with open(sys_argv[1], "w") as fifo:
        fifo.write(f"{os.getpid()}\\n")
        fifo.flush()
        time.sleep(600)

sys_argv = sys.argv
flow = gr.Flow(engine=sys.argv[2])
try:
    flow.from_range(2, partitions=2).map(hang).collect()
except KeyboardInterrupt:
    print("interrupted", flush=True)
print(flow.from_range(4, partitions=2).map(lambda n: n + 1).collect(), flush=True)
sys.stdin.readline()
"""

WRITING = """
import sys, time
import glowray as gr

def hang(n):
    with open(sys_argv[1], "w") as fifo:
        fifo.write("begun")
        fifo.flush()
        time.sleep(600)

sys_argv = sys.argv
print("first line")
gr.Flow(engine=sys.argv[2]).from_range(2, partitions=2).map(hang).write_text(sys.argv[3])
"""


def read_line(stream: int) -> bytes:
    """Return the next line, which may arrive in several pieces."""
    line = b""
    while not line.endswith(b"\n") and (piece := read(stream)):
        line += piece
    return line.splitlines(keepends=True)[0]


@pytest.fixture
def fifo(tmp_path: Path) -> Path:
    path = tmp_path / "alive"
    os.mkfifo(path)
    return path


@pytest.mark.parametrize("kind", ENGINES)
def test_ctrl_c_that_is_caught(kind: str, fifo: Path, tmp_path: Path) -> None:
    script = tmp_path / "job.py"
    script.write_text(CAUGHT)
    driver = subprocess.Popen(
        [sys.executable, str(script), str(fifo), kind],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,  # only this process gets Ctrl-C
    )
    try:
        assert driver.stdin is not None
        assert driver.stdout is not None
        with heard(fifo, driver) as alive:
            read(alive)
            driver.send_signal(signal.SIGINT)
            assert read_line(driver.stdout.fileno()) == b"interrupted\n"
            while read(alive):
                pass  # the other worker's line; then all functions have ended, while the driver still runs
        assert driver.poll() is None
        driver.communicate(b"\n", timeout=PATIENCE)
        assert driver.returncode == 0
    finally:
        driver.kill()
        driver.wait()


@pytest.mark.parametrize("kind", ENGINES)
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, -signal.SIGINT), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_job_and_leaves_no_output(
    kind: str, number: signal.Signals, code: int, fifo: Path, tmp_path: Path
) -> None:
    script, folder = tmp_path / "job.py", tmp_path / "out"
    script.write_text(WRITING)
    ended = signalled(script, [kind, str(folder)], fifo, number)
    assert ended.code == code, ended.errors
    assert ended.output == "first line\n"  # buffered output of Python is not lost
    assert not folder.exists()
    assert ("KeyboardInterrupt" in ended.errors) == (number == signal.SIGINT)
    assert "glowray/kernels" not in ended.errors
    assert "SIGTERM" not in ended.errors


def test_glowray_run_says_in_one_line_that_it_was_interrupted(fifo: Path, tmp_path: Path) -> None:
    script, folder = tmp_path / "job.py", tmp_path / "out"
    script.write_text(WRITING)
    command = [sys.executable, "-c", "from glowray_cli.main import app; app()", "run"]
    ended = signalled(script, ["inline", str(folder)], fifo, signal.SIGINT, command)
    assert (ended.code, ended.errors) == (-signal.SIGINT, "Interrupted\n")
    assert not folder.exists()
    ended = signalled(script, ["inline", str(folder)], fifo, signal.SIGINT, [*command, "--debug"])
    assert ended.code == -signal.SIGINT
    assert "Traceback" in ended.errors
