"""Python's own callables whose meaning the compiler knows.

The compiler compares objects by identity and ignores their names. The objects are looked up once, when glowray is
imported. If somebody assigns `builtins.max` or `operator.add` later, the new object is not taken for Python's own.
"""

from __future__ import annotations

import builtins
import operator
from collections.abc import Mapping
from operator import attrgetter as attrgetter
from operator import itemgetter as itemgetter
from types import BuiltinFunctionType, ModuleType
from typing import Any

_HEAP_TYPE = 1 << 9  # set in the flags of every class that Python code defines

_BINARY = {
    "add": "+", "sub": "-", "mul": "*", "truediv": "/", "floordiv": "//", "mod": "%", "pow": "**", "matmul": "@",
    "and_": "&", "or_": "|", "xor": "^", "lshift": "<<", "rshift": ">>",
    "eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">=", "is_": "is", "is_not": "is not",
}  # fmt: skip
_UNARY = {"neg": "-", "pos": "+", "invert": "~", "not_": "not "}
_ONE_ARGUMENT = (
    "abs", "all", "any", "ascii", "bin", "bool", "bytes", "chr", "dict", "float", "frozenset", "hash", "hex", "int",
    "len", "list", "max", "min", "oct", "ord", "repr", "reversed", "set", "sorted", "str", "sum", "tuple",
)  # fmt: skip
_STR_METHODS = (
    "capitalize", "casefold", "isalnum", "isalpha", "isascii", "isdecimal", "isdigit", "islower", "isnumeric",
    "isspace", "istitle", "isupper", "lower", "lstrip", "rstrip", "split", "splitlines", "strip", "swapcase", "title",
    "upper",
)  # fmt: skip


def _own(module: ModuleType, name: str) -> Any:
    """Return a module's callable if it is the one written in C, else a new object that equals no callable."""
    found = vars(module).get(name)
    if type(found) is BuiltinFunctionType and found.__name__ == name and type(found.__self__) is ModuleType:
        return found
    if type(found) is type and found.__name__ == name and not found.__flags__ & _HEAP_TYPE:
        return found
    return object()


ABS, ALL, ANY, BOOL, DICT, DIVMOD = (_own(builtins, n) for n in ("abs", "all", "any", "bool", "dict", "divmod"))
ENUMERATE, FLOAT, FROZENSET, INT = (_own(builtins, n) for n in ("enumerate", "float", "frozenset", "int"))
LEN, LIST, MAX, MIN, NEXT, RANGE = (_own(builtins, n) for n in ("len", "list", "max", "min", "next", "range"))
ROUND, SET, SORTED, STR, SUM, TUPLE, ZIP = (
    _own(builtins, n) for n in ("round", "set", "sorted", "str", "sum", "tuple", "zip")
)

ISINSTANCE, MAP = (_own(builtins, n) for n in ("isinstance", "map"))

KNOWN: tuple[Any, ...] = (
    ABS, ALL, ANY, BOOL, DICT, DIVMOD, ENUMERATE, FLOAT, FROZENSET, INT, LEN, LIST, MAX, MIN, NEXT, RANGE, ROUND, SET,
    SORTED, STR, SUM, TUPLE, ZIP,
)  # fmt: skip
"""All builtins that the compiler looks for in calls."""


def _lambdas() -> Mapping[int, tuple[Any, str]]:
    found: list[tuple[Any, str]] = [(_own(operator, n), f"lambda a, b: a {sign} b") for n, sign in _BINARY.items()]
    found += [(_own(operator, name), f"lambda a: {sign}a") for name, sign in _UNARY.items()]
    found += [
        (_own(operator, "contains"), "lambda a, b: b in a"),
        (_own(operator, "getitem"), "lambda a, b: a[b]"),
        (_own(operator, "truth"), "lambda a: True if a else False"),
    ]
    found += [(_own(builtins, name), f"lambda a: {name}(a)") for name in _ONE_ARGUMENT]
    found += [(vars(str)[name], f"lambda a: {name}(a)") for name in _STR_METHODS]
    return {id(function): (function, text) for function, text in found}


LAMBDAS = _lambdas()
"""id of a callable → (callable, source of a lambda with the same meaning). The source may use the callable's name."""

EXTREMES = {id(each): f"lambda a, b: {name}(a, b)" for each, name in ((MIN, "min"), (MAX, "max"))}
"""id of min or max → source of a lambda of two arguments with the same meaning."""
