"""Count the values that a generator function yields, as far as its code tells."""

from __future__ import annotations

import dis
import inspect
from collections.abc import Callable

from glowray.vectorize.definition.bindings import python_function


def yields_few(function: Callable[..., object]) -> bool:
    """Return whether a function is a generator function without a loop: each `yield` in its code runs at most once."""
    found = python_function(function)
    if found is None or not found.__code__.co_flags & inspect.CO_GENERATOR:
        return False
    return not any("BACKWARD" in each.opname for each in dis.get_instructions(found.__code__))
