"""Arithmetic and comparison of numbers on int64 and float64, with guards where they differ from Python's numbers.

| operation | guard |
|---|---|
| int + - * << ** | the result fits int64 |
| int / int | both within ±2**53, where float64 is exact; divisor not 0 |
| // % divmod | divisor not 0; not -2**63 by -1 |
| comparison of int and float | the int within ±2**53 |
| float / | divisor not 0 |
| int(float), round(float) | the result fits int64 |
"""

from __future__ import annotations

import ast
import operator as python
from collections.abc import Callable
from typing import Any

import numpy as np

from glowray.rows.types.kinds import NUMBERS, TupleOf
from glowray.vectorize.columns.operations import int64_arithmetic as integers
from glowray.vectorize.columns.vectors import intervals
from glowray.vectorize.columns.vectors.frame import Expr, Frame
from glowray.vectorize.columns.vectors.intervals import GREATEST, LEAST
from glowray.vectorize.columns.vectors.untranslatable import Untranslatable

_EXACT = 2**53
_MOST_BITS = 62
_MOST_FOLDED = 1024
_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: np.equal, ast.NotEq: np.not_equal, ast.Lt: np.less, ast.LtE: np.less_equal, ast.Gt: np.greater,
    ast.GtE: np.greater_equal,
}  # fmt: skip
_BITS: dict[type[ast.operator], Callable[..., Any]] = {
    ast.BitAnd: np.bitwise_and, ast.BitOr: np.bitwise_or, ast.BitXor: np.bitwise_xor,
}  # fmt: skip
_INT: dict[type[ast.operator], integers.Operation] = {
    ast.Add: integers.add, ast.Sub: integers.subtract, ast.Mult: integers.multiply,
    ast.FloorDiv: integers.floor_divide, ast.Mod: integers.remainder,
}  # fmt: skip
_FLOAT: dict[type[ast.operator], Callable[..., Any]] = {
    ast.Add: np.add, ast.Sub: np.subtract, ast.Mult: np.multiply, ast.Div: np.divide,
}  # fmt: skip
_PYTHON: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: python.add, ast.Sub: python.sub, ast.Mult: python.mul, ast.Div: python.truediv,
    ast.FloorDiv: python.floordiv, ast.Mod: python.mod, ast.Pow: python.pow, ast.LShift: python.lshift,
}  # fmt: skip


def arithmetic(operator: ast.operator, left: Expr, right: Expr) -> Expr:
    """Return `left operator right` for numbers."""
    if left.kind not in NUMBERS or right.kind not in NUMBERS:
        raise Untranslatable(f"{type(operator).__name__} of what are not numbers")
    if left.is_constant and right.is_constant and (folded := _folded(operator, left.constant, right.constant)):
        return folded
    if isinstance(operator, ast.BitAnd | ast.BitOr | ast.BitXor):
        return _bits(operator, left, right)
    if isinstance(operator, ast.LShift | ast.RShift):
        return _shift(left, right, to_left=isinstance(operator, ast.LShift))
    if isinstance(operator, ast.Pow):
        return _power(left, right)
    if float in (left.kind, right.kind) or isinstance(operator, ast.Div):
        return _floats(operator, left, right)
    operation = _INT.get(type(operator))
    if operation is None:
        raise Untranslatable(f"{type(operator).__name__} of ints")
    return _ints(operation, left, right)


def _folded(operator: ast.operator, left: Any, right: Any) -> Expr | None:
    """Return the result for two constants if it is a float other than NaN or a 64-bit int, else None."""
    is_big = isinstance(operator, ast.Pow | ast.LShift) and abs(right) > _MOST_FOLDED
    operation = None if is_big else _PYTHON.get(type(operator))
    try:
        value = None if operation is None else operation(left, right)
    except (ArithmeticError, ValueError):  # the operation stays, so that each row raises the error
        return None
    if type(value) is float:
        return None if value != value else _constant(value)
    return _constant(value) if type(value) is int and LEAST <= value <= GREATEST else None


def _ints(operation: integers.Operation, left: Expr, right: Expr) -> Expr:
    def run(frame: Frame) -> Any:
        a, b = as_int(left, frame), as_int(right, frame)
        made = operation(frame, a, b, _to_overwrite((left, a), (right, b)))
        _forget(frame, made, (left, a), (right, b))
        return made

    return Expr(int, run, is_fresh=True)


