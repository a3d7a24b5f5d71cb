"""Scripts that a test runs as processes, signals, and waits for, without guessing how long they take."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PATIENCE = 300  # seconds; only a process that hangs takes this long
ROOT = Path(__file__).parents[2]


@dataclass
class Ended:
    """The exit of a script."""

    code: int
    output: str
    errors: str


def read(stream: int) -> bytes:
    """Return the next bytes; b"" after every writer has closed."""
    ready, _, _ = select.select([stream], [], [], PATIENCE)
    assert ready, "nothing came"
    return os.read(stream, 10_000)


@contextmanager
def heard(fifo: Path, driver: subprocess.Popen[bytes]) -> Iterator[int]:
    """Open a FIFO for reading after bytes were written to it. Fail if the driver ends instead."""
    stream, ended = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK), os.pidfd_open(driver.pid)
    try:
        ready, _, _ = select.select([stream, ended], [], [], PATIENCE)
        assert stream in ready, f"nothing was written; the driver's exit code is {driver.poll()}"
        yield stream
    finally:
        os.close(stream)
        os.close(ended)


def signalled(
    script: Path, arguments: Sequence[str], fifo: Path, number: signal.Signals, command: Sequence[str] = ()
) -> Ended:
    """Run a script, signal it after its tasks wrote to the FIFO, and wait for it and for all writers."""
    driver = subprocess.Popen(
        [*(command or [sys.executable]), str(script), str(fifo), *arguments],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "cli")])},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,  # only this process gets the signal
    )
    try:
        with heard(fifo, driver) as alive:
            read(alive)
            driver.send_signal(number)
            while read(alive):
                pass
            output, errors = driver.communicate(timeout=PATIENCE)
        return Ended(driver.returncode, output.decode(), errors.decode())
    finally:
        driver.kill()
        driver.wait()
