"""What the calls inside a known function call: other known functions, and builtins with a shorter form."""

from __future__ import annotations

import ast
from types import FunctionType

from glowray.vectorize.callees import called
from glowray.vectorize.hygiene import obstacle
from glowray.vectorize.know import know
from glowray.vectorize.known import Known
from glowray.vectorize.known_callables import MAX, MIN
from glowray.vectorize.names import own_names
from glowray.vectorize.weave import Weaver


def helper_of(known: Known, call: ast.Call, weaver: Weaver) -> Known | None:
    """The Python function that a call inside `known` calls, if it can take the call's place."""
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
    """Whether it is `max(a, b)` or `min(a, b)` of Python's own."""
    value = called(known, call)
    return (value is MAX or value is MIN) and len(call.args) == 2


def constant_of(known: Known, name: str) -> object:
    """The value of a free name that is a tuple of str, which nobody can change; None for all else."""
    if name in own_names(known.node):
        return None
    value = known.environment.value(name)
    return value if type(value) is tuple and all(type(each) is str for each in value) else None
