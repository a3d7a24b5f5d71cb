"""Round floats to decimal places, and spell them, as Python does: from the exact binary value, halves to even.

The product x * 10**n rounds, so its error is computed as well (Dekker's product). The sign of the error decides where
the product looks like a half:

    2.675 * 100 → 267.5, error -1e-14 → 267       0.125 * 100 → 12.5, error 0 → 12, the even one
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from glowray.rows.types.kinds import NUMBERS
from glowray.vectorize.columns.operations import arithmetic as numbers
from glowray.vectorize.columns.texts.mended_texts import mended
from glowray.vectorize.columns.vectors.frame import Expr, Frame, spread_out
from glowray.vectorize.columns.vectors.untranslatable import Untranslatable

MOST_PLACES = 15
_WHOLE = 2.0**52
"""From here on a float has no places."""

_SPLITTER = 2.0**27 + 1
_LEAST_PLAIN, _GREATEST_PLAIN = 1e-4, 1e15
"""Arrow spells floats between these as Python does, apart from the ".0" of a whole one."""


def rounded(operand: Expr, places: Expr) -> Expr:
    """Return `round(operand, places)` for a constant number of places."""
    count = places.constant
    if operand.kind not in NUMBERS or type(count) is not int or not 0 <= count <= MOST_PLACES:
        raise Untranslatable(f"round() to what is not a constant number of places from 0 to {MOST_PLACES}")
    if operand.kind is not float:
        return numbers.to_int(operand)

    def run(frame: Frame) -> Any:
        values = _one_a_row(operand, frame)
        units, good = _units(values, count)
        made = np.copysign(units / 10.0**count, values)
        for row in np.flatnonzero(~good).tolist():
            made[row] = round(float(values[row]), count)
        return made

    return Expr(float, run, is_fresh=True)


def _one_a_row(operand: Expr, frame: Frame) -> Any:
    return spread_out(float, numbers.as_float(operand, frame), frame.length)


def _units(values: Any, places: int) -> tuple[Any, Any]:
    """Return (abs(values) in units of 10**-places, rounded to ints; mask of the values that have such a number)."""
    factor = 10.0**places
    sizes = np.abs(values)
    product = sizes * factor
    good = product < _WHOLE  # false for NaN
    product, sizes = np.where(good, product, 0.0), np.where(good, sizes, 0.0)
    below = np.floor(product)
    over_half = product - below - 0.5
    error = _error(sizes, factor, product)
    units = below.astype(np.int64)
    is_half = over_half == 0
    goes_up = (over_half > 0) | (is_half & ((error > 0) | ((error == 0) & (units % 2 == 1))))
    return units + goes_up, good


def _error(a: Any, b: float, product: Any) -> Any:
    """Return a * b - product exactly."""
    a_high = a * _SPLITTER - (a * _SPLITTER - a)
    a_low = a - a_high
    b_high = b * _SPLITTER - (b * _SPLITTER - b)
    b_low = b - b_high
    return a_low * b_low - (((product - a_high * b_high) - a_low * b_high) - a_high * b_low)


def fixed(operand: Expr, places: int, grouped: bool) -> Expr:
    """Return `format(operand, ".2f")`, or ",.2f" if grouped, for a number of places."""
    if operand.kind not in NUMBERS or places > MOST_PLACES:
        raise Untranslatable(f"a format of what is not a number, or of more than {MOST_PLACES} places")
    spec = f"{',' if grouped else ''}.{places}f"

    def run(frame: Frame) -> Any:
        values = _one_a_row(operand, frame)
        units, good = _units(values, places)
        whole, part = units // 10**places, units % 10**places
        pieces = [_text(whole) if not grouped else _grouped(whole)]
        if places:  # 7 hundredths → "107" → "07"
            pieces += [".", pc.utf8_slice_codeunits(_text(part + 10**places), 1)]
        made = _joined([pc.if_else(pa.array(np.signbit(values)), "-", ""), *pieces])
        return mended(made, ~good, lambda row: format(float(values[row]), spec))

    return Expr(str, run)


def spelled(operand: Expr) -> Expr:
    """Return `str(operand)` of a float."""

    def run(frame: Frame) -> Any:
        values = _one_a_row(operand, frame)
        sizes = np.abs(values)
        good = ((sizes >= _LEAST_PLAIN) & (sizes < _GREATEST_PLAIN)) | (sizes == 0)
        texts = _text(values)
        is_whole = pa.array(values == np.floor(values))
        return mended(_joined([texts, pc.if_else(is_whole, ".0", "")]), ~good, lambda row: repr(float(values[row])))

    return Expr(str, run)


def thousands(number: Expr) -> Expr:
    """Return `format(number, ",")` of an int."""

    def run(frame: Frame) -> Any:
        values = spread_out(int, numbers.as_int(number, frame), frame.length)
        is_least = values == np.int64(-(2**63))
        digits = _grouped(np.abs(np.where(is_least, 0, values)))
        made = _joined([pc.if_else(pa.array(values < 0), "-", ""), digits])
        return mended(made, is_least, lambda row: format(int(values[row]), ","))

    return Expr(str, run)


def _text(values: Any) -> pa.Array:
    return pa.array(np.ascontiguousarray(values)).cast(pa.large_string())


def _grouped(values: Any) -> pa.Array:
    """Return ints that are not negative with a comma before each three digits: "1234" → "4321" → "432,1" → "1,234"."""
    backwards = pc.utf8_reverse(_text(values))
    return pc.utf8_reverse(pc.utf8_rtrim(pc.replace_substring_regex(backwards, r"(\d{3})", r"\1,"), ","))


def _joined(pieces: list[Any]) -> pa.Array:
    large = [each.cast(pa.large_string()) if isinstance(each, pa.Array) else each for each in pieces]
    texts = [pa.scalar(each, pa.large_string()) if isinstance(each, str) else each for each in large]
    return pc.binary_join_element_wise(*texts, pa.scalar("", pa.large_string()))
