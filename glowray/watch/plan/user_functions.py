"""Tell the user's functions in a plan from glowray's own, which verbs made of other verbs add."""

from __future__ import annotations

from glowray.boundary import is_framework
from glowray.functions import Function
from glowray.functions.signature import python_function


def is_given(function: Function) -> bool:
    """Return whether a function is the user's, and not one that a verb adds."""
    if function.is_glowrays:
        return False
    python = None if function.is_named else python_function(function.call)
    return python is None or not is_framework(python.__code__)
