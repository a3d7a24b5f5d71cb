"""Interval arithmetic: bounds of an operation's results, from bounds of its operands.

An interval is (lower bound, upper bound), both inclusive. The bounds are Python ints, so they never overflow.
`added((0, 9), (-1, 1))` is (-1, 10).
"""

from __future__ import annotations

from itertools import product

Interval = tuple[int, int]

LEAST, GREATEST = -(2**63), 2**63 - 1


def fits(interval: Interval) -> bool:
    """Return whether the interval fits 64-bit ints.

    >>> fits((0, 2**63 - 1)), fits((0, 2**63))
    (True, False)
    """
    return interval[0] >= LEAST and interval[1] <= GREATEST


def is_within(interval: Interval, size: int) -> bool:
    """Return whether all values lie from -size to size."""
    return -size <= interval[0] and interval[1] <= size


def has(interval: Interval, value: int) -> bool:
    """Return whether the interval holds the value."""
    return interval[0] <= value <= interval[1]


def added(a: Interval, b: Interval) -> Interval:
    """Return the interval of a + b."""
    return a[0] + b[0], a[1] + b[1]


def subtracted(a: Interval, b: Interval) -> Interval:
    """Return the interval of a - b."""
    return a[0] - b[1], a[1] - b[0]


def multiplied(a: Interval, b: Interval) -> Interval:
    """Return the interval of a * b.

    >>> multiplied((-2, 3), (-5, 1))
    (-15, 10)
    """
    corners = [one * other for one, other in product(a, b)]
    return min(corners), max(corners)


def floor_divided(a: Interval, b: Interval) -> Interval:
    """Return the interval of a // b, without divisors of 0.

    >>> floor_divided((-7, 7), (0, 2))
    (-7, 7)
    """
    ends = [each for each in (*b, -1, 1) if each and has(b, each)]
    corners = [one // other for one, other in product(a, ends)]
    return min(corners, default=0), max(corners, default=0)


def remainder(a: Interval, b: Interval) -> Interval:
    """Return the interval of a % b, without divisors of 0. It lies between 0 and b, and up to a if neither is negative.

    >>> remainder((-9, 9), (1, 7)), remainder((0, 4), (7, 7))
    ((0, 6), (0, 4))
    """
    least, greatest = min(b[0] + 1, 0), max(b[1] - 1, 0)
    if least == 0 and a[0] >= 0:
        greatest = min(greatest, a[1])
    return least, greatest


def negated(a: Interval) -> Interval:
    """Return the interval of -a."""
    return -a[1], -a[0]


def absolute(a: Interval) -> Interval:
    """Return the interval of abs(a)."""
    return max(a[0], -a[1], 0), max(a[1], -a[0])


def least_of(a: Interval, b: Interval) -> Interval:
    """Return the interval of min(a, b)."""
    return min(a[0], b[0]), min(a[1], b[1])


def greatest_of(a: Interval, b: Interval) -> Interval:
    """Return the interval of max(a, b)."""
    return max(a[0], b[0]), max(a[1], b[1])


def power(a: Interval, exponent: int) -> Interval:
    """Return the interval of a ** exponent, for an exponent of 0 or more.

    >>> power((-3, 2), 2), power((-3, 2), 3)
    ((0, 9), (-27, 8))
    """
    if exponent % 2 == 0:
        a = absolute(a)
    return a[0] ** exponent, a[1] ** exponent
