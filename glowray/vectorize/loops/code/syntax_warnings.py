"""Rewrite generated code that Python would compile with a SyntaxWarning.

Inlining puts a constant or a display in place of a name: `x is y` may become `1 is y`, and `row["a"]` may
become `(1, 2)["a"]`.
"""

from __future__ import annotations

import ast

from glowray.vectorize.loops.code.weaver import Weaver, load

_PLAIN = (None, True, False, Ellipsis)
_DISPLAYS = (ast.Constant, ast.JoinedStr, ast.Tuple, ast.List, ast.Dict, ast.Set)


def quiet(statements: list[ast.stmt], weaver: Weaver) -> list[ast.stmt]:
    """Return the statements with `1 is x`, `(a, b)["x"]` and `1(x)` rewritten, so that Python warns of nothing.

    `1 is x` → `constant·3 is x`; `(a, b)["x"]` → `[(a, b)][0]["x"]`.
    """
    pass_ = _Quiet(weaver)
    return [pass_.visit(statement) for statement in statements]


class _Quiet(ast.NodeTransformer):
    def __init__(self, weaver: Weaver) -> None:
        self._weaver = weaver

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        self.generic_visit(node)
        if any(isinstance(operation, ast.Is | ast.IsNot) for operation in node.ops):
            node.left = self._named(node.left)
            node.comparators = list(map(self._named, node.comparators))
        return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        self.generic_visit(node)
        is_sequence = isinstance(node.value, ast.Tuple | ast.List | ast.JoinedStr) or (
            isinstance(node.value, ast.Constant) and isinstance(node.value.value, str | bytes)
        )
        is_index = not isinstance(node.slice, ast.Constant) or isinstance(node.slice.value, int)
        node.value = node.value if is_sequence and is_index else _wrapped(node.value)
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        node.func = _wrapped(node.func)
        return node

    def _named(self, node: ast.expr) -> ast.expr:
        if not isinstance(node, ast.Constant) or any(node.value is each for each in _PLAIN):
            return node
        return ast.copy_location(load(self._weaver.give(node.value, "constant")), node)


def _wrapped(node: ast.expr) -> ast.expr:
    if not isinstance(node, _DISPLAYS):
        return node
    inside = ast.copy_location(ast.List([node], ast.Load()), node)
    return ast.copy_location(ast.Subscript(inside, ast.copy_location(ast.Constant(0), node), ast.Load()), node)
