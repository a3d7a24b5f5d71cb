"""How often Ray retries a task that was lost with its worker or node, or that was killed for want of memory."""

from __future__ import annotations

import json
import os

from glowray.engine.task.protocol import RETRIES, Task

SETTING = "task_oom_retries"


def max_retries(task: Task) -> int:
    """Return how often Ray retries a task that is lost: never one that flows, as the rows that it has read are gone."""
    return 0 if task.flows else task.retries


def bound_oom_retries() -> None:
    """Make Ray give up a task after RETRIES retries if its node runs out of memory. By default Ray retries for ever.

    The driver's copy of Ray's settings decides for all tasks that it submits, whoever has started Ray. A user's own
    RAY_task_oom_retries, here or in the cluster's settings, is kept.
    """
    from ray._private.state import state
    from ray._raylet import Config  # type: ignore[attr-defined]  # missing from its stub

    settings = state.get_system_config()
    if SETTING not in settings and f"RAY_{SETTING}" not in os.environ:
        Config.initialize(json.dumps(settings | {SETTING: RETRIES}))
