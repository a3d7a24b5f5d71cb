"""Choose where a job shows its progress: in the notebook, at the bottom of the terminal, or in a log."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from glowray.physical.stages.stage import StagePlan
from glowray.watch.notebook.live_progress import NotebookProgress
from glowray.watch.notebook.surface import notebook
from glowray.watch.run.live_lines import is_terminal
from glowray.watch.run.progress import LiveProgress, PlainProgress, Progress

DELAY = 1.0
"""Seconds before a job shows its progress if the user did not ask for it."""


def progress_for(name: str, stages: Sequence[StagePlan], asked: bool | None) -> Progress:
    """Return the progress of a job. `asked` is the user's setting.

    With None, progress is shown only in a notebook or on a terminal, and only for a job that runs longer than DELAY.
    """
    stream, place = sys.stderr, notebook()
    if asked is False:
        return Progress()
    delay = 0.0 if asked else DELAY
    if place is not None:
        return NotebookProgress(name, len(stages), place, delay)
    if stream is None or not (asked or is_terminal(stream)):
        return Progress()
    if is_terminal(stream):
        return LiveProgress(name, len(stages), stream, delay)
    return PlainProgress(name, len(stages), stream)
