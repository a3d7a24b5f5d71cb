"""Where a generator expression stands for its items: it is neither true nor long by them, and is gone through once."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from glowray.vectorize.known import Known


def gone_through(known: Known) -> frozenset[int]:
    """The ids of expressions that a function's comprehensions, and its calls of str.join, go through on the spot."""
    return frozenset(map(id, _gone_through(known.node)))


def _gone_through(function: ast.AST) -> Iterator[ast.expr]:
    for node in ast.walk(function):
        if isinstance(node, ast.comprehension):
            yield node.iter
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "join":
            yield from node.args


def is_returned(node: ast.expr, known: Known) -> bool:
    """Whether an expression is what a function gives."""
    if isinstance(known.node, ast.Lambda):
        return known.node.body is node
    return any(isinstance(each, ast.Return) and each.value is node for each in ast.walk(known.node))
