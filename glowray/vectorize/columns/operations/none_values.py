"""Expressions of values that may be None: tests for None, truth, and equality."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from glowray.rows.arrow.numpy_columns import as_numpy
from glowray.rows.objects.static_attributes import is_one_of
from glowray.rows.types.kinds import NOTHING, NUMBERS, Kind, ListOf, MatchOf, Maybe, Opaque, RecordOf, TupleOf
from glowray.vectorize.columns.texts import text_methods as text
from glowray.vectorize.columns.vectors.frame import Expr, Frame, Nullable, leaf, parts_of, spread_out
from glowray.vectorize.columns.vectors.untranslatable import Untranslatable


def alike(one: Expr, other: Expr) -> tuple[Expr, Expr]:
    """Return both values as values of one kind, if one is None, or a tuple or record that may be None."""
    if one.kind == other.kind:
        return one, other
    kind = other.kind if one.kind is NOTHING or isinstance(other.kind, Maybe) else one.kind
    if isinstance(kind, TupleOf | RecordOf) and NOTHING in (one.kind, other.kind):
        kind = Maybe(kind)
    return _as(one, kind), _as(other, kind)


def _as(value: Expr, kind: Kind) -> Expr:
    """Return the value as one of a kind: a constant None as an absent one, a tuple or record as one that is there."""
    if value.kind is NOTHING:
        if not isinstance(kind, type | Maybe):
            raise Untranslatable("a list, or None")
        return leaf(kind, lambda frame: Nullable(blank(kind), np.False_))  # type: ignore[arg-type]
    if isinstance(kind, Maybe) and value.kind == kind.kind:
        return leaf(kind, value.carry)
    return value


def there(value: Expr) -> Expr:
    """Return the tuple or record of a value that may be None. Rows with None go to Python."""
    if isinstance(value.kind, MatchOf):
        raise Untranslatable("a match whose groups are not asked for")
    if not isinstance(value.kind, Maybe):
        return value
    return Expr(value.kind.kind, lambda frame: frame.settled(value.carry(frame)))


def or_zero(value: Expr) -> Expr:
    """Return numbers with 0 in place of None."""
    if value.kind not in NUMBERS:
        raise Untranslatable("a sum of what are not numbers")

    def run(frame: Frame) -> Any:
        values, there = parts_of(value.carry(frame))
        return values if there is np.True_ else np.where(there, values, np.zeros((), values.dtype))

    return Expr(value.kind, run)


def is_none(value: Expr) -> Expr:
    """Return `value is None`."""

    def run(frame: Frame) -> Any:
        vector = value.carry(frame)
        if value.kind is NOTHING:
            return np.True_
        if isinstance(value.kind, Opaque):
            return as_numpy(spread_out(value.kind, vector, frame.length).is_null())
        return np.logical_not(vector.there) if isinstance(vector, Nullable) else np.zeros((), bool)

    return Expr(bool, run)


_CLASSES: dict[type, tuple[type, ...]] = {int: (int, object), float: (float, object), str: (str, object)}
"""Kind → the classes of its values. A bool is an int too."""


def is_instance_of(value: Expr, classes: Sequence[object], is_named: bool) -> Expr:
    """Return `isinstance(value, classes)` for Python's own classes.

    `is_named`: the value is a variable, whose evaluation cannot raise.
    """
    kinds = {TupleOf: (tuple,), RecordOf: (dict,), ListOf: (list,), bool: (bool, int), **_CLASSES}
    own = kinds.get(value.kind if isinstance(value.kind, type) else type(value.kind))
    known = (int, float, str, bool, tuple, dict, list, bytes, set, frozenset, complex, type(None))
    if own is None or not all(is_one_of(each, known) for each in classes):
        raise Untranslatable("isinstance() of a class that is not Python's own")
    if isinstance(value.kind, ListOf) and (value.kind.once or value.kind.unordered):
        raise Untranslatable("isinstance() of a generator or a set")
    matches = any(is_one_of(each, own) for each in classes)
    takes_none = any(each is type(None) for each in classes)
    none = is_none(value)
    if matches == takes_none:
        if is_named:
            made = np.full((), matches)
            return Expr(bool, lambda frame: made, matches)
        return Expr(bool, lambda frame: none.run(frame) & False | matches)
    return negation(none) if matches else none


def truth(operand: Expr) -> Expr:
    """Return `bool(operand)`."""
    kind = operand.kind
    if kind is NOTHING:
        return Expr(bool, lambda frame: np.zeros((), bool))
    if isinstance(kind, ListOf) and kind.once:
        raise Untranslatable("the truth of a generator")
    if isinstance(kind, ListOf):
        return Expr(bool, lambda frame: operand.run(frame).lengths() > 0)
    if kind is bool and operand.carried is None:
        return operand
    if isinstance(kind, TupleOf | RecordOf | Maybe):  # no tuple or record here is empty
        return negation(is_none(operand))
    if kind not in (*NUMBERS, str):
        raise Untranslatable("the truth of such a value")

    def run(frame: Frame) -> Any:
        values, there = parts_of(operand.carry(frame))
        if kind is str:
            return text.is_filled(spread_out(str, values, frame.length)) & there
        return (values if kind is bool else values != 0) & there

    return Expr(bool, run)


def equal(left: Expr, right: Expr, compared: Callable[[Expr, Expr], Expr], negated: bool) -> Expr:
    """Return `left == right` for values of one kind that may be None, or `left != right` if negated.

    None equals only None. `compared` compares two expressions without None.
    """
    stands = [Expr(each.kind, _from(place), each.constant) for place, each in zip(_SIDES, (left, right), strict=True)]
    plain = compared(*stands)

    def run(frame: Frame) -> Any:
        (a, with_a), (b, with_b) = parts_of(left.carry(frame)), parts_of(right.carry(frame))
        inner = frame.branch(**dict(zip(_SIDES, (a, b), strict=True)))
        made = plain.run(inner)
        frame.join(with_a & with_b, inner)
        if with_a is with_b is np.True_:
            return made
        return np.where(with_a & with_b, made, (with_a == with_b) != negated)

    return Expr(bool, run)


_SIDES = ("left of ==", "right of ==")


def _from(name: str) -> Callable[[Frame], Any]:
    return lambda frame: frame.variables[name]


def negation(operand: Expr) -> Expr:
    """Return `not operand` for a bool."""
    return Expr(bool, lambda frame: np.logical_not(operand.run(frame)))


def blank(kind: Kind) -> Any:
    """Return any value of the kind, for rows whose value does not matter."""
    if isinstance(kind, Maybe):
        return blank(kind.kind)
    if isinstance(kind, TupleOf):
        return tuple(map(blank, kind.fields))
    if isinstance(kind, RecordOf):
        return {name: blank(each) for name, each in kind.fields}
    if isinstance(kind, Opaque):
        return pa.scalar(None, kind.scalar.arrow)
    assert isinstance(kind, type)
    return text.constant_text("").run(Frame(0, {})) if kind is str else np.zeros((), dtype=kind)
