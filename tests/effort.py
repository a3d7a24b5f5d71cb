"""The number of examples of property tests, and of cases among the fast tests."""

from __future__ import annotations

from hypothesis import settings

FEW = 10
"""The examples of a test in the profile `fast`, which is for use during development."""


MOST_CASES = 6
"""The cases of one test among the fast tests. Cases beyond them are marked slow."""


def examples(many: int) -> int:
    """Return settings with `many` examples instead of the default number, or FEW in the profile `fast`."""
    return min(many, FEW) if settings.get_current_profile_name() == "fast" else many
