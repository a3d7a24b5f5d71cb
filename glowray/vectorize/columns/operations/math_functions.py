"""The functions of `math`, float powers, and // and % of floats.

NumPy's logarithms, powers, sines, … differ from Python's in the last bit on some machines. So Python's own function
computes each value. Square roots and the other operations that IEEE 754 defines exactly run over whole columns.
"""

from __future__ import annotations

import math
import operator as python
from collections.abc import Callable
from typing import Any

import numpy as np

from glowray.rows.types.kinds import NUMBERS
from glowray.vectorize.columns.operations import arithmetic as numbers
from glowray.vectorize.columns.vectors.frame import Expr, Frame, spread_out
from glowray.vectorize.columns.vectors.untranslatable import Untranslatable

_MAPPED: dict[str, tuple[int, ...]] = {
    "log": (1, 2), "log10": (1,), "log2": (1,), "log1p": (1,), "exp": (1,), "expm1": (1,), "sin": (1,), "cos": (1,),
    "tan": (1,), "asin": (1,), "acos": (1,), "atan": (1,), "atan2": (2,), "sinh": (1,), "cosh": (1,), "tanh": (1,),
    "pow": (2,), "hypot": (2,), "fmod": (2,), "copysign": (2,),
}  # fmt: skip
_TESTS = {"isnan": np.isnan, "isinf": np.isinf, "isfinite": np.isfinite}
_WHOLE = {"floor": np.floor, "ceil": np.ceil, "trunc": np.trunc}
_BY_ID = {id(vars(math)[name]): name for name in (*_MAPPED, *_TESTS, *_WHOLE, "sqrt", "fabs", "radians", "degrees")}


def called(function: object, arguments: list[Expr]) -> Expr | None:
    """Return the call of a function of `math`. Return None for other functions."""
    name = _BY_ID.get(id(function))
    if name is None:
        return None
    if not arguments or any(each.kind not in NUMBERS for each in arguments):
        raise Untranslatable(f"math.{name} of what is not a number")
    if name in _MAPPED:
        if len(arguments) not in _MAPPED[name]:
            raise Untranslatable(f"math.{name} with so many arguments")
        if any(each.kind is not float for each in arguments) and name in ("log", "log2", "log10"):
            return mapped(vars(math)[name], [_plain(each) for each in arguments])
        return mapped(vars(math)[name], [_floats(each) for each in arguments])
    if len(arguments) > 1:
        raise Untranslatable(f"math.{name} with so many arguments")
    return _of_one(name, arguments[0])


def is_mapped(function: object) -> bool:
    """Return whether Python's own function computes each value of a function of `math`."""
    return _BY_ID.get(id(function)) in _MAPPED


def _floats(operand: Expr) -> Expr:
    return Expr(float, lambda frame: numbers.as_float(operand, frame))


def _plain(operand: Expr) -> Expr:
    """Return an int or float as it is: log() of an int is not always that of the float."""
    return operand if operand.kind is float else Expr(int, lambda frame: numbers.as_int(operand, frame))


def _of_one(name: str, operand: Expr) -> Expr:
    if name in _WHOLE:
        return numbers.whole(operand, _WHOLE[name])
    values = _floats(operand)
    if name in _TESTS:
        return Expr(bool, lambda frame: _TESTS[name](values.run(frame)))
    if name == "fabs":
        return Expr(float, lambda frame: np.abs(values.run(frame)), is_fresh=True)
    if name == "sqrt":
        return Expr(float, lambda frame: _root(values.run(frame), frame), is_fresh=True)
    factor = math.pi / 180.0 if name == "radians" else 180.0 / math.pi
    return Expr(float, lambda frame: values.run(frame) * factor, is_fresh=True)


def _root(values: Any, frame: Frame) -> Any:
    frame.fail(values < 0, ValueError)
    return np.sqrt(values)


def mapped(function: Callable[..., Any], operands: list[Expr]) -> Expr:
    """Return the floats that one of Python's own functions gives for each row's values."""

    def run(frame: Frame) -> Any:
        columns = [spread_out(float, each.run(frame), frame.length).tolist() for each in operands]
        try:
            return np.fromiter(map(function, *columns), np.float64, frame.length)
        except (ArithmeticError, TypeError, ValueError):  # one raises, or a power of a negative number is complex
            made = _one_by_one(function, columns, frame)
            frame.require(np.array([type(each) is float for each in made]))
            return np.array([each if type(each) is float else 0.0 for each in made], np.float64)

    return Expr(float, run, is_fresh=True)


def _one_by_one(function: Callable[..., Any], columns: list[list[Any]], frame: Frame) -> list[Any]:
    made: list[Any] = []
    failed: dict[type[Exception], list[int]] = {}
    for row, values in enumerate(zip(*columns, strict=True)):
        try:
            made.append(function(*values))
        except (ArithmeticError, ValueError) as error:
            failed.setdefault(type(error), []).append(row)
            made.append(0.0)
    for error_class, rows in failed.items():
        bad = np.zeros(frame.length, bool)
        bad[rows] = True
        frame.fail(bad, error_class)
    return made


def power(left: Expr, right: Expr) -> Expr:
    """Return `left ** right` where one of them is a float."""
    return mapped(python.pow, [_floats(left), _floats(right)])


def divided(left: Expr, right: Expr, *, remainder: bool) -> Expr:
    """Return `left // right`, or `left % right`, where one of them is a float."""
    operation: Any = np.remainder if remainder else np.floor_divide
    defined = python.mod if remainder else python.floordiv

    def run(frame: Frame) -> Any:
        a, b = (spread_out(float, numbers.as_float(each, frame), frame.length) for each in (left, right))
        frame.fail(b == 0, ZeroDivisionError)
        made = operation(a, np.where(b == 0, 1.0, b))
        for row in np.flatnonzero(~(np.isfinite(a) & np.isfinite(b)) & (b != 0)).tolist():
            made[row] = defined(float(a[row]), float(b[row]))
        return made

    return Expr(float, run, is_fresh=True)
