"""Progress of a running job: a bar for each stage at the bottom of the terminal, or a line for each finished stage."""

from __future__ import annotations

import threading
import time
from typing import TextIO

from glowray.engine.task.protocol import Done
from glowray.physical.stages.stage import StageRun
from glowray.watch.run.live_lines import LiveLines
from glowray.watch.run.null_watcher import NullWatcher
from glowray.watch.run.progress_lines import progress_lines
from glowray.watch.run.progress_view import Bar, ProgressView, bar_texts
from glowray.watch.table.cell_text import signs_for

drawing = threading.Lock()
"""One job at a time draws. A job inside another's function, or in another thread, draws nothing."""


class Progress(NullWatcher):
    """Watches a job and shows nothing. Subclasses show something."""

    def begin(self) -> None: ...
    def announce(self, text: str) -> None: ...
    def end(self) -> None: ...


class Bars(Progress):
    """Keeps a view of the job, with a bar for each stage that has started."""

    def __init__(self, name: str, stages: int) -> None:
        self.view = ProgressView(name, stages)
        self.bars: dict[int, Bar] = {}

    def announce(self, text: str) -> None:
        """Show what the engine does besides running tasks. "" ends the announcement."""
        self.view.announced = text

    def stage_started(self, stage: StageRun) -> None:
        plan = stage.plan
        self.view.stages = max(self.view.stages, plan.number)  # An added stage rewrites parts whose schema differs.
        self.bars[id(stage)] = bar = Bar(plan.number, plan.name, plan.num_tasks, began=time.monotonic())
        self.view.bars.append(bar)

    def task_done(self, stage: StageRun, done: Done) -> None:
        bar, report = self.bars[id(stage)], done.report
        bar.done += report.final
        bar.restored += report.restored
        bar.rows += report.rows_in
        bar.bytes += report.bytes_out
        self.view.to_python += report.failed_rows

    def stage_done(self, stage: StageRun) -> None:
        self.bars[id(stage)].ended = time.monotonic()


class PlainProgress(Bars):
    """Prints a line for each finished stage, where lines cannot be redrawn, as in a log file."""

    def __init__(self, name: str, stages: int, stream: TextIO) -> None:
        super().__init__(name, stages)
        self.stream = stream

    def announce(self, text: str) -> None:
        super().announce(text)
        if text:
            self._print(text)

    def stage_done(self, stage: StageRun) -> None:
        super().stage_done(stage)
        bar, now = self.bars[id(stage)], time.monotonic()
        texts = bar_texts(bar, now)
        facts = [f"stage {bar.number} of {self.view.stages}", bar.chain, texts.tasks, f"{bar.rows:,} rows"]
        self._print(", ".join(filter(None, [*facts, texts.rate, texts.size, f"{bar.seconds(now):.1f} s"])))

    def _print(self, text: str) -> None:
        print(f"{self.view.name}: {text}", file=self.stream, flush=True)

    def end(self) -> None:
        if self.view.remark:
            self._print(self.view.remark)
            self.view.to_python = 0


class LiveProgress(Bars):
    """Draws bars at the bottom of a terminal, and erases them when the job is done."""

    def __init__(self, name: str, stages: int, stream: TextIO, delay: float) -> None:
        super().__init__(name, stages)
        self.stream = stream
        self.lines = LiveLines(stream, self.render, delay)
        self.draws = False

    def begin(self) -> None:
        self.draws = drawing.acquire(blocking=False)
        if self.draws:
            self.lines.start()

    def end(self) -> None:
        if self.draws:
            self.draws = False
            self.lines.stop()
            drawing.release()

    def render(self, width: int) -> list[str]:
        """Return the lines to draw now, for a terminal of `width` columns."""
        return progress_lines(self.view, time.monotonic(), width, signs_for(self.stream.encoding))
