"""Rewrite the body of a reducer as one expression of its parameters."""

from __future__ import annotations

import ast
import copy
from collections.abc import Collection, Mapping

from glowray.vectorize.definition.known_function import Known


def returned(known: Known, tuples: Collection[str]) -> ast.expr | None:
    """Return the expression that a function returns, or None if the function does more than unpack and return.

    Unpacking statements like `total, count = accumulator` are allowed for the parameters `tuples`. They must name as
    many fields as the function returns, since unpacking a tuple of another length is an error.

    >>> from glowray.vectorize.definition.function_lookup import know
    >>> def add(total, n):
    ...     amount, count = total
    ...     return amount + n, count + 1
    >>> ast.unparse(returned(know(add), ["total"]))
    '(total[0] + n, total[1] + 1)'
    """
    if isinstance(known.node, ast.Lambda):
        return known.node.body
    *before, last = [each for each in known.node.body if not _is_text(each)]
    if not isinstance(last, ast.Return) or last.value is None:
        return None
    fields: dict[str, ast.expr] = {}
    for statement in before:
        named = _named(statement, tuples)
        if named is None or len(named) != len(getattr(last.value, "elts", ())):
            return None
        if set(named) & {*fields, *known.positional()}:
            return None
        fields.update(named)
    return _Renamed(fields).visit(copy.deepcopy(last.value)) if fields else last.value


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _named(statement: ast.stmt, tuples: Collection[str]) -> dict[str, ast.expr] | None:
    """Return name → field for a statement that unpacks one of the tuples, else None."""
    if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
        return None
    (target,), row = statement.targets, statement.value
    if not isinstance(target, ast.Tuple) or not isinstance(row, ast.Name) or row.id not in tuples:
        return None
    names = [each.id for each in target.elts if isinstance(each, ast.Name)]
    if len(set(names)) != len(target.elts):
        return None
    return {name: ast.Subscript(row, ast.Constant(place), ast.Load()) for place, name in enumerate(names)}


class _Renamed(ast.NodeTransformer):
    def __init__(self, fields: Mapping[str, ast.expr]) -> None:
        self._fields = fields

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self._fields.get(node.id, node)
