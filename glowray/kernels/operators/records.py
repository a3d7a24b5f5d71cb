"""The check that a row is a record."""

from __future__ import annotations

from typing import Any

from glowray.functions.show import shown


def checked_record(row: Any, verb: str) -> None:
    """Raise TypeError for a row that is no dict."""
    if not isinstance(row, dict):
        raise TypeError(f"{verb}() needs rows that are dicts, got {shown(row)} ({type(row).__name__})")
