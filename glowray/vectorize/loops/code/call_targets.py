"""Classify calls inside a known function: calls of other known functions, of min and max, and constant names."""

from __future__ import annotations

import ast
from types import FunctionType

from glowray.vectorize.analyze.call_effects import called
from glowray.vectorize.analyze.inlining_obstacles import obstacle
from glowray.vectorize.analyze.scope_names import own_names
from glowray.vectorize.definition.builtin_callables import MAX, MIN
from glowray.vectorize.definition.function_lookup import know
from glowray.vectorize.definition.known_function import Known
from glowray.vectorize.loops.code.weaver import Weaver


def helper_of(known: Known, call: ast.Call, weaver: Weaver) -> Known | None:
    """Return the Python function that a call inside `known` calls, if its body can replace the call, else None."""
    value = called(known, call)
    if type(value) is not FunctionType or value is known.function:
        return None
    if value not in weaver.helpers:
        found = know(value)
        weaver.helpers[value] = found if isinstance(found, Known) and obstacle(found) is None else None
    helper = weaver.helpers[value]
    if helper is None or helper.is_generator or len(call.args) > len(helper.positional()):
        return None
    return helper


def is_extreme(known: Known, call: ast.Call) -> bool:
    """Return whether the call is Python's own `max(a, b)` or `min(a, b)`."""
    value = called(known, call)
    return (value is MAX or value is MIN) and len(call.args) == 2


def constant_of(known: Known, name: str) -> object:
    """Return the value of a free name if it is a tuple of str, which cannot change, else None."""
    if name in own_names(known.node):
        return None
    value = known.environment.value(name)
    return value if type(value) is tuple and all(type(each) is str for each in value) else None
