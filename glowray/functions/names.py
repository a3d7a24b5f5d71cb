"""The label of a function in plans, messages and task names, and the place of its definition."""

from __future__ import annotations

import functools
import linecache
import os
import re
import sys
from operator import attrgetter, itemgetter, methodcaller
from types import FunctionType, ModuleType
from typing import Any

from glowray.functions.caller import short_site
from glowray.functions.show import cut, shown
from glowray.functions.signature import python_function
from glowray.functions.source_text.lambda_source import lambda_source
from glowray.rows.objects.static_attributes import (
    class_attributes,
    class_name,
    is_instance,
    is_one_of,
    module_attribute,
    module_name,
    name_of,
)

LABEL_LIMIT = 40
"""The maximum number of characters of a label that is a source text or a repr."""

_GETTERS = (attrgetter, itemgetter, methodcaller)
_MODULE_OF_REPR = re.compile(r"^(?:operator|functools|numpy)\.(?=\w+\()")


def label_of(call: Any) -> str:
    """Return a short name to show beside a verb. A lambda shows its source, a partial the name of its function.

    The source of a lambda is cut to LABEL_LIMIT characters. Without a source the lambda shows its file and line.

    >>> import operator
    >>> label_of(str.upper), label_of(len), label_of(operator.itemgetter(1)), label_of(functools.partial(int, base=2))
    ('str.upper', 'len', 'itemgetter(1)', 'int')
    >>> label_of(lambda word: (word, 1))
    'λ word: (word, 1)'
    """
    while is_instance(call, functools.partial):
        call = call.func
    if is_one_of(type(call), _GETTERS):  # itemgetter(1), attrgetter('name'), methodcaller('strip')
        return cut(_MODULE_OF_REPR.sub("", shown(call)), LABEL_LIMIT)
    name = name_of(call)
    if name.rpartition(".")[2] == "<lambda>":
        return _label_of_lambda(call)
    return name.rpartition("<locals>.")[2]


def _label_of_lambda(call: Any) -> str:
    function = python_function(call)
    source = lambda_source(function) if function else None
    if source is not None:
        return cut(f"λ{source.removeprefix('lambda')}", LABEL_LIMIT)
    place = place_of(call)
    return f"λ at {short_site(*place)}" if place else "λ"


def place_of(call: Any) -> tuple[str, int] | None:
    """Return (file, line) of the definition of a function, class or callable object. Return None for C code."""
    while is_instance(call, functools.partial):
        call = call.func
    if is_instance(call, type):
        return _place_of_class(call)
    function = python_function(call)
    return _place_of_code(function) if function else None


def _place_of_code(function: FunctionType) -> tuple[str, int]:
    filename = function.__code__.co_filename
    if not filename.startswith("<"):
        filename = os.path.abspath(filename)
    return filename, function.__code__.co_firstlineno


def _place_of_class(cls: type) -> tuple[str, int] | None:
    """Return the place of the class statement. A generated `__init__` (dataclass, named tuple) has no place itself."""
    module = sys.modules.get(module_name(cls))
    filename = module_attribute(module, "__file__") if is_instance(module, ModuleType) else None
    filename = filename if type(filename) is str else _file_of_methods(cls)
    if filename is None or not filename.endswith(".py"):
        return None
    statement = re.compile(rf"\s*class\s+{re.escape(class_name(cls).rpartition('.')[2])}\b")
    lines = linecache.getlines(filename)
    number = next((number for number, line in enumerate(lines, 1) if statement.match(line)), None)
    return (os.path.abspath(filename), number) if number else None


def _file_of_methods(cls: type) -> str | None:
    functions = (value for value in class_attributes(cls).values() if type(value) is FunctionType)
    files = (function.__code__.co_filename for function in functions)
    return next((file for file in files if not file.startswith("<")), None)
