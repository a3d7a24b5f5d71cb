"""Progress of a running job in a notebook: one display below the cell, drawn again as the job goes on."""

from __future__ import annotations

import threading
import time

from glowray.watch.notebook.html import progress_html, progress_text
from glowray.watch.notebook.surface import Notebook
from glowray.watch.run.live_lines import TICK
from glowray.watch.run.progress import Bars, drawing


class NotebookProgress(Bars):
    """Shows bars from `delay` seconds after begin(), and at the end one line to unfold.

    One job at a time has a display: a job inside another's function, or in another thread, has none.
    """

    def __init__(self, name: str, stages: int, notebook: Notebook, delay: float) -> None:
        super().__init__(name, stages)
        self.delay = delay
        self.update = notebook.live()
        self.over = threading.Event()
        self.thread = notebook.thread(self._draw_on)
        self.draws = self.is_shown = False

    def begin(self) -> None:
        self.draws = drawing.acquire(blocking=False)
        if self.draws:
            self.thread.start()

    def end(self) -> None:
        if not self.draws:
            return
        self.draws = False
        self.over.set()
        try:
            self.thread.join()
            if self.is_shown:
                self._draw(has_ended=True)
        finally:
            drawing.release()

    def _draw_on(self) -> None:
        if self.over.wait(self.delay):
            return
        self.is_shown = True
        self._draw(has_ended=False)
        while not self.over.wait(TICK):
            self._draw(has_ended=False)

    def _draw(self, *, has_ended: bool) -> None:
        now = time.monotonic()
        self.update(progress_html(self.view, now, has_ended=has_ended), progress_text(self.view, now))
