"""Count values between edges. Bin i holds values from edge i up to edge i + 1, which only the last bin includes."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

Ends = tuple[Any, Any]
"""The smallest and the largest value."""

Counted = tuple[list[Any], list[int]]
"""The edges, and the number of values in each bin: one fewer than edges."""


def is_countable(value: Any) -> bool:
    """Return whether a value is neither None nor NaN."""
    return value is not None and bool(value == value)


def checked_edges(edges: Iterable[Any]) -> list[Any]:
    """Return the edges as a list.

    Raises:
        ValueError: there are fewer than two, one is None or NaN, or they do not ascend.
    """
    found = list(edges)
    if len(found) < 2:
        raise ValueError(f"histogram() needs at least 2 edges, got {found!r:.80}")
    if not all(map(is_countable, found)):
        raise ValueError(f"histogram() needs edges without None and NaN, got {found!r:.80}")
    if not all(low < high for low, high in pairwise(found)):
        raise ValueError(f"histogram() needs edges that ascend, no two of them equal, got {found!r:.80}")
    return found


def with_value(ends: Ends | tuple[()], value: Any) -> Ends:
    """Return the smallest and largest value, after one more value."""
    return with_ends(ends, (value, value))


def with_ends(ends: Ends | tuple[()], others: Ends) -> Ends:
    """Return the smallest and largest value of both parts."""
    if not ends:
        return others
    return min(ends[0], others[0]), max(ends[1], others[1])


def even_edges(low: Any, high: Any, bins: int) -> list[Any]:
    """Return the edges of bins of one width. Ints stay ints if the width is an int.

    >>> even_edges(0, 50, 2), even_edges(0, 5, 2), even_edges(3, 3, 9)
    ([0, 25, 50], [0.0, 2.5, 5], [3, 3])

    Raises:
        TypeError: the values are no numbers.
        ValueError: a value is infinite, or they are too far apart.
    """
    if bins == 1 or low == high:
        return [low, high]
    try:
        span = high - low
        width = span // bins if isinstance(span, int) and span % bins == 0 else span / bins
    except TypeError:
        kind = type(low).__name__
        raise TypeError(f"histogram({bins}) needs numbers, got {kind}: give a list of edges instead") from None
    if isinstance(width, float) and not math.isfinite(width):
        raise ValueError(f"histogram({bins}) needs finite numbers, got {low} to {high}: give a list of edges instead")
    return [*(min(low + width * place, high) for place in range(bins)), high]


def start_counts(bins: int, pair: tuple[Ends, Any]) -> Counted:
    """Return the edges with zero counts. A pair is (ends of all values, value)."""
    edges = even_edges(*pair[0], bins)
    return edges, [0] * (len(edges) - 1)


def with_pair(bins: int, counted: Counted | None, pair: tuple[Ends, Any]) -> Counted:
    """Count the value of a pair (ends of all values, value)."""
    return with_counted(counted or start_counts(bins, pair), pair[1])


def with_counted(counted: Counted, value: Any) -> Counted:
    """Count a value, if it is between the first and the last edge."""
    edges, counts = counted
    if edges[0] <= value <= edges[-1]:
        counts[min(bisect_right(edges, value), len(counts)) - 1] += 1
    return counted


def with_counts(counted: Counted, other: Counted) -> Counted:
    """Return the counts of both parts."""
    return counted[0], [mine + yours for mine, yours in zip(counted[1], other[1], strict=True)]
