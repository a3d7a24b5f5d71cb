"""int() and float() of a text column.

One pass over the bytes reads the numbers. Other texts raise ValueError, but for an int beyond 64 bits: its row goes to
Python.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from glowray.native import chosen
from glowray.rows.texts.texts import Texts
from glowray.vectorize.columns.texts.text_slices import texts_of
from glowray.vectorize.columns.vectors.frame import Expr, Frame, parts_of, spread_out


def to_int(text: Expr) -> Expr:
    """Return the expression int(text)."""
    return Expr(int, lambda frame: _numbers(text, frame, chosen.loops.integers, int))


def to_float(text: Expr) -> Expr:
    """Return the expression float(text)."""
    return Expr(float, lambda frame: _numbers(text, frame, chosen.loops.floats, float))


def _numbers(text: Expr, frame: Frame, read: Any, convert: type) -> Any:
    """Return the numbers of texts. Texts that are no number raise ValueError, None raises TypeError."""
    if not frame.handlers:
        texts, there = texts_of(text, frame), None
    else:
        vector, there = parts_of(text.carry(frame))
        texts = vector if isinstance(vector, Texts) else Texts.of(spread_out(str, vector, frame.length))
        if there is not np.True_:
            frame.fail(np.logical_not(there), TypeError)
    numbers, are_numbers = read(texts.data, *texts.packed_bounds())
    if are_numbers is not None and frame.handlers:
        _fail(frame, texts, np.flatnonzero(~are_numbers), convert, there)
    elif are_numbers is not None:
        frame.require(are_numbers)
    return numbers


def _fail(frame: Frame, texts: Texts, rows: Any, convert: type, there: Any) -> None:
    """Note the rows whose text is no number. Texts that Python converts all the same make their rows Python's."""
    wrong, big = np.zeros((2, frame.length), bool)
    for row, value in zip(rows.tolist(), texts.take(rows).array.to_pylist(), strict=True):
        try:
            convert(value)
        except ValueError:
            wrong[row] = True
        else:
            big[row] = True
    frame.fail(wrong if there is None else wrong & there, ValueError)
    if big.any():
        frame.require(~big)
