"""Which functions of a plan the user gave: verbs that are composed of others bring functions of their own."""

from __future__ import annotations

from glowray.boundary import is_framework
from glowray.functions import Function
from glowray.functions.signature import python_function

WITHOUT_FUNCTION = ("count_by_key", "count_by_value", "sum", "mean")
"""Verbs that use functions of Python's own and take none."""


def is_given(function: Function) -> bool:
    """Whether a function is the user's, and not one that a verb brings along."""
    if function.verb in WITHOUT_FUNCTION:
        return False
    python = None if function.is_named else python_function(function.call)
    return python is None or not is_framework(python.__code__)
