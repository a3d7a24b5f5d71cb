"""Generators: neither true nor long by their items, and gone through once.

A generator function that yields at most one item a row, and does nothing more after it, is a test and an item.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

import numpy as np

from glowray.vectorize.arrow.build import either
from glowray.vectorize.arrow.frame import Expr, Frame, Lists, Nullable, spread_out, take
from glowray.vectorize.arrow.kinds import NOTHING, ListOf, TupleOf, Untranslatable, holds_list
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


def yielded(item: Expr) -> Expr:
    """That a row yields this: (True, item)."""
    if item.kind is NOTHING or holds_list(item.kind):
        raise Untranslatable("a generator of None, or of lists")
    return Expr(TupleOf((bool, item.kind)), lambda frame: (np.True_, item.carry(frame)))


def either_yields(test: Expr, one: Expr, other: Expr) -> Expr:
    """What a row yields, if anything, as one test says; of kind NOTHING is what yields nothing."""
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
        # Of a row that yields nothing any item will do.
        return yields & (np.logical_not(taken) if one.kind is NOTHING else taken), items

    return Expr(other.kind if one.kind is NOTHING else one.kind, run)


def _either_nothing(test: Expr, one: Expr, other: Expr) -> Expr:
    def run(frame: Frame) -> None:
        taken = test.run(frame)
        for branch, when in ((one, taken), (other, np.logical_not(taken))):
            inner = frame.branch()
            branch.carry(inner)  # for its guards
            frame.join(when, inner)

    return Expr(NOTHING, run)


def generated(body: Expr) -> Expr:
    """The generator of a function whose body is that of `yielded`."""
    if not isinstance(body.kind, TupleOf):
        raise Untranslatable("it yields nothing")
    _, kind = body.kind.fields

    def run(frame: Frame) -> Lists:
        yields, items = body.run(frame)
        there = np.broadcast_to(yields, frame.length)
        items = spread_out(kind, items, frame.length)
        if isinstance(items, Nullable):  # scalars of a list are never None
            frame.require(items.there | ~there)
            items = items.values
        offsets = np.zeros(frame.length + 1, np.int64)
        np.cumsum(there, out=offsets[1:])
        return Lists(offsets, items if there.all() else take(kind, items, np.flatnonzero(there)))

    return Expr(ListOf(kind, once=True), run)
