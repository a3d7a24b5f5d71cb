"""The number of examples of property tests."""

from __future__ import annotations

from hypothesis import settings

FEW = 10
"""The examples of a test in the profile `fast`, which is for use during development."""


def examples(many: int) -> int:
    """Return settings with `many` examples instead of the default number, or FEW in the profile `fast`."""
    return min(many, FEW) if settings.get_current_profile_name() == "fast" else many
