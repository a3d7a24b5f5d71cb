"""Count, mean and sum of squared differences from the mean, by numerically stable updates.

Source: Welford 1962 for adding a value, Chan, Golub and LeVeque 1979 for merging partial results.
"""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

Moments = tuple[int, Any, Any]
"""The number of values, their mean, and the sum of the squared differences from the mean."""

NONE: Moments = (0, 0.0, 0.0)


def with_value(moments: Moments, value: Any) -> Moments:
    """Return the moments with one more value. None does not count as a value.

    >>> with_value(with_value(NONE, 1), 3)
    (2, 2.0, 2.0)
    """
    if value is None:
        return moments
    count, mean, squares = moments
    count += 1
    if isinstance(value, Decimal):  # no arithmetic of Decimals and floats
        value = float(value)
    difference = value - mean
    mean = mean + difference / count
    return count, mean, squares + difference * (value - mean)


def merged(left: Moments, right: Moments) -> Moments:
    """Return the moments of the values of two partial results.

    >>> merged((1, 1.0, 0.0), (1, 3.0, 0.0))
    (2, 2.0, 2.0)
    """
    if not left[0] or not right[0]:
        return left if left[0] else right
    count = left[0] + right[0]
    difference = right[1] - left[1]
    mean = left[1] + difference * right[0] / count
    return count, mean, left[2] + right[2] + difference * difference * left[0] * right[0] / count


def variance(moments: Moments) -> Any:
    """Return the sample variance, None for fewer than two values."""
    count, _, squares = moments
    return squares / (count - 1) if count > 1 else None


def deviation(moments: Moments) -> float | None:
    """Return the sample standard deviation, None for fewer than two values."""
    found = variance(moments)
    return None if found is None else math.sqrt(found)
