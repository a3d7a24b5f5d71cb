"""On a worker: what a task prints, taken from the worker's log file, with Ray's own copy marked as taken.

A worker's stdout is a file, to which this adds stderr while a task runs. So everything that the task prints is in one
place and in order: Python's streams, C code, subprocesses. Ray's log monitor follows that file too. It takes a line
`:task_name:NAME` for the name of the task that prints what follows; from that name the driver knows what it will get
from here, complete, with the task's report.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import pickle
import stat
import sys
import threading
from collections.abc import Iterator
from typing import Any

MARK = ":task_name:"
"""Begins a line that Ray's log monitor takes for the name of a task."""

TAKEN, LIVE = "glowray printed", "glowray prints"
"""Begin the names under which lines reach the driver: those from Ray's log, and those that are sent from here."""

LIVE_SECONDS = 0.3
"""Seconds between two looks at what a task has printed, while it runs."""

LIVE_BYTES = 256 * 1024
"""How much is sent at a time. The rest comes with the report, if it is too much for that."""

INLINE_BYTES = 1 << 20
"""Output of more bytes goes into the object store as it lies in the file."""


class Capture:
    """Takes what is printed within `with` blocks; `printed` is the output of the last one.

    Args:
        token: the driver's name for the task; "" takes nothing.
        attempt: how many attempts at the task were lost before.
        live: whether the driver hears it while the task runs.
    """

    def __init__(self, token: str, attempt: int, *, live: bool = True) -> None:
        self.token, self.attempt, self.live = token, attempt, live
        self.printed: Any = b""
        self.is_active = bool(token) and _is_file(1)
        self.start = 0
        self.stderr = -1

    def __enter__(self) -> Capture:
        if self.is_active:
            _flush()
            _mark(f"{TAKEN} {self.token} {self.attempt}")
            self.start, self.stderr = _size(), os.dup(2)
            os.dup2(1, 2)
            if self.live:
                FOLLOWER.follow(self)
        return self

    def __exit__(self, *error: object) -> None:
        if self.is_active:
            _flush()
            FOLLOWER.follow(None)
            os.dup2(self.stderr, 2)
            os.close(self.stderr)
            self.printed = _read(self.start, _size())
            _mark(_task_name())


class Follower:
    """A thread that sends what a task prints to the driver while the task runs."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.work = threading.Event()
        self.capture: Capture | None = None
        self.sent = 0
        self.thread: threading.Thread | None = None

    def follow(self, capture: Capture | None) -> None:
        """Follow another task; None: no task runs."""
        with self.lock:
            self.capture = capture
            if capture is None:
                self.work.clear()
                return
            self.sent = capture.start
            self.work.set()
            if self.thread is None:
                self.thread = threading.Thread(target=self._send_on, name="glowray prints", daemon=True)
                self.thread.start()

    def _send_on(self) -> None:
        pause = threading.Event()
        while self.work.wait():
            pause.wait(LIVE_SECONDS)
            with self.lock, contextlib.suppress(Exception):  # what is not sent now comes with the report
                self._send()

    def _send(self) -> None:
        capture, end = self.capture, min(_size(), self.sent + LIVE_BYTES)
        if capture is None or end <= self.sent:
            return
        text = bytes(_read(self.sent, end)).rpartition(b"\n")
        if not text[1]:
            return
        size = len(text[0]) + 1
        _publish(f"{LIVE} {capture.token} {capture.attempt} {self.sent - capture.start} {size}", text[0])
        self.sent += size


FOLLOWER = Follower()


def _publish(name: str, text: bytes) -> None:
    """Send lines the way Ray's log monitor does."""
    import ray

    worker = ray._private.worker.global_worker
    worker.gcs_client.publish_logs(
        {
            "ip": worker.node_ip_address,
            "pid": os.getpid(),
            "job": worker.current_job_id.hex(),
            "is_err": True,
            "lines": text.decode(errors="backslashreplace").split("\n"),
            "actor_name": None,
            "task_name": name,
        }
    )


def _is_file(descriptor: int) -> bool:
    """Whether output goes to a file. It does not where Ray rotates its logs: then Ray's log is all there is."""
    return stat.S_ISREG(os.fstat(descriptor).st_mode)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):  # a stream of the user's own, or a closed one
            stream.flush()


def _size() -> int:
    return os.fstat(1).st_size


def _mark(name: str) -> None:
    """Begin a line with a name for Ray's log monitor."""
    size = _size()
    begins = not size or bytes(_read(size - 1, size)) == b"\n"
    os.write(1, f"{'' if begins else chr(10)}{MARK}{name}\n".encode())


def _read(start: int, stop: int) -> Any:
    """Return what is in the output file between two places."""
    if stop <= start:
        return b""
    with open(_path(), "rb") as file:
        if stop - start <= INLINE_BYTES:
            file.seek(start)
            return file.read(stop - start)
        page = start - start % mmap.ALLOCATIONGRANULARITY
        mapped = mmap.mmap(file.fileno(), stop - page, access=mmap.ACCESS_READ, offset=page)
        return pickle.PickleBuffer(memoryview(mapped)[start - page :])


def _path() -> str:
    import ray

    return str(ray._private.worker.global_worker.get_out_file_path())


def _task_name() -> str:
    import ray

    return ray.get_runtime_context().get_task_name() or ""


def captured(pieces: Iterator[Any], capture: Capture) -> Iterator[Any]:
    """Give what an iterator gives, with what its steps print taken."""
    while True:
        with capture:
            piece = next(pieces, capture)
        if piece is capture:
            return
        yield piece
