"""On a worker: read a task's output from the worker's log file, and mark Ray's own copy of it as taken.

A worker's stdout is a file. While a task runs, its stderr goes to this file too. So the file has all output in order:
of Python's streams, C code and subprocesses. Ray's log monitor sends the file's lines to the driver too. It takes a
line `:task_name:NAME` as the name of the task that prints the lines after it. This module writes names from which
the driver knows the task and the attempt. The driver uses these lines only if the attempt is lost. Otherwise the task's
report brings the complete output.
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
"""The prefix of a line that Ray's log monitor takes as the name of a task."""

TAKEN, LIVE = "glowray printed", "glowray prints"
"""The prefixes of task names on lines that reach the driver: from Ray's log monitor, and from this module."""

LIVE_SECONDS = 0.3
"""Seconds between two checks what a running task has printed."""

LIVE_BYTES = 256 * 1024
"""Bytes that are sent at a time at most. Output that comes faster arrives with the report."""

INLINE_BYTES = 1 << 20
"""Longer output is mapped from the file and goes into the object store without a copy in memory."""


class Capture:
    """Collects the output that is printed within `with` blocks. `printed` is the output of the last block.

    Args:
        token: the driver's name for the task; "" takes nothing.
        attempt: how many attempts at the task were lost before.
        live: whether to send the output to the driver while the task runs.
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
    """A thread that sends a running task's output to the driver."""

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
            with self.lock, contextlib.suppress(Exception):  # the report brings whatever is not sent now
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
    """Send lines to the driver as Ray's log monitor does."""
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
    """Return whether stdout is a file. It is not if Ray rotates its logs; then Ray's log monitor sends all output."""
    return stat.S_ISREG(os.fstat(descriptor).st_mode)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):  # the user may have replaced or closed the stream
            stream.flush()


def _size() -> int:
    return os.fstat(1).st_size


def _mark(name: str) -> None:
    """Write a line that names the task of the following lines for Ray's log monitor."""
    size = _size()
    begins = not size or bytes(_read(size - 1, size)) == b"\n"
    os.write(1, f"{'' if begins else chr(10)}{MARK}{name}\n".encode())


def _read(start: int, stop: int) -> Any:
    """Return the bytes of the output file between two positions."""
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
    """Yield the items of an iterator, and collect the output that is printed while each is made."""
    while True:
        with capture:
            piece = next(pieces, capture)
        if piece is capture:
            return
        yield piece
