"""Ctrl-C ends a job where it is: in the driver at once, and on the workers too."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

pytestmark = pytest.mark.process

SCRIPT = """
import os, sys, time
import glowray as gr

def hang(n):
    with open(sys_argv[1], "w") as fifo:
        fifo.write(f"{os.getpid()}\\n")
        fifo.flush()
        while True:
            time.sleep(0.02)

sys_argv = sys.argv
flow = gr.Flow(engine=sys.argv[2])
try:
    flow.from_range(2, partitions=2).map(hang).collect()
except KeyboardInterrupt:
    print("interrupted", flush=True)
print(flow.from_range(4, partitions=2).map(lambda n: n + 1).collect(), flush=True)
sys.stdin.readline()
"""
PATIENCE = 300  # only what hangs takes as long, on any machine


def read_line(stream: int) -> bytes:
    """The next line, however many pieces it comes in."""
    line = b""
    while not line.endswith(b"\n") and (piece := read(stream)):
        line += piece
    return line.splitlines(keepends=True)[0]


def read(stream: int) -> bytes:
    """What comes next; b"" once every writer is gone."""
    ready, _, _ = select.select([stream], [], [], PATIENCE)
    assert ready, "nothing came"
    return os.read(stream, 10_000)


@contextmanager
def heard(fifo: Path, driver: subprocess.Popen[bytes]) -> Iterator[int]:
    """The end of a FIFO to read from, once something was written to it; a driver that ended instead is a failure."""
    stream, ended = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK), os.pidfd_open(driver.pid)
    try:
        ready, _, _ = select.select([stream, ended], [], [], PATIENCE)
        assert stream in ready, f"nothing was written; the driver's exit code is {driver.poll()}"
        yield stream
    finally:
        os.close(stream)
        os.close(ended)


@pytest.mark.parametrize("kind", ["inline", pytest.param("ray", marks=[pytest.mark.ray, pytest.mark.slow])])
def test_ctrl_c(kind: str, tmp_path: Path) -> None:
    fifo, script = tmp_path / "alive", tmp_path / "job.py"
    os.mkfifo(fifo)
    script.write_text(SCRIPT)
    root = Path(__file__).parents[2]
    driver = subprocess.Popen(
        [sys.executable, str(script), str(fifo), kind],
        env={**os.environ, "PYTHONPATH": str(root)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is for this process alone
    )
    try:
        assert driver.stdin is not None
        assert driver.stdout is not None
        with heard(fifo, driver) as alive:
            read(alive)
            driver.send_signal(signal.SIGINT)
            assert read_line(driver.stdout.fileno()) == b"interrupted\n"
            while read(alive):
                pass  # the other worker's line; then the functions have ended, while the driver lives
        assert driver.poll() is None
        driver.communicate(b"\n", timeout=PATIENCE)
        assert driver.returncode == 0
    finally:
        driver.kill()
        driver.wait()


def test_ctrl_c_that_nobody_catches(tmp_path: Path) -> None:
    fifo, script = tmp_path / "alive", tmp_path / "job.py"
    os.mkfifo(fifo)
    script.write_text(SCRIPT.replace("except KeyboardInterrupt:", "except ZeroDivisionError:"))
    driver = subprocess.Popen(
        [sys.executable, str(script), str(fifo), "inline"],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        with heard(fifo, driver) as alive:
            read(alive)
            driver.send_signal(signal.SIGINT)
            _, errors = driver.communicate(timeout=PATIENCE)
        assert driver.returncode == -signal.SIGINT
        assert b"KeyboardInterrupt" in errors
        assert b"glowray/kernels" not in errors
    finally:
        driver.kill()
        driver.wait()
