"""What a task computes: a source of rows, steps, an exchange. No Ray and no plan in here."""

from __future__ import annotations

from glowray.kernels.task.fragment import Fragment, flow, run
from glowray.kernels.task.task_report import TaskReport

__all__ = ["Fragment", "TaskReport", "flow", "run"]
