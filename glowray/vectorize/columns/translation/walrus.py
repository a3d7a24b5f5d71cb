"""Turn an assignment within an expression into a statement before it, where Python evaluates it first.

if (n := len(s)) > 3: return n        →  n = len(s)
                                         if n > 3: return n
"""

from __future__ import annotations

import ast


def without_walrus(body: list[ast.stmt]) -> list[ast.stmt]:
    """Return a block whose first statement has no assignment that is evaluated first in it."""
    first, *rest = body
    before: list[ast.stmt] = []
    while (found := _first_in(first)) is not None:
        assign = ast.Assign([ast.Name(found.target.id, ast.Store())], found.value)
        before.append(ast.copy_location(assign, found))
        first = _Replacing(found).statement(first)
    return [*(each for statement in before for each in without_walrus([statement])), first, *rest]


def _first_in(statement: ast.stmt) -> ast.NamedExpr | None:
    if isinstance(statement, ast.Return | ast.Expr | ast.Assign | ast.AnnAssign):
        return None if statement.value is None else first_walrus(statement.value)
    return first_walrus(statement.test) if isinstance(statement, ast.If) else None


def first_walrus(node: ast.expr | None) -> ast.NamedExpr | None:
    """Return the assignment that Python evaluates before anything else in an expression, or None."""
    while node is not None:
        if isinstance(node, ast.NamedExpr):
            return node
        node = _evaluated_first(node)
    return None


def _evaluated_first(node: ast.expr) -> ast.expr | None:
    if isinstance(node, ast.Compare | ast.BinOp):
        return node.left
    if isinstance(node, ast.BoolOp):
        return node.values[0]
    if isinstance(node, ast.IfExp):
        return node.test
    if isinstance(node, ast.UnaryOp):
        return node.operand
    if isinstance(node, ast.Subscript | ast.Attribute):
        return node.value
    if isinstance(node, ast.Tuple) and node.elts:
        return node.elts[0]
    if isinstance(node, ast.Call):
        return node.func.value if isinstance(node.func, ast.Attribute) else node.args[0] if node.args else None
    return None


def replaced(node: ast.expr, found: ast.NamedExpr) -> ast.expr:
    """Return an expression with the name in place of an assignment to it."""
    made = _Replacing(found).visit(node)
    assert isinstance(made, ast.expr)
    return made


class _Replacing(ast.NodeTransformer):
    """Copies the nodes around an assignment, and puts its name there. The tree stays as it is."""

    def __init__(self, found: ast.NamedExpr) -> None:
        self._found = found

    def statement(self, node: ast.stmt) -> ast.stmt:
        made = self.visit(node)
        assert isinstance(made, ast.stmt)
        return made

    def visit(self, node: ast.AST) -> ast.AST:
        if node is self._found:
            return ast.copy_location(ast.Name(self._found.target.id, ast.Load()), node)
        if not any(each is self._found for each in ast.walk(node)):
            return node
        return self.generic_visit(type(node)(**vars(node)))

    def generic_visit(self, node: ast.AST) -> ast.AST:
        for name, value in ast.iter_fields(node):
            if isinstance(value, list):
                setattr(node, name, [self.visit(each) if isinstance(each, ast.AST) else each for each in value])
            elif isinstance(value, ast.AST):
                setattr(node, name, self.visit(value))
        return node
