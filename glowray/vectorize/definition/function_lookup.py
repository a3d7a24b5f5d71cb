"""know: find a callable's syntax tree and captured values, or the reason why that is impossible."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import partial
from types import FunctionType, MethodType

from glowray.rows.objects.static_attributes import builtins_of, name_of
from glowray.vectorize.definition.answer_cache import remembered
from glowray.vectorize.definition.bindings import call_method
from glowray.vectorize.definition.builtin_lambdas import synthetic
from glowray.vectorize.definition.environment import Environment
from glowray.vectorize.definition.known_function import Known, Refused
from glowray.vectorize.definition.source_files import source_of

_ASYNC = inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR | inspect.CO_ITERABLE_COROUTINE


def know(call: Callable[..., object], arguments: int = 1) -> Known | Refused:
    """Return a function's syntax tree, proven to be its own, and the values that its names have now.

    >>> import operator
    >>> import ast
    >>> ast.unparse(know(operator.add).node)
    'lambda a, b: a + b'
    >>> know(print).reason
    'print is not a Python function'

    Args:
        call: the object that a verb received: a lambda, a def, a method, a partial, an operator or a builtin.
        arguments: how many arguments the verb passes (2 for a reducer). Only min and max differ by it.

    The function runs no user code.
    """
    return remembered(call, "known", arguments, find=lambda: _known(call, arguments))


def _known(call: Callable[..., object], arguments: int) -> Known | Refused:
    bound: tuple[object, ...] = ()
    keywords: Mapping[str, object] = {}
    inner = call
    while type(inner) is not FunctionType:
        if type(inner) is MethodType:
            bound = (inner.__self__, *bound)
            inner = inner.__func__
        elif type(inner) is partial:
            bound = (*inner.args, *bound)
            keywords = {**inner.keywords, **keywords}
            inner = inner.func
        elif (made := synthetic(inner, arguments + len(bound))) is not None:
            function, node = made
            environment = Environment(function, function, frozenset())
            return Known(
                call, function, node, function.__code__.co_filename, name_of(inner), environment, bound, keywords,
                synthetic=True,
            )  # fmt: skip
        elif (method := call_method(inner)) is not None:
            bound = (inner, *bound)
            inner = method
        else:
            return Refused(f"{name_of(inner)} is not a Python function")
    return _proven(call, inner, bound, keywords)


def _proven(
    call: Callable[..., object], function: FunctionType, bound: tuple[object, ...], keywords: Mapping[str, object]
) -> Known | Refused:
    code = function.__code__
    if code.co_flags & _ASYNC:
        return Refused(f"{code.co_name} is async")
    if type(function.__globals__) is not dict or type(builtins_of(function)) is not dict:
        return Refused(f"the globals of {code.co_name} are no plain dict")
    source = source_of(function)
    if source is None:
        return Refused(f"Python has no source for {code.co_name}")
    found = source.find(code)
    if found is None:
        return Refused(f"the source at {code.co_filename}:{code.co_firstlineno} is not that of {code.co_name}")
    node, class_name = found
    environment = Environment(call, function, source.rebound)
    return Known(
        call, function, node, code.co_filename, code.co_name, environment, bound, keywords,
        in_class=class_name is not None,
    )  # fmt: skip
