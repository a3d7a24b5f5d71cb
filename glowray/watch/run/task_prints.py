"""Write the prints of remote tasks to stderr: each line once, in the order of tasks, before the action returns."""

from __future__ import annotations

import codecs
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from glowray.engine.task.protocol import Done, Heard
from glowray.physical.stages.stage import StageRun
from glowray.watch.run.live_lines import is_terminal
from glowray.watch.run.null_watcher import NullWatcher

PIECE = 1 << 20
"""The number of bytes written at a time."""

KEPT_LINES = 10_000
"""The maximum number of lines kept of a running attempt. Its report has all lines when it ends."""


@dataclass
class PrintedOutput:
    """The output of an attempt before its report: lines not shown yet, and how much was heard and shown.

    `logged` holds the lines of Ray's log, which count only if the attempt is lost.
    """

    lines: list[str] = field(default_factory=list)
    heard_bytes: int = 0
    shown_bytes: int = 0
    shown_lines: int = 0
    logged: list[str] = field(default_factory=list)

    def add(self, heard: Heard) -> None:
        """Keep lines. Lines that leave a gap to those heard before, or are too many, come with the report."""
        if heard.start is None:
            self.logged.extend(heard.lines[: KEPT_LINES - len(self.logged)])
        elif heard.start == self.heard_bytes and len(self.lines) < KEPT_LINES:
            self.lines.extend(heard.lines)
            self.heard_bytes += heard.size


class TaskPrints(NullWatcher):
    """Writes the prints of tasks on workers to stderr.

    The output of the lowest unfinished task is written while it runs. The output of other tasks waits for their turn.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.stages: dict[int, StageRun] = {}
        self.turns: dict[int, int] = {}
        self.outputs: dict[tuple[int, int], dict[int, PrintedOutput]] = {}
        self.waiting: dict[tuple[int, int], list[Done]] = {}
        self.ended: set[tuple[int, int]] = set()

    def stage_started(self, stage: StageRun) -> None:
        """Add a stage that starts."""
        with self.lock:
            self.stages[stage.plan.number], self.turns[stage.plan.number] = stage, 0

    def stage_done(self, stage: StageRun) -> None:
        """Remove a stage whose tasks are all done."""
        with self.lock:
            self.turns.pop(stage.plan.number, None)

    def task_heard(self, stage: StageRun, place: int, heard: Heard) -> None:
        """Take lines that a running task has printed. May be called in any thread."""
        identity = stage.plan.number, place
        with self.lock:
            if identity not in self.ended:
                self.outputs.setdefault(identity, {}).setdefault(heard.attempt, PrintedOutput()).add(heard)
                self._show_turn()

    def task_done(self, stage: StageRun, done: Done) -> None:
        """Keep the prints of a task that has ended until its turn."""
        with self.lock:
            if done.report.remote:
                self.ended.add(done.task.identity)
            if done.report.printed:
                self.waiting.setdefault(done.task.identity, []).append(done)

    def task_unused(self, stage: StageRun, done: Done) -> None:
        """Keep the prints of a task whose rows are not needed, until the job ends."""
        self.task_done(stage, done)

    def task_settled(self, stage: StageRun, done: Done) -> None:
        """Write the prints of a task. All tasks before it were written."""
        with self.lock:
            self._end(done)
            if done.report.final:
                number, place = done.task.identity
                self.turns[number] = place + 1
                self._show_turn()

    def end(self) -> None:
        """Write the prints of tasks whose turn never came because of an error."""
        with self.lock:
            for identity in sorted({*self.outputs, *self.waiting}):
                for done in list(self.waiting.get(identity, [])):
                    self._end(done)
                for _, output in sorted(self.outputs.pop(identity, {}).items()):
                    self._write_lost(identity, output)

    def _show_turn(self) -> None:
        """Write the lines of the task whose turn it is."""
        if not self.turns:
            return
        number = min(self.turns)
        identity = number, self.turns[number]
        for output in self.outputs.get(identity, {}).values():
            if output.lines:
                self._write(identity, "".join(f"{line}\n" for line in output.lines))
                output.shown_lines += len(output.lines)
                output.shown_bytes = output.heard_bytes
                output.lines.clear()

    def _end(self, done: Done) -> None:
        identity, report = done.task.identity, done.report
        waiting = [other for other in self.waiting.pop(identity, []) if other is not done]
        if waiting:
            self.waiting[identity] = waiting
        attempts = self.outputs.pop(identity, {})
        for attempt in range(report.attempt):
            if attempt in attempts:
                self._write_lost(identity, attempts[attempt])
        shown = attempts[report.attempt].shown_bytes if report.attempt in attempts else 0
        for text in _decoded(report.printed, shown):
            self._write(identity, text)
        report.printed = b""

    def _write_lost(self, identity: tuple[int, int], output: PrintedOutput) -> None:
        """Write the lines of an attempt without a report. Ray's log may have more of them than were heard."""
        known = output.logged[output.shown_lines :] if len(output.logged) > output.shown_lines else output.lines
        self._write(identity, "".join(f"{line}\n" for line in known))

    def _write(self, identity: tuple[int, int], text: str) -> None:
        stream: Any = sys.stderr
        if not text or stream is None:
            return
        if is_terminal(stream):
            number, place = identity
            prefix = f"\x1b[2m[stage {number}, task {place + 1}/{self.stages[number].plan.num_tasks}]\x1b[0m "
            text = "".join(f"{prefix}{line}\n" for line in text.removesuffix("\n").split("\n"))
        try:
            stream.write(text)
            stream.flush()
        except (OSError, ValueError):
            pass  # The stream is closed. The job goes on.


def _decoded(printed: Any, start: int) -> Iterator[str]:
    """Yield a task's output from byte `start` on, in pieces of whole lines. An open last line gets a line end."""
    view = memoryview(printed)[start:]
    decoder = codecs.getincrementaldecoder("utf-8")("backslashreplace")
    begun = ""
    for place in range(0, len(view), PIECE):
        text = begun + decoder.decode(bytes(view[place : place + PIECE]), final=place + PIECE >= len(view))
        lines, end, begun = text.rpartition("\n")
        yield lines + end
    if begun:
        yield f"{begun}\n"
