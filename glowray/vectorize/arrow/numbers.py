"""Arithmetic and comparison of numbers, as Python has them, on int64 and float64 with guards.

| operation | guard |
|---|---|
| int + - * | the result fits int64 |
| int / int | both within 2**53, where floats hold every int; divisor not 0 |
| // % | divisor not 0; -2**63 by -1 |
| int with float compared | the int within 2**53 |
| float / // % | divisor not 0 |
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

import numpy as np

from glowray.vectorize.arrow.frame import Expr, Frame
from glowray.vectorize.arrow.kinds import NUMBERS, Kind, Untranslatable

_EXACT = 2**53
_LEAST = np.iinfo(np.int64).min
_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: np.equal, ast.NotEq: np.not_equal, ast.Lt: np.less, ast.LtE: np.less_equal, ast.Gt: np.greater,
    ast.GtE: np.greater_equal,
}  # fmt: skip
_BITS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.BitAnd: np.bitwise_and, ast.BitOr: np.bitwise_or, ast.BitXor: np.bitwise_xor,
}  # fmt: skip


def arithmetic(operator: ast.operator, left: Expr, right: Expr) -> Expr:
    """left ∘ right for numbers."""
    if left.kind not in NUMBERS or right.kind not in NUMBERS:
        raise Untranslatable(f"{type(operator).__name__} of what are not numbers")
    if isinstance(operator, ast.BitAnd | ast.BitOr | ast.BitXor):
        return _bits(operator, left, right)
    if float in (left.kind, right.kind) or isinstance(operator, ast.Div):
        return _floats(operator, left, right)
    operation = _INT.get(type(operator))
    if operation is None:
        raise Untranslatable(f"{type(operator).__name__} of ints")

    def run(frame: Frame) -> Any:
        return operation(frame, as_int(left, frame), as_int(right, frame))

    return Expr(int, run)


def as_int(expression: Expr, frame: Frame) -> Any:
    return expression.run(frame).astype(np.int64, copy=False)


def as_float(expression: Expr, frame: Frame) -> Any:
    # int64 to float64 rounds to even, as Python does.
    return expression.run(frame).astype(np.float64, copy=False)


def _bits(operator: ast.operator, left: Expr, right: Expr) -> Expr:
    if float in (left.kind, right.kind):
        raise Untranslatable("bits of floats")
    kind: Kind = bool if left.kind is right.kind is bool else int
    operation = _BITS[type(operator)]
    if kind is bool:
        return Expr(bool, lambda frame: operation(left.run(frame), right.run(frame)))
    return Expr(int, lambda frame: operation(as_int(left, frame), as_int(right, frame)))


def _floats(operator: ast.operator, left: Expr, right: Expr) -> Expr:
    operation = _FLOAT.get(type(operator))
    if operation is None:
        raise Untranslatable(f"{type(operator).__name__} of floats")
    both_ints = float not in (left.kind, right.kind)

    def run(frame: Frame) -> Any:
        a, b = left.run(frame), right.run(frame)
        if both_ints:
            frame.require(_is_exact(a) & _is_exact(b))
        a, b = a.astype(np.float64, copy=False), b.astype(np.float64, copy=False)
        if not isinstance(operator, ast.Add | ast.Sub | ast.Mult):
            frame.require(b != 0)
        return operation(a, b)

    return Expr(float, run)


def _is_exact(values: Any) -> Any:
    return (values <= _EXACT) & (values >= -_EXACT)


def _add(frame: Frame, a: Any, b: Any) -> Any:
    made = np.add(a, b)
    frame.require(((a ^ made) & (b ^ made)) >= 0)
    return made


def _subtract(frame: Frame, a: Any, b: Any) -> Any:
    made = np.subtract(a, b)
    frame.require(((a ^ b) & (a ^ made)) >= 0)
    return made


def _multiply(frame: Frame, a: Any, b: Any) -> Any:
    # A product that floats put below 2**62 is below 2**63 whatever they rounded.
    frame.require(np.abs(a.astype(np.float64) * b.astype(np.float64)) < 2.0**62)
    return np.multiply(a, b)


def _floor_divide(frame: Frame, a: Any, b: Any) -> Any:
    return np.floor_divide(a, _divisor(frame, a, b))


def _remainder(frame: Frame, a: Any, b: Any) -> Any:
    return np.remainder(a, _divisor(frame, a, b))


def _divisor(frame: Frame, a: Any, b: Any) -> Any:
    bad = (b == 0) | ((b == -1) & (a == _LEAST))
    frame.require(~bad)
    return np.where(bad, 1, b) if np.any(bad) else b


_INT = {
    ast.Add: _add, ast.Sub: _subtract, ast.Mult: _multiply, ast.FloorDiv: _floor_divide, ast.Mod: _remainder,
}  # fmt: skip
_FLOAT: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: np.add, ast.Sub: np.subtract, ast.Mult: np.multiply, ast.Div: np.divide,
}  # fmt: skip


def compare(operator: ast.cmpop, left: Expr, right: Expr) -> Expr:
    """A comparison of numbers."""
    operation = _COMPARE.get(type(operator))
    if operation is None:
        raise Untranslatable(f"{type(operator).__name__} of numbers")
    mixed = (left.kind is float) != (right.kind is float)

    def run(frame: Frame) -> Any:
        a, b = left.run(frame), right.run(frame)
        if mixed:
            frame.require(_is_exact(a if right.kind is float else b))
        return operation(a, b)

    return Expr(bool, run)


def negative(operand: Expr) -> Expr:
    """-operand."""
    if operand.kind is float:
        return Expr(float, lambda frame: np.negative(operand.run(frame)))

    def run(frame: Frame) -> Any:
        values = as_int(operand, frame)
        frame.require(values != _LEAST)
        return np.negative(values)

    return Expr(int, run)


def absolute(operand: Expr) -> Expr:
    """abs(operand)."""
    if operand.kind is float:
        return Expr(float, lambda frame: np.abs(operand.run(frame)))

    def run(frame: Frame) -> Any:
        values = as_int(operand, frame)
        frame.require(values != _LEAST)
        return np.abs(values)

    return Expr(int, run)


def to_int(operand: Expr) -> Expr:
    """int(operand) of a number."""
    if operand.kind is not float:
        return Expr(int, lambda frame: as_int(operand, frame))

    def run(frame: Frame) -> Any:
        values = operand.run(frame)
        good = np.abs(values) < 2.0**63  # false for NaN
        frame.require(good)
        return np.where(good, values, 0.0).astype(np.int64)

    return Expr(int, run)


def extreme(operands: list[Expr], least: bool) -> Expr:
    """min or max of values of one kind: the first of equal ones, and NaN only where Python's comparison keeps it."""
    kind = operands[0].kind
    if any(each.kind is not kind for each in operands) or kind not in NUMBERS:
        raise Untranslatable("min or max of values of several kinds")

    def run(frame: Frame) -> Any:
        best = operands[0].run(frame)
        for operand in operands[1:]:
            value = operand.run(frame)
            best = np.where(value < best if least else value > best, value, best)
        return best

    return Expr(kind, run)
