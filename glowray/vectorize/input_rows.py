"""The row that a step began with, kept in a variable of its own where the step's function may change it."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from glowray.rows.snapshots import FIXED, snapshot
from glowray.vectorize.callees import changes_nothing
from glowray.vectorize.changes import changed
from glowray.vectorize.displays import field_names, record, simple_copy
from glowray.vectorize.know import know
from glowray.vectorize.known import Known
from glowray.vectorize.weave import Weaver, assign, load

if TYPE_CHECKING:
    from glowray.vectorize.chain import Step

_OF_VALUE = ("map_values", "flat_map_values")
_found: WeakKeyDictionary[Known, dict[bool, frozenset[str]]] = WeakKeyDictionary()


def may_change(step: Step) -> bool:
    """Whether the step's function may change its row."""
    return bool(_changed_arguments(step, False))


def may_change_argument(call: Callable[..., object], index: int) -> bool:
    """Whether a function that is only called may change its argument at a place, counted from 0."""
    known = know(call, index + 1)
    if not isinstance(known, Known):
        return not changes_nothing(call)
    return any(place == index and name in _changed(known, False) for place, name in _free(known))


def may_change_arguments(call: Callable[..., object], count: int) -> bool:
    """Whether a function that is only called may change one of its first `count` arguments."""
    return any(may_change_argument(call, index) for index in range(count))


def keep(row: ast.expr, step: Step, gives_rows: bool, weaver: Weaver) -> tuple[list[ast.stmt], ast.expr]:
    """(statements, the row as it is now as a simple expression), to be run before the step's function.

    A row that the function cannot change, or that nobody can, is that expression itself and costs nothing.

    Args:
        gives_rows: whether later steps may change the rows that the function gives them.
    """
    arguments = _changed_arguments(step, gives_rows)
    if not arguments:
        return [], row
    statements: list[ast.stmt] = []
    if not isinstance(row, ast.Tuple):
        return statements, _kept(row, weaver, statements)
    if step.verb in _OF_VALUE and len(row.elts) == 2:
        return statements, _tuple([row.elts[0], _kept(row.elts[1], weaver, statements)])
    is_spread = step.spread == len(row.elts)
    fields = [
        _kept(field, weaver, statements) if index in arguments or not is_spread else field
        for index, field in enumerate(row.elts)
    ]
    return statements, _tuple(fields)


def keep_value(
    value: ast.expr, call: Callable[..., object], weaver: Weaver
) -> tuple[list[ast.stmt], ast.expr]:  # fmt: skip
    """The same for the second argument of a reducer."""
    statements: list[ast.stmt] = []
    return statements, _kept(value, weaver, statements) if may_change_argument(call, 1) else value


def _kept(value: ast.expr, weaver: Weaver, statements: list[ast.stmt]) -> ast.expr:
    if isinstance(value, ast.Tuple):
        return _tuple([_kept(field, weaver, statements) for field in value.elts])
    if isinstance(value, ast.Dict):
        return record(field_names(value), [_kept(field, weaver, statements) for field in value.values])
    if not isinstance(value, ast.Name) or weaver.types.get(value.id) in FIXED:
        return value
    name = weaver.fresh("kept")
    kind = ast.Call(load("type"), [load(value.id)], [])
    is_fixed = ast.Compare(kind, [ast.In()], [load(weaver.give(FIXED, "fixed"))])
    copied = ast.Call(load(weaver.give(snapshot, "snapshot")), [load(value.id)], [])
    statements.append(assign(name, ast.IfExp(is_fixed, load(value.id), copied)))
    return load(name)


def _tuple(fields: list[ast.expr]) -> ast.expr:
    return ast.Tuple([simple_copy(field) for field in fields], ast.Load())


def _changed_arguments(step: Step, gives_rows: bool) -> frozenset[int]:
    """Which of the arguments that the step gives its function may be changed, by their places."""
    if step.call is None:
        return frozenset()
    count = step.spread or 1
    if not isinstance(step.known, Known):
        return frozenset() if changes_nothing(step.call) else frozenset(range(count))
    names = _changed(step.known, gives_rows)
    return frozenset(index for index, name in _free(step.known) if name in names and index < count)


def _free(known: Known) -> list[tuple[int, str]]:
    """The parameters that a call fills, with their places."""
    return list(enumerate(known.positional()[len(known.bound) :]))


def _changed(known: Known, gives_rows: bool) -> frozenset[str]:
    answers = _found.setdefault(known, {})
    if gives_rows not in answers:
        answers[gives_rows] = changed(known, gives_rows)
    return answers[gives_rows]
