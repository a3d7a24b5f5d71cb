"""Processes by pid and start time, so that no signal goes to another program that has got the same pid.

Signals go through pidfds. The descriptor is opened first, then the start time is compared. So the process cannot
become another one between the check and the signal. Linux only, as Ray's clusters are.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

START_FIELD = 19  # in /proc/PID/stat, counted after the command, which may contain spaces and parentheses
PARENT_FIELD = 1
ZOMBIE = "Z"
KILLED_SECONDS = 10.0  # how long a killed process may take to leave the kernel


@dataclass(frozen=True)
class Process:
    """One process. `started` is in clock ticks since the boot whose id is `boot`."""

    pid: int
    started: int
    boot: str

    @classmethod
    def of(cls, pid: int) -> Process | None:
        """Return the process that has this pid now, or None."""
        fields = _stat(pid)
        return None if fields is None else cls(pid, int(fields[START_FIELD]), boot_id())

    def is_alive(self) -> bool:
        """Return whether this very process still runs. A zombie does not."""
        fields = _stat(self.pid)
        return fields is not None and fields[0] != ZOMBIE and Process.of(self.pid) == self


def boot_id() -> str:
    """Return the id of this boot of the machine; start times begin anew with each boot."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def children(pid: int) -> set[int]:
    """Return the pids of the children of one process, zombies included."""
    return set(_families().get(pid, []))


def descendants(roots: Iterable[Process]) -> list[Process]:
    """Return the living processes among `roots` and all below them, parents first."""
    families = _families()
    found: dict[int, Process] = {}
    waiting = [root.pid for root in roots if root.is_alive()]
    for pid in waiting:
        process = Process.of(pid)
        if process is not None and pid not in found:
            found[pid] = process
            waiting.extend(families.get(pid, []))
    return list(found.values())


def marked(name: str, value: str) -> list[Process]:
    """Return the living processes that started with `name`=`value` in their environment, whoever their parent is."""
    wanted = f"{name}={value}".encode()
    found = []
    for pid in _all_pids():
        try:
            entries = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
        except OSError:  # the process has ended, or is another user's
            continue
        process = Process.of(pid)
        if wanted in entries and process is not None:
            found.append(process)
    return found


def end(processes: Iterable[Process], grace: float, ask: Iterable[Process] | None = None) -> list[Process]:
    """Ask `ask` (None: all of them) to end, wait up to `grace` seconds for all, and kill the rest.

    Return the processes that had to be killed.
    """
    wanted = list(processes)
    with contextlib.ExitStack() as stack:
        open_ones: dict[Process, int] = {}
        for process in wanted:
            descriptor = _pidfd(process)
            if descriptor is not None:
                open_ones[process] = descriptor
                stack.callback(os.close, descriptor)
        for process in wanted if ask is None else ask:
            if process in open_ones:
                _signal(open_ones[process], signal.SIGTERM)
        left = _wait(open_ones, grace)
        for left_over in left.values():
            _signal(left_over, signal.SIGKILL)
        _wait(left, KILLED_SECONDS)
        return list(left)


def wait(process: Process, seconds: float | None = None) -> bool:
    """Wait at most `seconds` until the process has ended (None: for ever); return whether it has."""
    descriptor = _pidfd(process)
    if descriptor is None:
        return True
    try:
        return not _wait({process: descriptor}, seconds)
    finally:
        os.close(descriptor)


def _wait(open_ones: dict[Process, int], seconds: float | None) -> dict[Process, int]:
    """Wait until all have ended; return the processes that still run after `seconds`."""
    deadline = None if seconds is None else time.monotonic() + seconds
    left = dict(open_ones)
    poll = select.poll()
    for descriptor in left.values():
        poll.register(descriptor, select.POLLIN)
    while left:
        remaining = None if deadline is None else max(0.0, deadline - time.monotonic())
        ended = {descriptor for descriptor, _ in poll.poll(None if remaining is None else remaining * 1000)}
        if not ended:
            break
        for descriptor in ended:
            poll.unregister(descriptor)
        left = {process: descriptor for process, descriptor in left.items() if descriptor not in ended}
    return left


def _pidfd(process: Process) -> int | None:
    """Return a descriptor of this very process, or None if it has ended."""
    try:
        descriptor = os.pidfd_open(process.pid)
    except ProcessLookupError:
        return None
    if process.is_alive():
        return descriptor
    os.close(descriptor)
    return None


def _signal(descriptor: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        signal.pidfd_send_signal(descriptor, number)


def _stat(pid: int) -> list[str] | None:
    """Return the fields of /proc/PID/stat after the command name: state, parent, …; None if it has ended."""
    try:
        # Read bytes: the kernel cuts a command's name after 15 of them, even in the middle of a character.
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].decode().split()
    except (FileNotFoundError, ProcessLookupError):
        return None


def _families() -> dict[int, list[int]]:
    """Return the pids of the children of every process, by the parent's pid."""
    found: dict[int, list[int]] = {}
    for pid in _all_pids():
        fields = _stat(pid)
        if fields is not None:
            found.setdefault(int(fields[PARENT_FIELD]), []).append(pid)
    return found


def _all_pids() -> Iterator[int]:
    return (int(entry) for entry in os.listdir("/proc") if entry.isdigit())
