"""How often Ray tries again a task whose worker was killed because its node ran out of memory."""

from __future__ import annotations

import json
import os

from glowray.engine.protocol import RETRIES

SETTING = "task_oom_retries"


def bound_oom_retries() -> None:
    """Let Ray give up such a task after as many retries as any other lost task; its own default is to go on for ever.

    The driver decides, whoever has started Ray: this process's copy of Ray's settings is changed, for all tasks that it
    submits. A user's own RAY_task_oom_retries, here or in the cluster's settings, is left as it is.
    """
    from ray._private.state import state
    from ray._raylet import Config  # type: ignore[attr-defined]  # missing from its stub

    settings = state.get_system_config()
    if SETTING not in settings and f"RAY_{SETTING}" not in os.environ:
        Config.initialize(json.dumps(settings | {SETTING: RETRIES}))
