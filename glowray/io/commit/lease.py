"""A job's lease: an object in the store that says that the job is alive, and is written again while it is."""

from __future__ import annotations

import contextlib
import enum
import sys
import threading
import time
from weakref import WeakSet

from glowray.io.files.folders import owner_text, process_has_ended
from glowray.io.filesystem.interface import FileSystem

RENEW_SECONDS = 15
DEAD_SECONDS = 120
"""A job whose lease is so old, by the store's own clock, is dead. It cannot commit any more."""

_KEPT: WeakSet[Lease] = WeakSet()
"""The leases of this process."""


class Life(enum.Enum):
    """Whether a job is alive, as far as another job can tell."""

    ALIVE = enum.auto()
    DEAD = enum.auto()
    UNKNOWN = enum.auto()


class Lease:
    """The lease of one job of this process. A thread renews it until `stop()`."""

    def __init__(self, files: FileSystem, path: str) -> None:
        self.files, self.path = files, path
        self._stopped = threading.Event()
        self._renewed = _seconds()

    def begin(self) -> None:
        """Write the lease, and keep it alive."""
        _KEPT.add(self)
        self._write()
        threading.Thread(target=self._keep, daemon=True, name="glowray-lease").start()

    def stop(self) -> None:
        """Renew the lease no more."""
        _KEPT.discard(self)
        self._stopped.set()

    def is_held(self) -> bool:
        """Return whether no other job can have taken this one for dead."""
        return _seconds() - self._renewed < DEAD_SECONDS and self.files.info(self.path) is not None

    def now_ns(self) -> int | None:
        """Return the time by the store's clock, None if the store does not tell it. Renews the lease."""
        self._write()
        info = self.files.info(self.path)
        return None if info is None else info.mtime_ns

    def life_of(self, path: str, now_ns: int | None) -> Life:
        """Return whether the job of the lease at `path` is ALIVE, DEAD or UNKNOWN.

        `now_ns` is the time by the store's clock. If it is None, the age of the lease does not count.
        """
        if any(lease.path == path for lease in _KEPT):
            return Life.ALIVE
        try:
            with self.files.open_input(path) as file:
                owner = (file.read() or b"").decode(errors="replace")
        except FileNotFoundError:
            return Life.DEAD
        if owner == owner_text():
            return Life.DEAD  # It was a job of this process.
        ended = process_has_ended(owner)
        if ended is not None:
            return Life.DEAD if ended else Life.ALIVE
        info = self.files.info(path)
        if info is None:
            return Life.DEAD
        if now_ns is None or info.mtime_ns is None or now_ns - info.mtime_ns < DEAD_SECONDS * 10**9:
            return Life.UNKNOWN
        return Life.DEAD

    def _write(self) -> None:
        moment = _seconds()
        with self.files.open_output(self.path) as file:
            file.write(owner_text().encode())
        self._renewed = moment

    def _keep(self) -> None:
        while not self._stopped.wait(RENEW_SECONDS):
            with contextlib.suppress(OSError):  # The next time may succeed. If none does, the job cannot commit.
                if not self.is_held():
                    return
                self._write()


def _seconds() -> float:
    """Return a time in seconds that also passes while the machine sleeps, where the system has such a clock."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if sys.platform == "linux" else time.monotonic()