def _to_overwrite(*operands: tuple[Expr, Any]) -> Any:
    """Return an operand's vector that no other code holds, to store the result in, or None."""
    return next((vector for operand, vector in operands if operand.is_fresh and vector.ndim), None)


def _forget(frame: Frame, made: Any, *operands: tuple[Expr, Any]) -> None:
    """Drop the frame's references to operands that no other code holds."""
    for operand, vector in operands:
        if operand.is_fresh and vector is not made:
            frame.unlimited(vector)


def as_int(expression: Expr, frame: Frame) -> Any:
    """Return an int or bool expression's vector as int64. A value repeated with stride 0 becomes a 0-d array."""
    vector = expression.run(frame)
    if vector.ndim and not vector.strides[0] and len(vector):
        vector = vector[0]
    if vector.dtype == np.int64:
        return vector
    made = vector.astype(np.int64)
    return frame.limited(made, (0, 1)) if made.ndim else made


def as_float(expression: Expr, frame: Frame) -> Any:
    """Return a number expression's vector as float64."""
    # int64 to float64 rounds to even, as Python does.
    return expression.run(frame).astype(np.float64, copy=False)


def _bits(operator: ast.operator, left: Expr, right: Expr) -> Expr:
    if float in (left.kind, right.kind):
        raise Untranslatable("bits of floats")
    operation = _BITS[type(operator)]
    if left.kind is right.kind is bool:
        return Expr(bool, lambda frame: operation(left.run(frame), right.run(frame)))

    def of_ints(frame: Frame, a: Any, b: Any, out: Any) -> Any:
        return frame.unlimited(operation(a, b, out=out))

    return _ints(of_ints, left, right)


def _shift(left: Expr, right: Expr, *, to_left: bool) -> Expr:
    count = right.constant
    if float in (left.kind, right.kind) or type(count) is not int or count < 0 or (to_left and count > _MOST_BITS):
        raise Untranslatable("a shift by what is not a constant number of bits")
    if to_left:
        return _ints(integers.multiply, left, _constant(1 << count))
    return _ints(integers.shift_right, left, _constant(min(count, 63)))


def _constant(value: int | float) -> Expr:
    made = np.asarray(value, np.int64 if type(value) is int else np.float64)
    return Expr(type(value), lambda frame: made, value)


def _power(left: Expr, right: Expr) -> Expr:
    exponent = right.constant
    if left.kind is float or type(exponent) is not int or not 0 <= exponent <= _MOST_BITS:
        raise Untranslatable("a power of what is not an int by a constant that is small and not negative")
    return Expr(int, lambda frame: integers.power(frame, as_int(left, frame), exponent), is_fresh=True)


def _floats(operator: ast.operator, left: Expr, right: Expr) -> Expr:
    operation = _FLOAT.get(type(operator))
    if operation is None:
        raise Untranslatable(f"{type(operator).__name__} of floats")
    both_ints = float not in (left.kind, right.kind)
    is_division = isinstance(operator, ast.Div)

    def operand(frame: Frame, each: Expr) -> Any:
        if each.kind is float:
            return each.run(frame)
        values = as_int(each, frame)
        if both_ints:
            require_exact(frame, values)
        if is_division and each is right:
            _require_not_zero(frame, values)
        return values.astype(np.float64)

    def run(frame: Frame) -> Any:
        a, b = operand(frame, left), operand(frame, right)
        if is_division and right.kind is float:
            frame.fail(b == 0, ZeroDivisionError)
        floats = [(each, vector) for each, vector in ((left, a), (right, b)) if each.kind is float]
        return operation(a, b, out=_to_overwrite(*floats))

    return Expr(float, run, is_fresh=True)


def require_exact(frame: Frame, values: Any) -> None:
    """Send rows whose int is beyond ±2**53 to Python: float64 may not hold it exactly."""
    if not intervals.is_within(frame.limits(values), _EXACT):
        frame.require((values <= _EXACT) & (values >= -_EXACT))


