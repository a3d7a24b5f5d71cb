"""Lines at the bottom of a terminal that are redrawn in place. Everything else scrolls above them."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterable
from typing import Any, TextIO

TICK = 0.2
"""Seconds between two redraws."""


class LiveLines:
    """Draws the lines of `render(width)` on `stream`, from `delay` seconds after start() until stop().

    The program's prints go unchanged to where they always went. The lines are erased before a print, and drawn again
    once the printed line has ended.
    """

    def __init__(self, stream: TextIO, render: Callable[[int], list[str]], delay: float) -> None:
        self.stream, self.render, self.delay = stream, render, delay
        # The lock is re-entrant: a signal handler may print while this thread draws or prints.
        self.lock = threading.RLock()
        self.process = os.getpid()
        self.height = 0
        self.in_line = False
        self.closed = threading.Event()
        self.thread = threading.Thread(target=self._draw_on, name="glowray progress", daemon=True)
        self.guards: dict[str, Guard] = {}

    def start(self) -> None:
        """Start the thread that waits `delay` seconds and then draws."""
        self.thread.start()

    def stop(self) -> None:
        """Erase the lines and stop drawing. May be called again."""
        self.closed.set()
        with self.lock:
            self.clear()
            for name, guard in self.guards.items():
                if getattr(sys, name) is guard:
                    setattr(sys, name, guard.stream)
            self.guards = {}

    def clear(self) -> None:
        """Erase the lines until the next redraw."""
        if self.height:
            self._write(f"\r\x1b[{self.height}A\x1b[J")
            self.height = 0

    def _draw_on(self) -> None:
        if self.closed.wait(self.delay):
            return
        with self.lock:
            if not self.closed.is_set():
                self._guard()
        while not self.closed.wait(TICK):
            with self.lock:
                if not self.closed.is_set() and not self.in_line:
                    self._draw()

    def _draw(self) -> None:
        columns, rows = _size(self.stream)
        lines = self.render(columns - 1)[: max(0, rows - 2)]
        back = f"\r\x1b[{self.height}A\x1b[J" if self.height else ""
        self._write(back + "".join(f"{line}\n" for line in lines))
        self.height = len(lines)

    def _write(self, text: str) -> None:
        try:
            self.stream.write(text)
            self.stream.flush()
        except (OSError, ValueError):
            self.closed.set()  # The terminal is gone. The job goes on.

    def _guard(self) -> None:
        for name in ("stdout", "stderr"):
            stream = getattr(sys, name)
            if stream is not None and is_terminal(stream):
                self.guards[name] = guard = Guard(stream, self)
                setattr(sys, name, guard)


class Guard:
    """Replaces a standard stream while lines are shown. It erases the lines before each write."""

    def __init__(self, stream: Any, lines: LiveLines) -> None:
        self.stream, self._lines = stream, lines

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)

    def __iter__(self) -> Any:
        return iter(self.stream)

    def write(self, text: str) -> int:
        """Write text above the lines."""
        lines = self._lines
        # A forked process shows no lines. Its copy of the lock may never be released.
        if lines.closed.is_set() or os.getpid() != lines.process:
            return int(self.stream.write(text))
        with lines.lock:
            lines.clear()
            written = int(self.stream.write(text))
            self.stream.flush()
            if text:
                lines.in_line = not text.endswith("\n")
        return written

    def writelines(self, lines: Iterable[str]) -> None:
        """Write each text above the lines."""
        for line in lines:
            self.write(line)


def is_terminal(stream: Any) -> bool:
    """Return whether a stream is a terminal on which lines can be redrawn."""
    try:
        return bool(stream.isatty()) and os.environ.get("TERM", "") not in ("", "dumb")
    except ValueError:  # closed
        return False


def _size(stream: TextIO) -> tuple[int, int]:
    try:
        size = os.get_terminal_size(stream.fileno())
    except (OSError, ValueError):
        return 80, 24
    # A terminal that does not know its size reports 0.
    return size.columns or 80, size.lines or 24
