"""The files of journals: where they are, which runs still go on, and which files are kept."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import socket
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from glowray.cluster.host.home import home, private_folder
from glowray.cluster.host.processes import Process
from glowray.cluster.host.program import program_name

KEPT = 30
"""The number of journals of ended runs that are kept, the newest."""

KEPT_SECONDS = 7 * 86_400.0
"""Older journals of ended runs are removed."""

SWEEP_SECONDS = 60.0
"""A process looks through the journals of other processes at most once in this time."""

SILENT_SECONDS = 60.0
"""A run on another machine, or on one without /proc, has died if its journal did not grow for this long."""


@dataclass(frozen=True)
class Driver:
    """The process that runs a job. `process` is None on a machine without /proc."""

    host: str
    pid: int
    script: str
    process: Process | None

    @classmethod
    def here(cls) -> Driver:
        """Return this process."""
        try:
            process = Process.of(os.getpid())
        except OSError:
            process = None
        return cls(socket.gethostname(), os.getpid(), program_name(), process)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Driver:
        """Return a driver from its JSON values."""
        process = values["process"]
        return cls(**{**values, "process": None if process is None else Process(**process)})

    def is_alive(self, silent_seconds: float) -> bool:
        """Return whether the process still runs. `silent_seconds` is the time since it last wrote."""
        if self.process is not None and self.host == socket.gethostname():
            return self.process.is_alive()
        return silent_seconds < SILENT_SECONDS


@dataclass(frozen=True)
class JournalFile:
    """A journal on disk. `run` is its id, `driver` the process that writes it."""

    path: Path
    run: str
    driver: Driver

    @classmethod
    def create(cls) -> tuple[JournalFile, int] | None:
        """Make the file of a new run, with its first line. Return it and its descriptor, None if it cannot be made."""
        run = f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}-{secrets.token_hex(3)}"
        try:
            path = _folder() / f"{run}.jsonl"
            descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        except Exception:  # A job must not fail because its home is read-only, full or another user's.
            return None
        file = cls(path, run, Driver.here())
        os.write(descriptor, line({"event": "driver", "run": run, "driver": asdict(file.driver)}))
        return file, descriptor

    @classmethod
    def at(cls, path: Path) -> JournalFile:
        """Return the journal in a file.

        Raises:
            ValueError: the file is not a journal.
        """
        first = next(lines_of(path), {})
        if first.get("event") != "driver":
            raise ValueError(f"{path} is no journal of a run")
        return cls(path, first["run"], Driver.from_dict(first["driver"]))

    @property
    def is_alive(self) -> bool:
        """Return whether the driver still runs."""
        return self.driver.is_alive(time.time() - self.path.stat().st_mtime)


def line(values: dict[str, Any]) -> bytes:
    """Return a line of a journal: one JSON object in ASCII."""
    return (json.dumps(values) + "\n").encode()


def lines_of(path: Path, last_bytes: int | None = None) -> Iterator[dict[str, Any]]:
    """Yield the objects of a journal's lines, or of those that begin within its last bytes.

    A line is written by one call, so that only a full disk or a killed machine cuts one. Cut lines are left out.
    """
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(0 if last_bytes is None else max(0, size - last_bytes))
        for text in file:
            try:
                values = json.loads(text)
            except ValueError:
                continue
            if isinstance(values, dict):
                yield values


def journals() -> list[JournalFile]:
    """Return the journals in this user's state folder, the newest first."""
    found = []
    for path in sorted(_folder().glob("*.jsonl"), reverse=True):
        try:
            found.append(JournalFile.at(path))
        except (OSError, ValueError, KeyError, TypeError):  # It was removed a moment ago, or is still empty.
            continue
    return found


class Sweeper:
    """Removes the journals that are too many or too old, when runs of this process end."""

    def __init__(self) -> None:
        self._own: deque[Path] = deque()  # the kept journals of this process's ended runs, the oldest first
        self._next = 0.0

    def ended(self, path: Path) -> None:
        """Note that a run of this process has ended, and remove the oldest journals beyond the limits."""
        self._own.append(path)
        if len(self._own) > KEPT:
            with contextlib.suppress(OSError):
                self._own.popleft().unlink(missing_ok=True)
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + SWEEP_SECONDS
            sweep()


sweeper = Sweeper()
"""This process's sweeper."""


def sweep() -> None:
    """Remove the journals of ended drivers that are old, or more than `KEPT`."""
    for place, path in enumerate(sorted(_folder().glob("*.jsonl"), reverse=True)):
        try:
            is_old = time.time() - path.stat().st_mtime > KEPT_SECONDS
            if (is_old or place >= KEPT) and not JournalFile.at(path).is_alive:
                path.unlink()
        except (OSError, ValueError, KeyError, TypeError):
            continue


def _folder() -> Path:
    return private_folder(home() / "runs")