def _require_not_zero(frame: Frame, values: Any) -> None:
    if intervals.has(frame.limits(values), 0):
        frame.fail(values == 0, ZeroDivisionError)


def compare(operator: ast.cmpop, left: Expr, right: Expr) -> Expr:
    """Return `left operator right` for a comparison of numbers."""
    operation = _COMPARE.get(type(operator))
    if operation is None:
        raise Untranslatable(f"{type(operator).__name__} of numbers")
    mixed = (left.kind is float) != (right.kind is float)

    def run(frame: Frame) -> Any:
        a, b = left.run(frame), right.run(frame)
        if mixed:
            require_exact(frame, b if left.kind is float else a)
        made = operation(a, b)
        _forget(frame, made, (left, a), (right, b))
        return made

    return Expr(bool, run)


def positive(operand: Expr) -> Expr:
    """Return `+operand`."""
    return to_int(operand) if operand.kind is bool else operand


def negative(operand: Expr) -> Expr:
    """Return `-operand`."""
    return _of_one(operand, np.negative, integers.negate)


def absolute(operand: Expr) -> Expr:
    """Return `abs(operand)`."""
    return _of_one(operand, np.abs, integers.absolute)


def _of_one(operand: Expr, of_floats: Any, of_ints: Callable[[Frame, Any, Any], Any]) -> Expr:
    def run(frame: Frame) -> Any:
        if operand.kind is float:
            values = operand.run(frame)
            return of_floats(values, out=_to_overwrite((operand, values)))
        values = as_int(operand, frame)
        return of_ints(frame, values, _to_overwrite((operand, values)))

    return Expr(float if operand.kind is float else int, run, is_fresh=True)


def inverted(operand: Expr) -> Expr:
    """Return `~operand` of an int."""
    if operand.kind is not int:
        raise Untranslatable("~ of what is not an int")
    return Expr(int, lambda frame: np.invert(as_int(operand, frame)), is_fresh=True)


def to_int(operand: Expr) -> Expr:
    """Return `int(operand)` of a number."""
    return whole(operand, np.trunc)


def rounded(operand: Expr) -> Expr:
    """Return `round(operand)` of a number: halves round to even."""
    return whole(operand, np.rint)


def whole(operand: Expr, of_float: Callable[[Any], Any]) -> Expr:
    """Return an int as it is, and a float as the int that `of_float` makes of it: np.trunc, np.floor, …"""
    if operand.kind is not float:
        return Expr(int, lambda frame: as_int(operand, frame))

    def run(frame: Frame) -> Any:
        values = of_float(operand.run(frame))
        good = np.abs(values) < 2.0**63  # false for NaN
        frame.require(good)
        return np.where(good, values, 0.0).astype(np.int64)

    return Expr(int, run, is_fresh=True)


def divided(left: Expr, right: Expr) -> Expr:
    """Return `divmod(left, right)` of ints."""
    if left.kind not in (int, bool) or right.kind not in (int, bool):
        raise Untranslatable("divmod() of what are not ints")

    def run(frame: Frame) -> Any:
        a, b = as_int(left, frame), as_int(right, frame)
        return integers.floor_divide(frame, a, b, None), integers.remainder(frame, a, b, None)

    return Expr(TupleOf((int, int)), run)


def extreme(operands: list[Expr], least: bool) -> Expr:
    """Return min or max of values of one kind. As in Python, the first of equal values wins, and a first NaN."""
    kind = operands[0].kind
    if any(each.kind is not kind for each in operands) or kind not in NUMBERS:
        raise Untranslatable("min or max of values of several kinds")
    choose = _choose_int if kind is int else _choose

    def run(frame: Frame) -> Any:
        best = operands[0].run(frame)
        for operand in operands[1:]:
            best = choose(frame, best, operand.run(frame), least)
        return best

    return Expr(kind, run)


def _choose(frame: Frame, best: Any, value: Any, least: bool) -> Any:
    return np.where(value < best if least else value > best, value, best)


def _choose_int(frame: Frame, best: Any, value: Any, least: bool) -> Any:
    between = (intervals.least_of if least else intervals.greatest_of)(frame.limits(best), frame.limits(value))
    return frame.limited((np.minimum if least else np.maximum)(best, value), between)
