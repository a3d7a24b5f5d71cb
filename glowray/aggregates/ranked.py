"""The values of highest rank in a group, as the accumulator of an aggregate of pairs (rank, value).

The functions change their accumulator and return it. Each group has its own.
"""

from __future__ import annotations

from operator import itemgetter
from typing import Any

from glowray.aggregates.aggregate import AccumulatorField, Aggregate
from glowray.aggregates.values import SPARE

Pair = tuple[Any, Any]

_RANK = itemgetter(0)


def ranked_values(n: int) -> Aggregate:
    """Return the aggregate that keeps the n values of highest rank, highest first. A rank of None is left out."""
    slot = AccumulatorField([], f"with_pair({{kept}}, {{value}}, {n})", f"highest({{kept}} + {{other}}, {n})")
    helpers = {"with_pair": with_pair, "highest": highest, "values_of": values_of}
    return Aggregate(f"top({n})", None, (slot,), f"values_of(highest({{0}}, {n}))", helpers)


def with_pair(pairs: list[Pair], pair: Pair, n: int) -> list[Pair]:
    """Add a pair, unless its rank is None or the list has n pairs that come before it.

    A list of n or more pairs begins with n sorted pairs, and the last of them is the bound for new pairs. The list is
    cut to the n highest when it is long.
    """
    rank = pair[0]
    if rank is None or not n:
        return pairs
    if len(pairs) >= n:
        bound = pairs[n - 1][0]
        if bound == bound and (rank != rank or not rank > bound):
            return pairs
    pairs.append(pair)
    if len(pairs) == n or len(pairs) >= 2 * n + SPARE:
        pairs[:] = highest(pairs, n)
    return pairs


def highest(pairs: list[Pair], n: int) -> list[Pair]:
    """Return the n pairs of highest rank: highest first, NaN last, equal ranks in their order.

    >>> highest([(1.0, "a"), (float("nan"), "b"), (2.0, "c"), (1.0, "d")], 3)
    [(2.0, 'c'), (1.0, 'a'), (1.0, 'd')]
    """
    ordered = [pair for pair in pairs if pair[0] == pair[0]]
    ordered.sort(key=_RANK, reverse=True)
    return [*ordered, *(pair for pair in pairs if pair[0] != pair[0])][:n]


def values_of(pairs: list[Pair]) -> list[Any]:
    """Return the values of pairs."""
    return [value for _, value in pairs]
