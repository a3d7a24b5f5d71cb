"""How long the property tests search."""

from __future__ import annotations

from hypothesis import settings

FEW = 10
"""Examples of a test in the profile `fast`, for the time while one works on something."""


def examples(many: int) -> int:
    """For a test that is worth `many` examples rather than the usual number: as many, or few in the profile `fast`."""
    return min(many, FEW) if settings.get_current_profile_name() == "fast" else many
