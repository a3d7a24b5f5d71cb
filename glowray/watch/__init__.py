"""What a job looks like from outside: statistics, explain, pictures, progress."""

from __future__ import annotations

from glowray.watch.script import first_action

__all__ = ["first_action"]
