"""Processes by pid and start time, so that a pid which was given to another program is never signalled.

Signals go through pidfds: the descriptor is opened first and the start time compared afterwards, so between the check
and the signal the process cannot become another one. Linux only, as Ray's clusters are.
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

START_FIELD = 19  # of /proc/PID/stat after the command, which itself may hold spaces and parentheses
PARENT_FIELD = 1
ZOMBIE = "Z"
KILLED_SECONDS = 10.0  # a killed process only has to leave what it does in the kernel


@dataclass(frozen=True)
class Process:
    """A process for as long as it lives: `started` is in clock ticks since `boot`, the machine's boot id."""

    pid: int
    started: int
    boot: str

    @classmethod
    def of(cls, pid: int) -> Process | None:
        """The process that has this pid now, if there is one."""
        fields = _stat(pid)
        return None if fields is None else cls(pid, int(fields[START_FIELD]), boot_id())

    def is_alive(self) -> bool:
        """Whether this very process still runs (one that only waits to be reaped does not)."""
        fields = _stat(self.pid)
        return fields is not None and fields[0] != ZOMBIE and Process.of(self.pid) == self


def boot_id() -> str:
    """Tells one boot of this machine from the next: start times begin anew with each."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def children(pid: int) -> set[int]:
    """The pids below one process, of those too that only wait to be reaped."""
    return set(_families().get(pid, []))


def descendants(roots: Iterable[Process]) -> list[Process]:
    """The living processes of `roots` and all below them, parents first."""
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
    """The living processes that began with `name`=`value` in their environment, whoever is their parent by now."""
    wanted = f"{name}={value}".encode()
    found = []
    for pid in _all_pids():
        try:
            entries = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
        except OSError:  # it has ended, or is another user's
            continue
        process = Process.of(pid)
        if wanted in entries and process is not None:
            found.append(process)
    return found


def end(processes: Iterable[Process], grace: float, ask: Iterable[Process] | None = None) -> list[Process]:
    """Ask `ask` (all of them when None) to end, wait up to `grace` seconds for all, and kill what is left.

    Returns the processes that had to be killed.
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
    """Wait until the process has ended, at most `seconds`; return whether it has."""
    descriptor = _pidfd(process)
    if descriptor is None:
        return True
    try:
        return not _wait({process: descriptor}, seconds)
    finally:
        os.close(descriptor)


def _wait(open_ones: dict[Process, int], seconds: float | None) -> dict[Process, int]:
    """Wait for the end of all; return those that are still there after `seconds`."""
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
    """A descriptor of this very process, or None when it has ended."""
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
    """The fields of /proc/PID/stat after the command name: state, parent, …"""
    try:
        # Bytes: a command's name is cut after 15 of them, also in the middle of a character.
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].decode().split()
    except (FileNotFoundError, ProcessLookupError):
        return None


def _families() -> dict[int, list[int]]:
    """Every parent's pid with those of its children."""
    found: dict[int, list[int]] = {}
    for pid in _all_pids():
        fields = _stat(pid)
        if fields is not None:
            found.setdefault(int(fields[PARENT_FIELD]), []).append(pid)
    return found


def _all_pids() -> Iterator[int]:
    return (int(entry) for entry in os.listdir("/proc") if entry.isdigit())
