"""int() and float() of a text column.

One pass over the bytes reads the numbers. Rows whose text is no number, or an int beyond 64 bits, go to Python.
"""

from __future__ import annotations

from typing import Any

from glowray.native import chosen
from glowray.native.interface import Mask
from glowray.vectorize.columns.texts.text_slices import texts_of
from glowray.vectorize.columns.vectors.frame import Expr, Frame


def to_int(text: Expr) -> Expr:
    """Return the expression int(text)."""

    def run(frame: Frame) -> Any:
        texts = texts_of(text, frame)
        return _of_numbers(*chosen.loops.integers(texts.data, *texts.packed_bounds()), frame)

    return Expr(int, run)


def to_float(text: Expr) -> Expr:
    """Return the expression float(text)."""

    def run(frame: Frame) -> Any:
        texts = texts_of(text, frame)
        return _of_numbers(*chosen.loops.floats(texts.data, *texts.packed_bounds()), frame)

    return Expr(float, run)


def _of_numbers(numbers: Any, are_numbers: Mask | None, frame: Frame) -> Any:
    if are_numbers is not None:
        frame.require(are_numbers)
    return numbers
