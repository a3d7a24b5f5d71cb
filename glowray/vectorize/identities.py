"""Builtins, str methods and operators, known by identity: each has a lambda of the same meaning."""

from __future__ import annotations

import ast
import operator
import re
from functools import cache
from types import BuiltinFunctionType, FunctionType, MethodDescriptorType

_BINARY = {
    "add": "+", "sub": "-", "mul": "*", "truediv": "/", "floordiv": "//", "mod": "%", "pow": "**", "matmul": "@",
    "and_": "&", "or_": "|", "xor": "^", "lshift": "<<", "rshift": ">>",
    "eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">=", "is_": "is", "is_not": "is not",
}  # fmt: skip
_UNARY = {"neg": "-", "pos": "+", "invert": "~", "not_": "not "}
_ONE_ARGUMENT = (
    abs, all, any, ascii, bin, bool, bytes, chr, dict, float, frozenset, hash, hex, int, len, list, max, min, oct, ord,
    repr, reversed, set, sorted, str, sum, tuple,
)  # fmt: skip
_STR_METHODS = (
    "capitalize", "casefold", "isalnum", "isalpha", "isascii", "isdecimal", "isdigit", "islower", "isnumeric",
    "isspace", "istitle", "isupper", "lower", "lstrip", "rstrip", "split", "splitlines", "strip", "swapcase", "title",
    "upper",
)  # fmt: skip


@cache
def _table() -> dict[object, str]:
    table: dict[object, str] = {getattr(operator, n): f"lambda a, b: a {sign} b" for n, sign in _BINARY.items()}
    table.update({getattr(operator, name): f"lambda a: {sign}a" for name, sign in _UNARY.items()})
    table[operator.contains] = "lambda a, b: b in a"
    table[operator.getitem] = "lambda a, b: a[b]"
    table[operator.truth] = "lambda a: True if a else False"
    table.update({f: f"lambda a: {f.__name__}(a)" for f in _ONE_ARGUMENT})
    table.update({getattr(str, name): f"lambda a: {name}(a)" for name in _STR_METHODS})
    return table


def synthetic(call: object, arguments: int = 1) -> tuple[FunctionType, ast.Lambda] | None:
    """A Python function of the same meaning as `call` for that many arguments, with its tree; None for all others."""
    if isinstance(call, operator.itemgetter | operator.attrgetter):
        text = _getter(call)
    elif not isinstance(call, BuiltinFunctionType | MethodDescriptorType | type):
        return None
    elif arguments == 2 and (call is min or call is max):
        text = f"lambda a, b: {call.__name__}(a, b)"
    else:
        text = _table().get(call)
    if text is None:
        return None
    tree = ast.parse(text, f"<{getattr(call, '__name__', 'getter')}>", "eval")
    namespace: dict[str, object] = {"__name__": __name__}
    if isinstance(call, MethodDescriptorType):
        namespace[call.__name__] = call
    made = eval(compile(tree, f"<{getattr(call, '__name__', 'getter')}>", "eval"), namespace)
    assert isinstance(tree.body, ast.Lambda)
    return made, tree.body


def _getter(call: object) -> str | None:
    reduced = call.__reduce__()
    assert isinstance(reduced, tuple)
    kind, items = reduced
    if kind is operator.attrgetter and all(re.fullmatch(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", item) for item in items):
        parts = [f"a.{item}" for item in items]
    elif kind is operator.itemgetter and all(type(item) in (int, str) for item in items):
        parts = [f"a[{item!r}]" for item in items]
    else:
        return None
    return f"lambda a: {parts[0]}" if len(parts) == 1 else f"lambda a: ({', '.join(parts)})"
