"""Sets how often Ray retries a task whose worker was killed because its node ran out of memory."""

from __future__ import annotations

import json
import os

from glowray.engine.task.protocol import RETRIES

SETTING = "task_oom_retries"


def bound_oom_retries() -> None:
    """Make Ray give up such a task after RETRIES retries, like any other lost task. By default Ray retries for ever.

    The driver's copy of Ray's settings decides for all tasks that it submits, whoever has started Ray. A user's own
    RAY_task_oom_retries, here or in the cluster's settings, is kept.
    """
    from ray._private.state import state
    from ray._raylet import Config  # type: ignore[attr-defined]  # missing from its stub

    settings = state.get_system_config()
    if SETTING not in settings and f"RAY_{SETTING}" not in os.environ:
        Config.initialize(json.dumps(settings | {SETTING: RETRIES}))
