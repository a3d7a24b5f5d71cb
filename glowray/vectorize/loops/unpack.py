"""Unpack the fields of a row into variables: a plain tuple by an assignment, any other row by a call."""

from __future__ import annotations

import ast
from collections.abc import Callable

from glowray.vectorize.analyze.displays import simple_copy
from glowray.vectorize.loops.code.line_table import Span
from glowray.vectorize.loops.code.weaver import Weaver, assign, load, place, store

Unpacked = tuple[list[ast.stmt], list[ast.expr]]


def unpack(
    row: ast.expr,
    width: int,
    otherwise: Callable[[object], tuple[object, ...]] | None,
    line: Span,
    weaver: Weaver,
    takes_lists: bool = False,
) -> Unpacked:
    """Return statements and simple expressions for `width` fields: those of a plain tuple, or of (key, fields).

    Args:
        row: a simple expression for the row.
        width: the number of fields.
        otherwise: returns the fields of any other row, or raises the TypeError about it.
        line: the generated line of the statements.
        weaver: the generated function's names and values.
        takes_lists: whether to unpack a plain list like a tuple. A list is not a keyed row, but it may be spread.
    """
    assert otherwise is not None, "a step that takes fields says what to do with rows that do not have them"
    slow = weaver.give(otherwise, "fields")
    if isinstance(row, ast.Tuple):
        fields = row.elts
        if len(fields) == width:
            return [], list(fields)
        value = fields[1] if len(fields) == 2 else None
        if isinstance(value, ast.Tuple) and len(value.elts) == width - 1:
            return [], [fields[0], *value.elts]
        if isinstance(value, ast.Name):
            return _unpack_keyed(fields[0], value, width, slow, line, weaver)
    names = [weaver.fresh("field") for _ in range(width)]
    anyway = _slowly(slow, row, names)
    if not isinstance(row, ast.Name):
        return place([anyway], line), [load(name) for name in names]
    quick = ast.Assign([ast.Tuple([store(name) for name in names], ast.Store())], simple_copy(row))
    if weaver.tuples.get(row.id) == width:
        return place([quick], line), [load(name) for name in names]
    is_quick = _is_of_width(row, (tuple, list) if takes_lists else (tuple,), width, weaver.types.get(row.id))
    return place([ast.If(is_quick, [quick], [anyway])], line), [load(name) for name in names]


def _unpack_keyed(key: ast.expr, value: ast.Name, width: int, slow: str, line: Span, weaver: Weaver) -> Unpacked:
    names = [weaver.fresh("field") for _ in range(width)]
    targets: list[ast.expr] = [store(name) for name in names[1:]]
    quick: list[ast.stmt] = [
        assign(names[0], simple_copy(key)),
        ast.Assign([ast.Tuple(targets, ast.Store())], load(value.id)),
    ]
    if weaver.tuples.get(value.id) == width - 1:
        return place(quick, line), [load(name) for name in names]
    anyway = _slowly(slow, ast.Tuple([key, value], ast.Load()), names)
    test = _is_of_width(value, (tuple,), width - 1)
    return place([ast.If(test, quick, [anyway])], line), [load(name) for name in names]


def _slowly(slow: str, row: ast.expr, names: list[str]) -> ast.stmt:
    call = ast.Call(load(slow), [simple_copy(row)], [])
    return ast.Assign([ast.Tuple([store(name) for name in names], ast.Store())], call)


def _is_of_width(row: ast.Name, kinds: tuple[type, ...], width: int, surely: type | None = None) -> ast.expr:
    """Return the test `type(row) is tuple and len(row) == width`, which makes plain unpacking safe.

    Args:
        row: the row's variable.
        kinds: the types that may be unpacked.
        width: the number of fields.
        surely: the known type of the row, or None. If it is one of `kinds`, the test leaves out the type.
    """
    length = ast.Compare(ast.Call(load("len"), [load(row.id)], []), [ast.Eq()], [ast.Constant(width)])
    if surely in kinds:
        return length
    tests: list[ast.expr] = [
        ast.Compare(ast.Call(load("type"), [load(row.id)], []), [ast.Is()], [load(kind.__name__)]) for kind in kinds
    ]
    return ast.BoolOp(ast.And(), [tests[0] if len(tests) == 1 else ast.BoolOp(ast.Or(), tests), length])
