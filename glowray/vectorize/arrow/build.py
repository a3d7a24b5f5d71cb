"""Column expressions made of others: choices, constants, list items and comprehensions."""

from __future__ import annotations

import ast
import math
from typing import Any

import numpy as np

from glowray.vectorize.arrow import text
from glowray.vectorize.arrow.frame import Expr, Frame, Lists, select, spread_out, take
from glowray.vectorize.arrow.kinds import Kind, ListOf, RecordOf, TupleOf, Untranslatable
from glowray.vectorize.rename import constant_index


def is_list(each: Expr) -> bool:
    return isinstance(each.kind, ListOf)


def repeated(name: str, each: Expr, scope: int) -> Expr:
    return Expr(each.kind, lambda frame: frame.variables[f"{name} around {scope}"](), each.constant)


def comprehension(
    key: str, source: Expr, tests: list[Expr], made: Expr, variables: dict[str, Expr], scope: int
) -> Any:  # fmt: skip
    def run(frame: Frame) -> Lists:
        lists: Lists = source.run(frame)
        parents, values = lists.parents, lists.values
        element = source.kind.element  # type: ignore[union-attr]
        for number in range(len(tests) + 1):
            around = {f"{n} around {scope}": _lazily(e, frame, parents) for n, e in variables.items() if not is_list(e)}
            inner = Frame(len(parents), {**around, key: values})
            if number == len(tests):
                result = spread_out(made.kind, made.run(inner), inner.length)
            else:
                keep = np.broadcast_to(tests[number].run(inner), inner.length)
            if inner.ok is not None:
                good = np.ones(frame.length, dtype=bool)
                good[parents[~inner.ok]] = False
                frame.require(good)
            if number < len(tests):
                kept = np.flatnonzero(keep)
                parents, values = parents[kept], take(element, values, kept)
        offsets = np.searchsorted(parents, np.arange(frame.length + 1))
        return Lists(parents, offsets, result)

    return run


def _lazily(each: Expr, frame: Frame, parents: Any) -> Any:
    return lambda: take(each.kind, each.run(frame), parents)


def either(test: Expr, one: Expr, other: Expr) -> Expr:
    """one if test else other, the guards of each counting where it is taken."""
    if one.kind != other.kind or isinstance(one.kind, ListOf):
        raise Untranslatable("a value of one kind or of another")

    def run(frame: Frame) -> Any:
        taken = test.run(frame)
        first, second = frame.branch(), frame.branch()
        a, b = one.run(first), other.run(second)
        frame.join(taken, first)
        frame.join(np.logical_not(taken), second)
        return select(one.kind, taken, a, b)

    return Expr(one.kind, run)


def negation(operand: Expr) -> Expr:
    return Expr(bool, lambda frame: np.logical_not(operand.run(frame)))


def constant(value: object) -> Expr:
    if type(value) is str:
        return text.constant_text(value)
    if type(value) is int and not -(2**63) <= value < 2**63:
        raise Untranslatable("an int beyond 64 bits")
    if type(value) not in (int, float, bool):
        raise Untranslatable(f"a constant of type {type(value).__name__}")
    kind: type = type(value)
    made: Any = np.asarray(value, dtype={int: np.int64, float: np.float64, bool: np.bool_}[kind])
    is_nan = type(value) is float and math.isnan(value)
    return Expr(kind, lambda frame: made, ... if is_nan else value)


def bound(node: ast.expr | None) -> int | None:
    if node is None:
        return None
    value = constant_index(node)
    if value is None or abs(value) > 2**31:
        raise Untranslatable("a slice whose bounds are not constants")
    return value


def _blank(kind: Kind) -> Any:
    """A value of the kind for rows that are not looked at."""
    if isinstance(kind, TupleOf):
        return tuple(map(_blank, kind.fields))
    if isinstance(kind, RecordOf):
        return {name: _blank(each) for name, each in kind.fields}
    assert isinstance(kind, type)
    return text.constant_text("").run(Frame(0, {})) if kind is str else np.zeros((), dtype=kind)


def item(lists: Expr, index: int) -> Expr:
    """lists[index], where the list is long enough."""
    kind = lists.kind.element  # type: ignore[union-attr]

    def run(frame: Frame) -> Any:
        made: Lists = lists.run(frame)
        starts, ends = made.offsets[:-1], made.offsets[1:]
        places = starts + index if index >= 0 else ends + index
        good = (places >= starts) & (places < ends)
        frame.require(good)
        if not len(made.parents):
            return _blank(kind)
        return take(kind, made.values, np.where(good, places, 0))

    return Expr(kind, run)
