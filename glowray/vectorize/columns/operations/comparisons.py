"""Comparisons of texts, numbers, None and tuples."""

from __future__ import annotations

import ast
from functools import partial

from glowray.rows.types.kinds import NOTHING, NUMBERS, TupleOf
from glowray.vectorize.columns.operations import arithmetic as numbers
from glowray.vectorize.columns.operations.expressions import constant, either, field
from glowray.vectorize.columns.operations.none_values import equal, is_none, negation
from glowray.vectorize.columns.texts import text_methods as text
from glowray.vectorize.columns.vectors.frame import Expr
from glowray.vectorize.columns.vectors.untranslatable import Untranslatable


def compare(operator: ast.cmpop, left: Expr, right: Expr, constructs: list[str]) -> Expr:
    """Return `left operator right` for ==, !=, <, <=, >, >=, is and is not."""
    is_same, is_other = isinstance(operator, ast.Is | ast.Eq), isinstance(operator, ast.IsNot | ast.NotEq)
    if NOTHING in (left.kind, right.kind) and (is_same or is_other):
        constructs.append("compare")
        test = is_none(left if right.kind is NOTHING else right)
        return negation(test) if is_other else test
    if isinstance(left.kind, TupleOf) and isinstance(right.kind, TupleOf):
        return _tuples(operator, left, right, constructs)
    are_texts = left.kind is str and right.kind is str
    if not are_texts and not (left.kind in NUMBERS and right.kind in NUMBERS):
        raise Untranslatable("a comparison of different kinds")
    constructs.append("compare text" if are_texts else "compare")
    kernel = partial(text.compare if are_texts else numbers.compare, operator)
    may_be_none = left.carried is not None or right.carried is not None
    if may_be_none and isinstance(operator, ast.Eq | ast.NotEq):
        return equal(left, right, kernel, isinstance(operator, ast.NotEq))
    return kernel(left, right)


def _tuples(operator: ast.cmpop, left: Expr, right: Expr, constructs: list[str]) -> Expr:
    """Compare tuples: the first fields that differ decide."""
    one, other = (value.kind.fields for value in (left, right))  # type: ignore[union-attr]
    # Python takes two fields that are one object as equal, even NaN. Columns have no identity, so float is refused.
    if len(one) != len(other) or float in (*one, *other) or isinstance(operator, ast.Is | ast.IsNot):
        raise Untranslatable("a comparison of such tuples")
    pairs = [(field(left, place), field(right, place)) for place in range(len(one))]
    if isinstance(operator, ast.NotEq):
        return negation(_tuples(ast.Eq(), left, right, constructs))
    is_equality = isinstance(operator, ast.Eq)
    made = compare(operator, *pairs[-1], constructs)
    for a, b in reversed(pairs[:-1]):
        same = compare(ast.Eq(), a, b, constructs)
        constructs.append("choose")
        made = either(same, made, constant(False) if is_equality else compare(operator, a, b, constructs))
    return made
