"""Tell of rows that Python computed, although columns were planned for them."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

from glowray.errors import PythonRowsWarning
from glowray.functions.caller import user_site
from glowray.watch.run.level_stats import StageLevels

WORTH_A_WARNING = 0.1
"""A job warns if more than this share of the rows of a step over columns ran in Python."""

FEWEST_ROWS = 20
"""A step with fewer rows gives no warning: an example of three rows costs nothing at any level."""


def warn_of_python_rows(name: str, levels: Sequence[StageLevels]) -> None:
    """Warn, with the user's line, if more than a tenth of the rows of a step over columns ran in Python."""
    found = [step for stage in levels for step in stage.over(WORTH_A_WARNING) if step.of >= FEWEST_ROWS]
    if found:
        others = len(found) - 1
        more = f"; {others} more step{'' if others == 1 else 's'} handed over rows" if others else ""
        most = max(found, key=lambda step: step.rows)
        warnings.warn_explicit(f"{name}: {most}{more}", PythonRowsWarning, *user_site())
