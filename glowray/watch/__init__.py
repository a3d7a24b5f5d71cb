"""The view that users have of a job: statistics, explain(), pictures, progress, and the prints of tasks.

It is told what happens and never changes what a job does. Code that plans or runs a job does not belong here.
"""

from __future__ import annotations

from glowray.watch.script import first_action

__all__ = ["first_action"]
