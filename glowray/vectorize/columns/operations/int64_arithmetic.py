"""Exact operations on int64 vectors. Rows whose result overflows go to Python.

The interval of an operand is known from the operation that made it, or from its least and greatest value. If the
result's interval fits 64 bits, no row is checked. A vector has one value a row, or is 0-d if all rows have the same.
`out` is a vector that no other code holds, for the result, or None.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from glowray.vectorize.columns.vectors import intervals
from glowray.vectorize.columns.vectors.frame import Frame
from glowray.vectorize.columns.vectors.intervals import GREATEST, LEAST, Interval, fits, has

Operation = Callable[[Frame, Any, Any, Any], Any]


def add(frame: Frame, a: Any, b: Any, out: Any) -> Any:
    """Return a + b."""
    one, other = frame.limits(a), frame.limits(b)
    limits = intervals.added(one, other)
    if fits(limits):
        return frame.limited(np.add(a, b, out=out), limits)
    if not b.ndim:
        frame.require(_leaves_room(a, other[0]))
    elif not a.ndim:
        frame.require(_leaves_room(b, one[0]))
    else:
        made = np.add(a, b)
        frame.require(((a ^ made) & (b ^ made)) >= 0)
        return made
    return frame.unlimited(np.add(a, b, out=out))


def subtract(frame: Frame, a: Any, b: Any, out: Any) -> Any:
    """Return a - b."""
    one, other = frame.limits(a), frame.limits(b)
    limits = intervals.subtracted(one, other)
    if fits(limits):
        return frame.limited(np.subtract(a, b, out=out), limits)
    if not b.ndim:
        frame.require(_leaves_room(a, -other[0]))
        return frame.unlimited(np.subtract(a, b, out=out))
    made = np.subtract(a, b)
    frame.require(((a ^ b) & (a ^ made)) >= 0)
    return made


def _leaves_room(a: Any, addend: int) -> Any:
    """Return a mask of the rows where a + addend fits 64 bits."""
    if addend >= 0:
        return a <= max(GREATEST - addend, LEAST)  # with an addend of 2**63, only negative values fit
    return a >= LEAST - addend


def multiply(frame: Frame, a: Any, b: Any, out: Any) -> Any:
    """Return a * b."""
    one, other = frame.limits(a), frame.limits(b)
    limits = intervals.multiplied(one, other)
    if fits(limits):
        return frame.limited(np.multiply(a, b, out=out), limits)
    if a.ndim and not b.ndim:
        frame.require(_is_product(a, other[0]))
    elif b.ndim and not a.ndim:
        frame.require(_is_product(b, one[0]))
    else:
        # A float64 product below 2**62 is exactly below 2**63, because rounding is a far smaller error.
        frame.require(np.abs(a.astype(np.float64) * b.astype(np.float64)) < 2.0**62)
    return frame.unlimited(np.multiply(a, b, out=out))


def _is_product(a: Any, factor: int) -> Any:
    """Return a mask of the rows where a * factor fits 64 bits. The factor is not 0."""
    ends = sorted((LEAST // factor, GREATEST // factor))
    least, greatest = max(ends[0] + 1, LEAST), min(ends[1], GREATEST)  # // rounds down, so the left end is one too low
    return (a >= least) & (a <= greatest)


def floor_divide(frame: Frame, a: Any, b: Any, out: Any) -> Any:
    """Return a // b."""
    one, other = frame.limits(a), frame.limits(b)
    divisor = _checked_divisor(frame, a, b)
    made = _quotient(a, divisor, one, other, out)
    limits = intervals.floor_divided(one, other)
    return frame.limited(made, limits) if fits(limits) and not has(other, 0) else frame.unlimited(made)


def remainder(frame: Frame, a: Any, b: Any, out: Any) -> Any:
    """Return a % b."""
    one, other = frame.limits(a), frame.limits(b)
    divisor = _checked_divisor(frame, a, b)
    if other[0] == other[1] and _is_power(other[0]):
        made = np.bitwise_and(a, divisor - 1, out=out)
    elif not b.ndim:
        # NumPy divides by one divisor several times faster than it takes the remainder.
        part = _quotient(a, divisor, one, other, None)
        own = part if part.ndim else None
        made = np.subtract(a, np.multiply(part, divisor, out=own), out=own)
    else:
        made = np.remainder(a, divisor, out=out)
    return frame.unlimited(made) if has(other, 0) else frame.limited(made, intervals.remainder(one, other))


def _checked_divisor(frame: Frame, a: Any, b: Any) -> Any:
    """Return the divisor, with 1 for a divisor of 0, which raises, and for -2**63 divided by -1, which Python does."""
    one, other = frame.limits(a), frame.limits(b)
    made = b
    if has(other, 0):
        frame.fail(b == 0, ZeroDivisionError)
        made = np.where(b == 0, np.int64(1), made)
    if has(other, -1) and has(one, LEAST):
        bad = (b == -1) & (a == LEAST)
        frame.require(np.logical_not(bad))
        made = np.where(bad, np.int64(1), made)
    return made


def _is_power(number: int) -> bool:
    """Return whether the number is a power of two."""
    return number > 0 and number & (number - 1) == 0


def _quotient(a: Any, divisor: Any, one: Interval, other: Interval, out: Any) -> Any:
    if other[0] == other[1] and _is_power(other[0]):
        return np.right_shift(a, other[0].bit_length() - 1, out=out)
    if a.ndim and not divisor.ndim and one[0] >= 0 and other[0] > 0:
        made = np.floor_divide(a.view(np.uint64), divisor.astype(np.uint64))  # unsigned division is faster
        return made.view(np.int64)
    return np.floor_divide(a, divisor, out=out)


def shift_right(frame: Frame, a: Any, b: Any, out: Any) -> Any:
    """Return a >> b for the same b in all rows, from 0 to 63."""
    one, (count, _) = frame.limits(a), frame.limits(b)
    return frame.limited(np.right_shift(a, b, out=out), (one[0] >> count, one[1] >> count))


def negate(frame: Frame, a: Any, out: Any) -> Any:
    """Return -a."""
    return _without_least(frame, np.negative, intervals.negated, a, out)


def absolute(frame: Frame, a: Any, out: Any) -> Any:
    """Return abs(a)."""
    return _without_least(frame, np.abs, intervals.absolute, a, out)


def _without_least(
    frame: Frame, operation: Any, interval: Callable[[Interval], Interval], a: Any, out: Any
) -> Any:  # fmt: skip
    limits = interval(frame.limits(a))
    if fits(limits):
        return frame.limited(operation(a, out=out), limits)
    frame.require(a != LEAST)
    return frame.unlimited(operation(a, out=out))


def power(frame: Frame, a: Any, exponent: int) -> Any:
    """Return a ** exponent for an exponent of 0 or more."""
    one = frame.limits(a)
    limits = intervals.power(one, exponent)
    if not fits(limits):
        root = _root(exponent)
        frame.require((a >= -root) & (a <= root))
    made, square = np.ones_like(a), a
    while exponent:
        if exponent & 1:
            made = made * square
        exponent >>= 1
        square = square * square if exponent else square
    return frame.limited(made, limits) if fits(limits) else made


def _root(exponent: int) -> int:
    """Return the greatest int whose power fits 64 bits."""
    low, high = 0, 2**32
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if middle**exponent <= GREATEST else (low, middle - 1)
    return low
