"""Lambdas with the meaning of builtins, str methods, operators, `itemgetter` and `attrgetter`.

Examples:

    operator.add → lambda a, b: a + b
    itemgetter("n") → lambda a: a["n"]
"""

from __future__ import annotations

import ast
from keyword import iskeyword
from types import FunctionType

from glowray.vectorize.definition.builtin_callables import EXTREMES, LAMBDAS, attrgetter, itemgetter


def synthetic(call: object, arguments: int = 1) -> tuple[FunctionType, ast.Lambda] | None:
    """Return (a Python function with the meaning of `call`, its syntax tree), or None.

    Args:
        call: any object. Only Python's own callables have an answer.
        arguments: how many arguments the call gets; `min` and `max` differ by it.
    """
    namespace: dict[str, object] = {"__name__": __name__}
    if type(call) is itemgetter or type(call) is attrgetter:
        text, name = _getter(call), "getter"
    elif id(call) in LAMBDAS:
        function, text = LAMBDAS[id(call)]
        text = EXTREMES.get(id(call), text) if arguments == 2 else text
        name = function.__name__
        namespace[name] = function
    else:
        return None
    if text is None:
        return None
    tree = ast.parse(text, f"<{name}>", "eval")
    made = eval(compile(tree, f"<{name}>", "eval"), namespace)
    assert isinstance(tree.body, ast.Lambda)
    return made, tree.body


def _getter(call: object) -> str | None:
    reduced = call.__reduce__()
    assert isinstance(reduced, tuple)
    kind, items = reduced
    if kind is attrgetter and all(map(_is_path, items)):
        parts = [f"a.{item}" for item in items]
    elif kind is itemgetter and all(type(item) is int or type(item) is str for item in items):
        parts = [f"a[{item!r}]" for item in items]
    else:
        return None
    return f"lambda a: {parts[0]}" if len(parts) == 1 else f"lambda a: ({', '.join(parts)})"


def _is_path(text: str) -> bool:
    """Return whether `a.{text}` is an expression that reads these attributes.

    Names beyond ASCII are refused: Python normalises them in source.
    """
    return text.isascii() and all(name.isidentifier() and not iskeyword(name) for name in text.split("."))
