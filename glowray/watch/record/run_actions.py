"""Tell `glowray run --json` about the actions of the script that it runs."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from glowray.watch.run.stats import Stats

ACTIONS_VARIABLE = "GLOWRAY_RUN_ACTIONS"
"""The environment variable that names a file, to which each action appends its statistics as a line of JSON."""


def append_action(stats: Stats) -> None:
    """Append the statistics of an action that has ended to the file that the environment names, if it names one."""
    path = os.environ.get(ACTIONS_VARIABLE)
    if path:
        with open(path, "a", encoding="utf-8") as file:
            file.write(f"{json.dumps(stats.to_dict())}\n")
