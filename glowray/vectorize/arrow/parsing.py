"""int() and float() of a text column.

One pass over the bytes reads the numbers. Texts that are not plain numbers go to Python. If the C loop was not
compiled, Arrow reads fewer forms: for an int, an optional minus and 1 to 18 digits; for a float, an optional minus, up
to 15 digits, and optionally a point with up to 15 digits.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from glowray.native import loops
from glowray.rows.numpy_columns import as_numpy
from glowray.rows.texts import Texts
from glowray.vectorize.arrow.frame import Expr, Frame
from glowray.vectorize.arrow.slices import texts_of

Parse = Callable[[Any, Any, Any, Any, Any], bool]


def to_int(text: Expr) -> Expr:
    """Return `int(text)`."""
    return _number(text, int, "integers", r"\A-?[0-9]{1,18}\z", pa.int64())


def to_float(text: Expr) -> Expr:
    """Return `float(text)`."""
    return _number(text, float, "floats", r"\A-?[0-9]{1,15}(\.[0-9]{1,15})?\z", pa.float64())


def _number(text: Expr, kind: type, loop: str, pattern: str, column: pa.DataType) -> Expr:
    def run(frame: Frame) -> Any:
        texts = texts_of(text, frame)
        parse: Parse | None = getattr(loops, loop)
        if parse is None:
            return _cast(texts.array, pattern, column, frame)
        return _parsed(texts, parse, column.to_pandas_dtype(), frame)

    return Expr(kind, run)


def _parsed(texts: Texts, parse: Parse, dtype: Any, frame: Frame) -> Any:
    """Return the numbers of the texts. The C loop tells which texts are plain; the others go to Python."""
    made, good = np.empty(len(texts), dtype), np.empty(len(texts), np.bool_)
    if not parse(texts.data, *texts.packed_bounds(), made, good):
        frame.require(good)
    return made


def _cast(texts: pa.Array, pattern: str, kind: pa.DataType, frame: Frame) -> Any:
    """Return the numbers of the texts that match the pattern. The others go to Python."""
    good = as_numpy(pc.match_substring_regex(texts, pattern))
    frame.require(good)
    plain = texts if good.all() else pc.if_else(pa.array(good), texts, "0")
    return as_numpy(plain.cast(kind))
