"""The work of a task: a source of rows, steps and an exchange. Nothing in here knows Ray or plans."""

from __future__ import annotations

from glowray.kernels.task.fragment import Fragment, flow, run
from glowray.kernels.task.task_report import TaskReport

__all__ = ["Fragment", "TaskReport", "flow", "run"]
