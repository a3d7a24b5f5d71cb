"""Build column expressions from others: choices, constants, tuples, records, list items and comprehensions."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from glowray.rows.objects.static_attributes import class_name, is_one_of
from glowray.rows.types.kinds import NOTHING, Kind, RecordOf, TupleOf, holds_list
from glowray.vectorize.columns.operations.none_values import alike, blank
from glowray.vectorize.columns.texts import text_methods as text
from glowray.vectorize.columns.texts.text_slices import inside
from glowray.vectorize.columns.vectors.frame import Expr, Frame, Lists, leaf, ranges, select, spread_out, take
from glowray.vectorize.columns.vectors.untranslatable import Never, Untranslatable


def repeated(name: str, each: Expr, scope: int) -> Expr:
    """Return a row's variable for use inside a comprehension: its value, repeated for each element of the row."""
    return leaf(each.kind, lambda frame: frame.variables[f"{name} around {scope}"](), each.constant)


def comprehension(
    key: str, source: Expr, tests: list[Expr | None], made: Expr | None, variables: dict[str, Expr], scope: int
) -> Any:  # fmt: skip
    """Return the run function of `[made for key in source if tests]`.

    Args:
        key: the variable of a frame that holds the elements.
        source: the lists.
        tests: the conditions; None stands for the truth of the element itself, a text.
        made: the element that comes out; None stands for the element itself.
        variables: the variables of the row, for use inside.
        scope: a number that tells this comprehension from others.

    The elements of all rows are one long vector. The tests and `made` run over it once:

        [["a", ""], ["b"]] → offsets [0, 2, 3], values ["a", "", "b"] → offsets [0, 1, 2], values ["a", "b"]
    """
    element = source.kind.element  # type: ignore[union-attr]

    def run(frame: Frame) -> Lists:
        lists: Lists = source.run(frame)
        for test in tests:
            if test is None:
                lists = lists.filled()
                continue
            inner = _inside(lists, frame)
            keep = np.broadcast_to(test.run(inner), inner.length)
            _require(lists, inner, frame)
            if not keep.all():
                lists = lists.only(element, keep)
        if made is None:
            return lists
        inner = _inside(lists, frame)
        # A scalar element of a list is never None. A field of a tuple element may be.
        result = spread_out(made.kind, made.run(inner), inner.length)
        _require(lists, inner, frame)
        return Lists(lists.offsets, result)

    def _inside(lists: Lists, frame: Frame) -> Frame:
        around = {f"{name} around {scope}": _lazily(each, frame, lists) for name, each in variables.items()}
        return Frame(lists.count, {**around, key: lists.values}, handlers=frame.handlers)

    return run


def _require(lists: Lists, inner: Frame, frame: Frame) -> None:
    """Send a row to Python if one of its elements failed a guard. A row raises the exceptions of its elements."""
    for place in range(len(frame.handlers) if inner.caught is not None else 0):
        caught = np.full(frame.length, -1)
        caught[lists.parents[inner.caught == place]] = place
        frame.catch(caught)
    if inner.ok is not None:
        good = np.ones(frame.length, dtype=bool)
        good[lists.parents[~inner.ok]] = False
        frame.require(good)


def _lazily(each: Expr, frame: Frame, lists: Lists) -> Any:
    return lambda: take(each.kind, each.carry(frame), lists.parents)


def either(test: Expr, one: Expr, other: Expr) -> Expr:
    """Return `one if test else other`. The guards of a side count only in rows that take it."""
    if Never in (one.kind, other.kind):
        return _or_raises(test, one, other)
    one, other = alike(one, other)
    if {one.kind, other.kind} == {int, float} and one.is_constant != other.is_constant:
        # `x / y if y else 0`: the rows that take the constant go to Python, as they are of another kind.
        return (
            _or_raises(test, replace(one, kind=Never), other)
            if one.is_constant
            else _or_raises(test, one, replace(other, kind=Never))
        )
    if one.kind != other.kind or one.kind is NOTHING or holds_list(one.kind):
        raise Untranslatable("a value of one kind or of another")

    def run(frame: Frame) -> Any:
        taken = test.run(frame)
        first, second = frame.branch(), frame.branch()
        a, b = one.carry(first), other.carry(second)
        frame.join(taken, first)
        frame.join(np.logical_not(taken), second)
        return select(one.kind, taken, a, b)

    return leaf(one.kind, run)


