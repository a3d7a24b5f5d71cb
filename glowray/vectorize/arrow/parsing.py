"""int() and float() of a column of text.

Texts are gone over once, where they stand in their bytes; those that are not plainly numbers leave the fast path.
Where C was not compiled Arrow says which are plain, fewer: an optional minus and 1 to 18 digits for an int; at most 15
digits, a point and at most 15 digits for a float.
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
    """int(text)."""
    return _number(text, int, "integers", r"\A-?[0-9]{1,18}\z", pa.int64())


def to_float(text: Expr) -> Expr:
    """float(text)."""
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
    """The numbers of the texts that plainly spell one."""
    made, good = np.empty(len(texts), dtype), np.empty(len(texts), np.bool_)
    if not parse(texts.data, *texts.packed_bounds(), made, good):
        frame.require(good)
    return made


def _cast(texts: pa.Array, pattern: str, kind: pa.DataType, frame: Frame) -> Any:
    """The numbers of the texts that look like this."""
    good = as_numpy(pc.match_substring_regex(texts, pattern))
    frame.require(good)
    plain = texts if good.all() else pc.if_else(pa.array(good), texts, "0")
    return as_numpy(plain.cast(kind))
