"""Generators as list columns: `ListOf(…, once=True)`, which have no len() and are always true.

A generator function that yields at most one item a row becomes a test and an item:

    def even(n):
        if n % 2 == 0: yield n     over [1, 2, 4] → tests [False, True, True] → offsets [0, 0, 1, 2], values [2, 4]
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from glowray.rows.types.kinds import NOTHING, ListOf, TupleOf, holds_list
from glowray.vectorize.columns.operations.expressions import either
from glowray.vectorize.columns.vectors.frame import Expr, Frame, Lists, Nullable, spread_out, take
from glowray.vectorize.columns.vectors.untranslatable import Never, Untranslatable
from glowray.vectorize.definition.known_function import Known


def gone_through(known: Known) -> frozenset[int]:
    """Return the ids of the expressions that comprehensions and calls of str.join iterate over at once."""
    return frozenset(map(id, _gone_through(known.node)))


def _gone_through(function: ast.AST) -> Iterator[ast.expr]:
    for node in ast.walk(function):
        if isinstance(node, ast.comprehension):
            yield node.iter
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "join":
            yield from node.args


def is_returned(node: ast.expr, known: Known) -> bool:
    """Return whether the function returns this expression."""
    if isinstance(known.node, ast.Lambda):
        return known.node.body is node
    return any(isinstance(each, ast.Return) and each.value is node for each in ast.walk(known.node))


def yielded(item: Expr) -> Expr:
    """Return the expression (True, item): every row yields this item."""
    if item.kind is NOTHING or holds_list(item.kind):
        raise Untranslatable("a generator of None, or of lists")
    return Expr(TupleOf((bool, item.kind)), lambda frame: (np.True_, item.carry(frame)))


def either_yields(test: Expr, one: Expr, other: Expr) -> Expr:
    """Return (whether the row yields, item) of the side that the test chooses. Kind NOTHING yields nothing."""
    if Never in (one.kind, other.kind):
        return either(test, one, other)
    if isinstance(one.kind, ListOf) or isinstance(other.kind, ListOf):
        return _either_lists(test, one, other)
    if one.kind is NOTHING and other.kind is NOTHING:
        return _either_nothing(test, one, other)
    if one.kind is not NOTHING and other.kind is not NOTHING:
        return either(test, one, other)

    def run(frame: Frame) -> Any:
        taken = test.run(frame)
        first, second = frame.branch(), frame.branch()
        made = one.carry(first), other.carry(second)
        frame.join(taken, first)
        frame.join(np.logical_not(taken), second)
        yields, items = made[one.kind is NOTHING]
        # The item of a row that yields nothing does not matter.
        return yields & (np.logical_not(taken) if one.kind is NOTHING else taken), items

    return Expr(other.kind if one.kind is NOTHING else one.kind, run)


def _either_lists(test: Expr, one: Expr, other: Expr) -> Expr:
    """Return the lists of one side, and empty lists in the rows that take the other, which yields nothing."""
    lists, when = (one, True) if isinstance(one.kind, ListOf) else (other, False)
    element = lists.kind.element  # type: ignore[union-attr]
    if (other if when else one).kind is not NOTHING:
        raise Untranslatable("a generator function that yields in a loop, and elsewhere")

    def run(frame: Frame) -> Lists:
        taken = np.broadcast_to(test.run(frame), frame.length)
        inner = frame.branch()
        made: Lists = lists.run(inner)
        frame.join(taken == when, inner)
        return made if (taken == when).all() else made.only(element, (taken == when)[made.parents])

    return Expr(lists.kind, run)


def _either_nothing(test: Expr, one: Expr, other: Expr) -> Expr:
    def run(frame: Frame) -> None:
        taken = test.run(frame)
        for branch, when in ((one, taken), (other, np.logical_not(taken))):
            inner = frame.branch()
            branch.carry(inner)  # for its guards
            frame.join(when, inner)

    return Expr(NOTHING, run)


def generated(body: Expr) -> Expr:
    """Return the lists that a generator function yields, from its body: (whether the row yields, item)."""
    if isinstance(body.kind, ListOf):
        return replace(body, kind=replace(body.kind, once=True))
    if not isinstance(body.kind, TupleOf):
        raise Untranslatable("it yields nothing")
    _, kind = body.kind.fields

    def run(frame: Frame) -> Lists:
        yields, items = body.run(frame)
        there = np.broadcast_to(yields, frame.length)
        items = spread_out(kind, items, frame.length)
        if isinstance(items, Nullable):  # a scalar element of a list is never None
            frame.require(items.there | ~there)
            items = items.values
        offsets = np.zeros(frame.length + 1, np.int64)
        np.cumsum(there, out=offsets[1:])
        return Lists(offsets, items if there.all() else take(kind, items, np.flatnonzero(there)))

    return Expr(ListOf(kind, once=True), run)
