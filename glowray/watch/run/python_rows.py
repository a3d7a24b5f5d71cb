"""Tell of rows that Python computed, although columns were planned for them."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

from glowray.errors import PythonRowsWarning
from glowray.functions.caller import user_site
from glowray.watch.run.level_stats import HandedStats, StageLevels

WORTH_A_WARNING = 0.1
"""A job warns if more than this share of the rows of a step over columns ran in Python."""


def python_rows_line(levels: Sequence[StageLevels], least: float) -> str:
    """Return a sentence on the step that handed most rows to Python, "" if none handed over more than `least`.

    `least` is a share of the rows that came to a step's column program.
    """
    found = [step for stage in levels for step in stage.over(least)]
    if not found:
        return ""
    others = len(found) - 1
    more = f"; {others} more step{'' if others == 1 else 's'} handed over rows" if others else ""
    return f"{max(found, key=rows_of)}{more}"


def rows_of(step: HandedStats) -> int:
    """Return the rows that a step handed to Python."""
    return step.rows


def warn_of_python_rows(name: str, levels: Sequence[StageLevels]) -> None:
    """Warn, with the user's line, if more than a tenth of the rows of a step over columns ran in Python."""
    line = python_rows_line(levels, least=WORTH_A_WARNING)
    if line:
        warnings.warn_explicit(f"{name}: {line}", PythonRowsWarning, *user_site())
