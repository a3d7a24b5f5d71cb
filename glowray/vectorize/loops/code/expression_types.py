"""Infer facts about generated expressions: their exact builtin type, and whether they can raise or have effects.

Every answer holds in all cases; if a fact is unsure the answer is None or False.
"""

from __future__ import annotations

import ast

from glowray.rows.objects.static_attributes import is_one_of
from glowray.vectorize.definition.builtin_callables import INT, LEN, RANGE, STR
from glowray.vectorize.loops.code.weaver import Weaver

_SAME_WORDS = frozenset({"lower", "upper", "strip", "lstrip", "rstrip", "casefold", "title", "capitalize", "swapcase"})
_TEXT = _SAME_WORDS | {"replace", "zfill", "format"}
_TESTS = frozenset({
    "isalnum", "isalpha", "isascii", "isdecimal", "isdigit", "isidentifier", "islower", "isnumeric", "isprintable",
    "isspace", "istitle", "isupper",
})  # fmt: skip
_METHODS: dict[str, type] = {
    **dict.fromkeys(_TEXT, str), **dict.fromkeys(_TESTS, bool), "startswith": bool, "endswith": bool,
    "find": int, "rfind": int, "index": int, "count": int, "split": list, "rsplit": list, "splitlines": list,
    "encode": bytes,
}  # fmt: skip
_NEVER_RAISE = _TESTS | _SAME_WORDS | {"split"}
_COLLECTIONS = (str, bytes, tuple, list, range, set, frozenset, dict)
_NUMBERS = (int, float, bool)
_PLAIN = (str, bytes, int, float, bool, type(None))
_ORDERED = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)


def exact_type(node: ast.expr, weaver: Weaver) -> type | None:
    """Return the exact type of the expression's value, or None if it is unknown."""
    if isinstance(node, ast.Constant):
        return type(node.value)
    if isinstance(node, ast.JoinedStr):
        return str
    if isinstance(node, ast.Name):
        value = weaver.values.get(node.id)
        captured = type(value) if node.id in weaver.values and is_one_of(type(value), _PLAIN) else None
        return weaver.types.get(node.id, captured)
    if isinstance(node, ast.Call):
        return _call_type(node, weaver)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return bool
    if isinstance(node, ast.Compare):
        sides = (node.left, *node.comparators)
        return bool if all(exact_type(side, weaver) in _PLAIN for side in sides) else None
    if isinstance(node, ast.BinOp):
        left, right = exact_type(node.left, weaver), exact_type(node.right, weaver)
        if left is right is int and isinstance(node.op, ast.Add | ast.Sub | ast.Mult | ast.FloorDiv | ast.Mod):
            return int
        return str if left is right is str and isinstance(node.op, ast.Add) else None
    return None


def _call_type(node: ast.Call, weaver: Weaver) -> type | None:
    if isinstance(node.func, ast.Attribute):
        return _METHODS.get(node.func.attr) if exact_type(node.func.value, weaver) is str else None
    callee = weaver.value_of(node.func)
    if len(node.args) == 1 and not node.keywords and not isinstance(node.args[0], ast.Starred):
        if callee is LEN:
            return int
        if (callee is INT or callee is STR) and exact_type(node.args[0], weaver) in _PLAIN:
            return int if callee is INT else str
    return None


def is_plain(node: ast.expr, weaver: Weaver) -> bool:
    """Return whether the value's type is a plain one, whose bool() and comparisons run no user code."""
    return exact_type(node, weaver) in _PLAIN


def is_steady(node: ast.expr, weaver: Weaver) -> bool:
    """Return whether iterating over the value runs no user code, because it is a builtin collection."""
    if isinstance(node, ast.Name) and node.id in weaver.values:
        return is_one_of(type(weaver.values[node.id]), _COLLECTIONS)
    is_range = isinstance(node, ast.Call) and weaver.value_of(node.func) is RANGE
    return is_range or isinstance(node, ast.Tuple | ast.List) or exact_type(node, weaver) in _COLLECTIONS


def element_type(node: ast.expr, weaver: Weaver) -> type | None:
    """Return the exact type of the items, or None.

    It is known for a range, a str, a new list of str and a captured tuple of str.
    """
    kind = exact_type(node, weaver)
    if kind is str:
        return str
    if isinstance(node, ast.Name) and type(value := weaver.values.get(node.id)) is tuple:
        return str if value and all(type(each) is str for each in value) else None
    if isinstance(node, ast.Call):
        if isinstance(node.func, ast.Attribute) and kind is list:
            return str
        if weaver.value_of(node.func) is RANGE:
            return int
    return None


def cannot_fail(node: ast.expr, weaver: Weaver) -> bool:
    """Return whether evaluating the expression raises nothing and has no effect."""
    if isinstance(node, ast.Constant | ast.Name):
        return True
    if isinstance(node, ast.Tuple | ast.List):
        return all(cannot_fail(each, weaver) for each in node.elts)
    if isinstance(node, ast.BoolOp):
        return all(cannot_fail(each, weaver) and exact_type(each, weaver) in _PLAIN for each in node.values)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return cannot_fail(node.operand, weaver) and exact_type(node.operand, weaver) in _PLAIN
    if isinstance(node, ast.IfExp):
        parts = (node.test, node.body, node.orelse)
        return exact_type(node.test, weaver) in _PLAIN and all(cannot_fail(each, weaver) for each in parts)
    if isinstance(node, ast.Compare):
        return _compare_is_safe(node, weaver)
    if isinstance(node, ast.Call):
        return _call_is_safe(node, weaver)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub | ast.Mult):
        return exact_type(node, weaver) in (int, str) and all(cannot_fail(e, weaver) for e in (node.left, node.right))
    return False


def _compare_is_safe(node: ast.Compare, weaver: Weaver) -> bool:
    left: ast.expr = node.left
    for operation, right in zip(node.ops, node.comparators, strict=True):
        if not cannot_fail(left, weaver) or not cannot_fail(right, weaver):
            return False
        one, other = exact_type(left, weaver), exact_type(right, weaver)
        if isinstance(operation, ast.In | ast.NotIn):
            if not (one is str and (other is str or _is_set_of_text(right, weaver))):
                return False
        elif isinstance(operation, _ORDERED):
            if one is None or one not in (str, bytes) + _NUMBERS or (one is not other and {one, other} - {*_NUMBERS}):
                return False
        elif one not in _PLAIN or other not in _PLAIN:
            return False
        left = right
    return True


def _is_set_of_text(node: ast.expr, weaver: Weaver) -> bool:
    value = weaver.values.get(node.id) if isinstance(node, ast.Name) else None
    return (type(value) is set or type(value) is frozenset) and all(type(each) is str for each in value)


def _call_is_safe(node: ast.Call, weaver: Weaver) -> bool:
    if node.keywords:
        return False
    if isinstance(node.func, ast.Name):
        kinds = [exact_type(each, weaver) for each in node.args]
        return weaver.value_of(node.func) is LEN and kinds in ([str], [bytes]) and cannot_fail(node.args[0], weaver)
    if not isinstance(node.func, ast.Attribute) or exact_type(node.func.value, weaver) is not str:
        return False
    if not cannot_fail(node.func.value, weaver):
        return False
    if node.func.attr in _NEVER_RAISE:
        return not node.args
    if node.func.attr not in ("startswith", "endswith", "count", "find", "rfind") or len(node.args) != 1:
        return False
    return exact_type(node.args[0], weaver) is str and cannot_fail(node.args[0], weaver)
