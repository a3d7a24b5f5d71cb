"""Test that processes are known by pid and start time, and that no other process gets a signal."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence

import pytest

from glowray.cluster.host.processes import Process, descendants, end, marked, wait

IDLE = "import sys; print('ready', flush=True); sys.stdin.read()"
DEAF = "import signal, sys; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); sys.stdin.read()"
PARENT = f"""
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", {IDLE!r}], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
child.stdout.readline()
print(child.pid, flush=True)
sys.stdin.read()
"""


class Started:
    """A starter of Python programs, which ends them after the test."""

    def __init__(self) -> None:
        self.running: list[subprocess.Popen[str]] = []

    def __call__(self, code: str, pass_fds: Sequence[int] = (), **environment: str) -> tuple[Process, str]:
        """Start a program. Return it and the first line that it prints."""
        command = subprocess.Popen(
            [sys.executable, "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=dict(os.environ) | environment,
            pass_fds=pass_fds,
        )
        self.running.append(command)
        assert command.stdout is not None
        line = command.stdout.readline().strip()
        process = Process.of(command.pid)
        assert process is not None
        return process, line


@pytest.fixture
def start() -> Iterator[Started]:
    started = Started()
    yield started
    for command in started.running:
        command.kill()
        command.communicate()


def test_a_process_is_alive_until_it_ends(start: Started) -> None:
    process, _ = start(IDLE)
    assert process.is_alive()
    assert end([process], 60) == []
    assert not process.is_alive()
    assert wait(process)


def test_a_process_that_does_not_listen_is_killed(start: Started) -> None:
    process, _ = start(DEAF)
    assert end([process], 0.0) == [process]
    assert not process.is_alive()


def test_another_process_with_the_same_pid_is_left_alone(start: Started) -> None:
    now, _ = start(IDLE)
    earlier = Process(now.pid, now.started - 1, now.boot)
    last_boot = Process(now.pid, now.started, "another boot")
    assert not earlier.is_alive() and not last_boot.is_alive()
    assert end([earlier, last_boot], 0.0) == []
    assert wait(earlier) and descendants([earlier]) == []
    assert now.is_alive()


def test_descendants_are_found_with_their_parents_first(start: Started) -> None:
    parent, child_pid = start(PARENT)
    child = Process.of(int(child_pid))
    assert child is not None
    assert descendants([parent]) == [parent, child]
    assert end(descendants([parent]), 60) == []
    assert not child.is_alive()


def test_only_those_asked_get_the_first_signal(start: Started) -> None:
    other, _ = start(IDLE)
    waiting = start.running[-1]
    assert waiting.stdin is not None
    asked, _ = start(IDLE, pass_fds=[waiting.stdin.fileno()])
    waiting.stdin.close()
    waiting.stdin = None  # now only `asked` holds the pipe open, so `other` ends when `asked` has ended
    assert end([asked, other], 60, ask=[asked]) == []
    assert waiting.wait() == 0


def test_a_mark_in_the_environment_finds_exactly_its_processes(start: Started) -> None:
    mine, _ = start(IDLE, GLOWRAY_TEST_MARK="one")
    start(IDLE, GLOWRAY_TEST_MARK="one more")
    assert marked("GLOWRAY_TEST_MARK", "one") == [mine]


def test_waiting_is_bounded(start: Started) -> None:
    process, _ = start(IDLE)
    assert not wait(process, 0.0)


def test_a_pid_that_nobody_has() -> None:
    command = subprocess.Popen([sys.executable, "-c", ""])
    process = Process.of(command.pid)
    command.wait()
    assert Process.of(command.pid) is None
    assert process is None or not process.is_alive()


@pytest.mark.parametrize("name", [b"a) S 1 2 (b", b"fourteen bytes\xc2\xb7", b"\xff\xfe", b"two\nlines"])
def test_the_name_of_a_command_does_not_matter(start: Started, name: bytes) -> None:
    process, _ = start(f"import ctypes; ctypes.CDLL(None).prctl(15, {name!r}, 0, 0, 0)\n{IDLE}")
    assert process.is_alive() and process in descendants([process])
    assert end([process], 60) == []
