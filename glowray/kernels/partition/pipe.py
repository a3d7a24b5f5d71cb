"""pipe: the rows of a partition through a Unix command, both ways at once."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import IO, Any, ClassVar

from glowray.errors import PipeFailed
from glowray.kernels.base.context import TaskContext
from glowray.kernels.loops.failed_step import blame
from glowray.kernels.partition.partition_steps import PartitionStep

_READ_BYTES = 1 << 16
_FEED_BYTES = 1 << 16
_STDERR_BYTES = 2_000
_SHOWN = 200
_POLL_SECONDS = 0.1
_GRACE_SECONDS = 1.0  # less than the engine gives a task that is to end

SHELL = ("/bin/sh", "-c")


@dataclass(frozen=True, slots=True)
class Pipe(PartitionStep):
    """str(row) lines → a command → its lines."""

    flows: ClassVar[bool] = True
    command: tuple[str, ...]

    @property
    def has_effects(self) -> bool:
        return True

    def apply(self, rows: Iterator[Any], context: TaskContext) -> Iterator[Any]:
        try:
            yield from self._lines(rows)
        except BaseException as error:
            blame(error, self)
            raise

    def _lines(self, rows: Iterator[Any]) -> Iterator[str]:
        with Command(self.command) as command:
            lines = LineSplitter()
            for piece in command.exchange(_chunks(self, rows)):
                yield from lines.feed(piece)
            yield from lines.end()
            deque(rows, maxlen=0)  # a command may stop reading, but an error in a row it did not want still counts
            command.check()


def _chunks(step: Pipe, rows: Iterator[Any]) -> Iterator[bytes]:
    """Yield the rows as lines, some kilobytes at a time."""
    lines: list[bytes] = []
    size = 0
    for row in rows:
        try:
            line = f"{row!s}\n".encode()
        except UnicodeEncodeError:
            text = str(row)[:200]
            refused = ValueError(f"the row {text!a} has no UTF-8 form: it holds half of a surrogate pair")
            blame(refused, step, row)
            raise refused from None
        except BaseException as error:
            blame(error, step, row)
            raise
        lines.append(line)
        size += len(line)
        if size >= _FEED_BYTES:
            yield b"".join(lines)
            lines.clear()
            size = 0
    if lines:
        yield b"".join(lines)


class LineSplitter:
    r"""Splits bytes that come in pieces into lines of UTF-8, without their ends (\n or \r\n)."""

    def __init__(self) -> None:
        self._rest: list[bytes] = []

    def feed(self, piece: bytes) -> Iterator[str]:
        """Yield the lines that end in this piece."""
        head, end, tail = piece.rpartition(b"\n")
        if end:
            whole = b"".join([*self._rest, head])
            self._rest = []
            yield from _decoded(whole)
        if tail:
            self._rest.append(tail)

    def end(self) -> Iterator[str]:
        """Yield the last line if it has no end."""
        if self._rest:
            yield from _decoded(b"".join(self._rest), last=True)


def _decoded(data: bytes, last: bool = False) -> Iterator[str]:
    for line in data.split(b"\n"):
        text = line.removesuffix(b"\r") if not last else line
        try:
            yield text.decode()
        except UnicodeDecodeError as error:
            error.add_note(f"the command printed the line {text[:200]!r}, which is not UTF-8: pipe it through iconv")
            raise


class Command:
    """A running command. Leaving its block early ends the command and all processes that it started.

    One thread serves all three pipes and waits for any of them. So rows are made in the task's thread, and no side can
    wait for a side that waits for it.
    """

    def __init__(self, command: tuple[str, ...]) -> None:
        import subprocess  # not for jobs that have no command

        self.shown = _shown(command)
        self.stderr = b""
        try:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                start_new_session=True,
            )
        except OSError as error:
            raise PipeFailed(f"pipe() cannot start {self.shown}: {error.strerror} on this machine") from None
        assert self.process.stdin and self.process.stdout and self.process.stderr
        self.input, self.output, self.errors = self.process.stdin, self.process.stdout, self.process.stderr
        self.selector = selectors.DefaultSelector()
        for stream, event in (
            (self.input, selectors.EVENT_WRITE),
            (self.output, selectors.EVENT_READ),
            (self.errors, selectors.EVENT_READ),
        ):
            os.set_blocking(stream.fileno(), False)
            self.selector.register(stream, event)

    def __enter__(self) -> Command:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.selector.close()
        for stream in (self.input, self.output, self.errors):
            stream.close()
        if self.process.returncode is None:  # nobody has waited for it, so its group still has this number
            self._end()

    def exchange(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """Feed the command and yield its output piece by piece, until it has closed both pipes."""
        waiting = memoryview(b"")
        while not (self.input.closed and self.output.closed):
            for key, _ in self.selector.select():
                if key.fileobj is self.input:
                    waiting = self._write(waiting or memoryview(next(chunks, b"")))
                elif key.fileobj is self.errors:
                    self._read_errors()
                elif piece := self._read(self.output):
                    yield piece

    def check(self) -> None:
        """Wait for the end of the command.

        Raises:
            PipeFailed: its exit code is not zero.
        """
        while self.process.poll() is None:
            if self.errors.closed:
                self.process.wait()
            elif self.selector.select(_POLL_SECONDS):
                self._read_errors()
        while not self.errors.closed and self._read_errors():
            pass
        code = self.process.returncode
        if code:
            how = f"was ended by {_signal_name(-code)}" if code < 0 else f"ended with exit code {code}"
            told = self.stderr.decode(errors="replace").strip()
            raise PipeFailed(f"pipe() of {self.shown} {how}{': ' + told if told else ', without a word on stderr'}")

    def _write(self, data: memoryview) -> memoryview:
        """Write as much as the pipe takes, and return the rest. Empty data closes the pipe."""
        if not data:
            self._close(self.input)
            return data
        try:
            return data[os.write(self.input.fileno(), data) :]
        except BlockingIOError:
            return data
        except BrokenPipeError:
            self._close(self.input)  # it has closed its stdin, which it may
            return memoryview(b"")

    def _read(self, stream: IO[bytes]) -> bytes:
        """Return the bytes that are ready. At the end, close the stream and return none."""
        try:
            piece = os.read(stream.fileno(), _READ_BYTES)
        except BlockingIOError:
            return b""
        if not piece:
            self._close(stream)
        return piece

    def _read_errors(self) -> bytes:
        piece = self._read(self.errors)
        self.stderr = (self.stderr + piece)[-_STDERR_BYTES:]
        return piece

    def _close(self, stream: IO[bytes]) -> None:
        self.selector.unregister(stream)
        stream.close()

    def _end(self) -> None:
        """Send SIGTERM to the process group, and SIGKILL once its leader has ended or after the grace."""
        with contextlib.suppress(PermissionError):  # macOS, if only the leader is left and it has ended
            os.killpg(self.process.pid, signal.SIGTERM)
        deadline = time.monotonic() + _GRACE_SECONDS
        # WNOWAIT leaves the ended leader in place, so that no other group can get its number.
        while os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            if time.monotonic() > deadline:
                break
            time.sleep(_POLL_SECONDS / 10)
        with contextlib.suppress(PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def _shown(command: tuple[str, ...]) -> str:
    text = repr(command[2]) if command[:2] == SHELL else repr(list(command))
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
