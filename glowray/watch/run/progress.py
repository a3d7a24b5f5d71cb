"""Progress of a running job: a bar for each stage at the bottom of the terminal, or a line for each finished stage."""

from __future__ import annotations

import io
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

from glowray.engine.task.protocol import Done
from glowray.physical.stages.stage import StagePlan, StageRun
from glowray.watch.run.live_lines import LiveLines, is_terminal

if TYPE_CHECKING:
    from rich.table import Table

DELAY = 1.0
"""Seconds before a job shows its progress if the user did not ask for it."""

SHOWN = 6
"""The maximum number of stages shown at once: the running ones first, then the last finished ones."""

# One job at a time draws on a terminal. A job inside another's function, or in another thread, draws nothing.
_drawing = threading.Lock()


@dataclass
class Bar:
    """How far a stage is: tasks done of all tasks, rows read, and the times of its start and end."""

    number: int
    chain: str
    tasks: int
    done: int = 0
    rows: int = 0
    began: float = 0.0
    ended: float | None = None


class Progress:
    """Watches a job and shows nothing. Subclasses show something."""

    def begin(self) -> None: ...
    def announce(self, text: str) -> None: ...
    def stage_started(self, stage: StageRun) -> None: ...
    def task_done(self, stage: StageRun, done: Done) -> None: ...
    def stage_done(self, stage: StageRun) -> None: ...
    def end(self) -> None: ...


def progress_for(name: str, stages: Sequence[StagePlan], asked: bool | None) -> Progress:
    """Return the progress of a job. `asked` is the user's setting.

    With None, progress is shown only on a terminal, and only for a job that runs longer than DELAY.
    """
    stream = sys.stderr
    if asked is False or stream is None or not (asked or is_terminal(stream)):
        return Progress()
    if is_terminal(stream):
        return LiveProgress(name, len(stages), stream, 0.0 if asked else DELAY)
    return PlainProgress(name, len(stages), stream)


class Bars(Progress):
    """Keeps a bar for each stage that has started."""

    def __init__(self, name: str, stages: int, stream: TextIO) -> None:
        self.name, self.stages, self.stream = name, stages, stream
        self.bars: dict[int, Bar] = {}
        self.began = time.monotonic()
        self.announced = ""
        self.to_python = 0

    def announce(self, text: str) -> None:
        """Show what the engine does besides running tasks. "" ends the announcement."""
        self.announced = text

    def stage_started(self, stage: StageRun) -> None:
        self.stages = max(self.stages, stage.plan.number)  # An added stage rewrites parts whose schema differs.
        self.bars[id(stage)] = Bar(stage.plan.number, stage.plan.chain, stage.plan.num_tasks, began=time.monotonic())

    def task_done(self, stage: StageRun, done: Done) -> None:
        bar = self.bars[id(stage)]
        bar.done += done.report.final
        bar.rows += done.report.rows_in
        self.to_python += done.report.failed_rows

    def stage_done(self, stage: StageRun) -> None:
        self.bars[id(stage)].ended = time.monotonic()

    @property
    def last_line(self) -> str:
        """Return how many rows Python computed although columns were planned, "" if none."""
        rows = "1 row" if self.to_python == 1 else f"{self.to_python:,} rows"
        return f"{rows} planned as arrow ran in Python" if self.to_python else ""


class PlainProgress(Bars):
    """Prints a line for each finished stage, where lines cannot be redrawn (a log file, a notebook)."""

    def announce(self, text: str) -> None:
        super().announce(text)
        if text:
            print(f"{self.name}: {text}", file=self.stream, flush=True)

    def stage_done(self, stage: StageRun) -> None:
        super().stage_done(stage)
        bar = self.bars[id(stage)]
        taken = f"{(bar.ended or bar.began) - bar.began:.1f} s"
        tasks = f"{bar.done} of {bar.tasks} tasks"
        line = f"{self.name}: stage {bar.number} of {self.stages}, {bar.chain}, {tasks}, {bar.rows:,} rows, {taken}"
        print(line, file=self.stream, flush=True)

    def end(self) -> None:
        if self.last_line:
            print(f"{self.name}: {self.last_line}", file=self.stream, flush=True)
            self.to_python = 0


class LiveProgress(Bars):
    """Draws bars at the bottom of a terminal, and erases them when the job is done."""

    def __init__(self, name: str, stages: int, stream: TextIO, delay: float) -> None:
        super().__init__(name, stages, stream)
        self.lines = LiveLines(stream, self.render, delay)
        self.draws = False

    def begin(self) -> None:
        self.draws = _drawing.acquire(blocking=False)
        if self.draws:
            self.lines.start()

    def end(self) -> None:
        if self.draws:
            self.draws = False
            self.lines.stop()
            _drawing.release()

    def render(self, width: int) -> list[str]:
        """Return the lines to draw now, for a terminal of `width` columns."""
        from rich.console import Console

        text = io.StringIO()
        Console(file=text, force_terminal=True, width=width, highlight=False).print(self._table(width))
        return text.getvalue().splitlines()

    def _table(self, width: int) -> Table:
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text

        bars = list(self.bars.values())
        ended = sum(bar.ended is not None for bar in bars)
        table = Table.grid(padding=(0, 2), expand=False)
        table.add_column(no_wrap=True, max_width=max(12, width - 62), overflow="ellipsis")
        table.add_column(width=24)
        for _ in range(3):
            table.add_column(justify="right", no_wrap=True)
        stages = f"{ended} of {self.stages} stages"
        table.add_row(
            Text(self.name, "bold"),
            Text(stages, "dim"),
            Text(self.announced, "dim"),
            "",
            Text(_clock(time.monotonic() - self.began), "dim"),
        )
        for bar in _shown(bars):
            seconds = (bar.ended or time.monotonic()) - bar.began
            table.add_row(
                Text(f"{bar.number} {bar.chain}"),
                ProgressBar(max(1, bar.tasks), bar.tasks if bar.ended else bar.done, width=24),
                f"{bar.done} of {bar.tasks} tasks",
                f"{bar.rows:,} rows",
                _clock(seconds),
            )
        if self.last_line:
            table.add_row(Text(self.last_line, "yellow"))
        return table


def _shown(bars: Sequence[Bar]) -> list[Bar]:
    """Return at most SHOWN bars in order of stages: the running ones first, then those that ended last."""
    by_need = sorted(bars, key=lambda bar: (bar.ended is None, bar.ended or 0.0), reverse=True)
    return sorted(by_need[:SHOWN], key=lambda bar: bar.number)


def _clock(seconds: float) -> str:
    """Return seconds as `minutes:seconds` or `hours:minutes:seconds`.

    >>> _clock(7.2), _clock(75), _clock(3725)
    ('0:07', '1:15', '1:02:05')
    """
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