def _or_raises(test: Expr, one: Expr, other: Expr) -> Expr:
    """Return `one if test else other` where one of them raises. These rows go to Python."""
    made, must = (other, False) if one.kind is Never else (one, True)

    def run(frame: Frame) -> Any:
        taken = test.run(frame)
        frame.require(taken if must else np.logical_not(taken))
        return made.carry(frame)

    return leaf(made.kind, run)


def constant(value: object) -> Expr:
    """Return the expression of a constant."""
    if value is None:
        return Expr(NOTHING, lambda frame: None, None)
    if type(value) is str:
        return text.constant_text(value)
    if type(value) is int and not -(2**63) <= value < 2**63:
        raise Untranslatable("an int beyond 64 bits")
    if not is_one_of(type(value), (int, float, bool)):
        raise Untranslatable(f"a constant of type {class_name(type(value))}")
    kind: type = type(value)
    made: Any = np.asarray(value, dtype={int: np.int64, float: np.float64, bool: np.bool_}[kind])
    is_nan = type(value) is float and math.isnan(value)
    return Expr(kind, lambda frame: made, ... if is_nan else value)


def exactly(lists: Expr, count: int) -> Expr:
    """Return the lists. Rows whose list has another length raise ValueError."""

    def run(frame: Frame) -> Lists:
        made: Lists = lists.run(frame)
        frame.fail(made.lengths() != count, ValueError)
        return made

    return Expr(lists.kind, run)


def _kinds(value: Expr) -> tuple[Kind, ...]:
    assert isinstance(value.kind, TupleOf)
    return value.kind.fields


def field(value: Expr, index: int) -> Expr:
    """Return value[index] of a tuple."""
    kinds = _kinds(value)
    if not -len(kinds) <= index < len(kinds):
        raise Untranslatable("a field that the tuple does not have")
    constant = value.constant[index] if value.is_constant else ...  # type: ignore[index]
    return leaf(kinds[index], lambda frame: value.run(frame)[index], constant)


def fields(value: Expr, part: slice) -> Expr:
    """Return value[part] of a tuple, for a slice `part`."""
    kinds = _kinds(value)[part]
    if not kinds:
        raise Untranslatable("a tuple of nothing")
    return Expr(TupleOf(kinds), lambda frame: value.run(frame)[part])


def together(values: list[Expr]) -> Expr:
    """Return the tuple of these values."""
    if not values or any(value.kind is NOTHING for value in values):
        raise Untranslatable("a tuple of nothing, or with a constant None")
    constant = tuple(value.constant for value in values) if all(value.is_constant for value in values) else ...
    kind = TupleOf(tuple(value.kind for value in values))
    return Expr(kind, lambda frame: tuple(value.carry(frame) for value in values), constant)


def record(values: dict[str, Expr]) -> Expr:
    """Return the dict of these values."""
    if not values or any(value.kind is NOTHING for value in values.values()):
        raise Untranslatable("a dict of nothing, or with a constant None")
    kind = RecordOf(tuple((name, value.kind) for name, value in values.items()))
    return Expr(kind, lambda frame: {name: value.carry(frame) for name, value in values.items()})


def parts(value: Expr) -> dict[str, Expr]:
    """Return the fields of a dict by key."""
    assert isinstance(value.kind, RecordOf)
    return {name: leaf(kind, _part(value, name)) for name, kind in value.kind.fields}


def _part(value: Expr, name: str) -> Callable[[Frame], Any]:
    return lambda frame: value.run(frame)[name]


def item(lists: Expr, index: int) -> Expr:
    """Return lists[index]. Rows whose list is too short raise IndexError."""
    kind = lists.kind.element  # type: ignore[union-attr]

    def run(frame: Frame) -> Any:
        made: Lists = lists.run(frame)
        if not int(made.offsets[-1]):
            frame.fail(np.ones(frame.length, dtype=bool), IndexError)
            return blank(kind)
        value, good = made.item(kind, index)
        frame.fail(np.logical_not(good), IndexError)
        return value

    return leaf(kind, run)


def items(lists: Expr, start: int | None, stop: int | None) -> Expr:
    """Return lists[start:stop]."""
    kind = lists.kind.element  # type: ignore[union-attr]

    def run(frame: Frame) -> Lists:
        made: Lists = lists.run(frame)
        lengths = made.lengths()
        first = np.zeros_like(lengths) if start is None else inside(start, lengths)
        last = lengths if stop is None else inside(stop, lengths)
        offsets, places = ranges(made.offsets[:-1] + first, np.maximum(last, first) - first)
        return Lists(offsets, take(kind, made.values, places))

    return Expr(lists.kind, run)
