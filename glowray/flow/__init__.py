"""Where a job starts: a Flow, its sources, and the default flow of the module functions."""

from __future__ import annotations

from glowray.flow.flow import Flow

__all__ = ["Flow"]
