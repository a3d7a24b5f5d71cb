"""Lines at the foot of a terminal that are drawn anew in place, while all else that is written scrolls above them."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterable
from typing import Any, TextIO

TICK = 0.2
"""Seconds between two drawings."""


class LiveLines:
    """Draws what `render(width)` gives on `stream`, from `delay` seconds after start() until stop().

    What the program prints goes to where it always went, unchanged; only the lines are taken away before it and drawn
    again after its next line end.
    """

    def __init__(self, stream: TextIO, render: Callable[[int], list[str]], delay: float) -> None:
        self.stream, self.render, self.delay = stream, render, delay
        # Re-entrant, as a signal handler may print while this thread draws or prints.
        self.lock = threading.RLock()
        self.process = os.getpid()
        self.height = 0
        self.in_line = False
        self.closed = threading.Event()
        self.thread = threading.Thread(target=self._draw_on, name="glowray progress", daemon=True)
        self.guards: dict[str, Guard] = {}

    def start(self) -> None:
        """Begins to wait, and then to draw."""
        self.thread.start()

    def stop(self) -> None:
        """Takes the lines away for good; may be called again."""
        self.closed.set()
        with self.lock:
            self.clear()
            for name, guard in self.guards.items():
                if getattr(sys, name) is guard:
                    setattr(sys, name, guard.stream)
            self.guards = {}

    def clear(self) -> None:
        """Takes the lines away until they are drawn again."""
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
            self.closed.set()  # the terminal has gone: nobody looks any more, and the job goes on

    def _guard(self) -> None:
        for name in ("stdout", "stderr"):
            stream = getattr(sys, name)
            if stream is not None and is_terminal(stream):
                self.guards[name] = guard = Guard(stream, self)
                setattr(sys, name, guard)


class Guard:
    """A standard stream while lines are shown: the same in all, but the lines give way before anything is written."""

    def __init__(self, stream: Any, lines: LiveLines) -> None:
        self.stream, self._lines = stream, lines

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)

    def __iter__(self) -> Any:
        return iter(self.stream)

    def write(self, text: str) -> int:
        """Writes above the lines."""
        lines = self._lines
        # A process that was forked off has no lines, and perhaps a lock that nobody will ever give back.
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
        """Writes each above the lines."""
        for line in lines:
            self.write(line)


def is_terminal(stream: Any) -> bool:
    """Whether a stream is a terminal on which lines can be drawn anew."""
    try:
        return bool(stream.isatty()) and os.environ.get("TERM", "") not in ("", "dumb")
    except ValueError:  # closed
        return False


def _size(stream: TextIO) -> tuple[int, int]:
    try:
        size = os.get_terminal_size(stream.fileno())
    except (OSError, ValueError):
        return 80, 24
    # A terminal that does not know its size says 0.
    return size.columns or 80, size.lines or 24
