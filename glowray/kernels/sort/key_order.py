"""A total order over sort keys: Python's own, with NaNs last."""

from __future__ import annotations

import heapq
import operator
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from itertools import chain, islice, pairwise, repeat
from typing import Any, Protocol

from glowray.functions.replay import NO_ROW
from glowray.kernels.loops.failed_step import blame


class LastKey:
    """Stands for NaN. It compares after every other key, or before it if the order is reversed."""

    __slots__ = ("reverse",)

    def __init__(self, reverse: bool) -> None:
        self.reverse = reverse

    def __lt__(self, other: Any) -> bool:
        return self.reverse and not isinstance(other, LastKey)

    def __gt__(self, other: Any) -> bool:
        return not self.reverse and not isinstance(other, LastKey)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LastKey)

    def __hash__(self) -> int:
        return hash(LastKey)


def is_nan(key: Any) -> bool:
    """Return whether `key` is a NaN of any number type."""
    try:
        if isinstance(key, Decimal):
            return key.is_nan()
        return bool(key != key)
    except (TypeError, ValueError, ArithmeticError):  # arrays and the like: not a NaN
        return False


def total(key: Any, reverse: bool = False) -> Any:
    """Return `key` with its NaNs, inside tuples too, replaced by a key that sorts last."""
    kind = type(key)
    if kind is str or kind is int or kind is bytes:
        return key
    if kind is tuple:
        parts = [total(part, reverse) for part in key]
        same = all(new is old for new, old in zip(parts, key, strict=True))
        return key if same else tuple(parts)
    if isinstance(key, tuple):
        return total(tuple(key), reverse)
    return LastKey(reverse) if is_nan(key) else key


PLAIN = {str, int, bytes, bool}


def totals(keys: list[Any], reverse: bool) -> list[Any]:
    """Return `total` of every key. If no key can be a NaN, this is one pass over the types."""
    if set(map(type, keys)) <= PLAIN:
        return keys
    return [total(key, reverse) for key in keys]


def sort_rows(rows: list[Any], key: Callable[[list[Any]], list[Any]], reverse: bool) -> list[Any]:
    """Return `rows` in stable order of `key(rows)`, which has one key a row.

    Raises:
        TypeError: two keys cannot be compared.
    """
    keys = totals(key(rows), reverse)
    try:
        if keys is rows:
            return sorted(rows, reverse=reverse)
        positions = sorted(range(len(rows)), key=keys.__getitem__, reverse=reverse)
    except BaseException as error:
        blame_comparison(error, rows, keys)
        raise
    return [rows[position] for position in positions]


def top_rows(rows: Iterable[Any], n: int, key: Callable[[Any], Any], reverse: bool) -> list[Any]:
    """Return the first n rows in descending order of `key` (ascending if `reverse`), ties in input order."""
    # "Largest" counts NaN as smaller than everything, "smallest" as larger: it is last either way.
    pick = heapq.nsmallest if reverse else heapq.nlargest
    rows = iter(rows)
    seen = list(islice(rows, n))
    last: Any = NO_ROW

    def key_of(row: Any) -> Any:
        nonlocal last
        last = row
        return total(key(row), not reverse)

    try:
        return pick(n, chain(seen, rows), key=key_of)
    except BaseException as error:
        compared = [*seen, last]
        blame_comparison(error, compared, [key_of(row) for row in compared])
        raise


Comparison = tuple[Callable[[Any, Any], Any], Any, Any]
"""`operator.lt` or `operator.gt`, and the two rows."""


def blame_comparison(error: BaseException, rows: Sequence[Any], keys: Sequence[Any]) -> None:
    """Note the first row whose key cannot be compared with that of the first row, or of the row before it.

    An error that no such pair of keys raises again is not noted.
    """
    first = zip(repeat(0), range(1, len(keys)), strict=False)
    for one, other in chain(first, pairwise(range(len(keys)))):
        failed = failing_comparison(error, keys[one], keys[other], rows[one], rows[other])
        if failed is not None:
            blame(error, row=rows[other], arguments=failed)
            return


def failing_comparison(error: BaseException, key: Any, other: Any, row: Any, other_row: Any) -> Comparison | None:
    """Return the comparison of two rows' keys that raises such an error, None if there is none."""
    for compare in (operator.lt, operator.gt):
        if _raises(error, compare, key, other):
            return compare, row, other_row
        if _raises(error, compare, other, key):
            return compare, other_row, row
    return None


def _raises(error: BaseException, compare: Callable[[Any, Any], Any], left: Any, right: Any) -> bool:
    try:
        compare(left, right)
    except Exception as raised:
        return type(raised) is type(error) and raised.args == error.args
    return False


class Keys(Protocol):
    """Sorted keys that can be read by place."""

    def __len__(self) -> int: ...
    def at(self, places: Sequence[int]) -> Sequence[Any]:
        """Return the keys at some places."""
        ...


def bucket_edges(keys: Keys, bounds: Sequence[Any], reverse: bool) -> list[int]:
    """Return the edges at which `bounds` cut sorted `keys`: bucket i is keys[edges[i]:edges[i + 1]].

    Equal keys share a bucket. All bounds are searched for at once, so that keys are read in few batches.
    """
    lows, highs = [0] * len(bounds), [len(keys)] * len(bounds)
    while searched := [place for place, low in enumerate(lows) if low < highs[place]]:
        middles = [(lows[place] + highs[place]) // 2 for place in searched]
        for place, middle, key in zip(searched, middles, keys.at(middles), strict=True):
            bound = bounds[place]
            if bound < key if reverse else key < bound:
                lows[place] = middle + 1
            else:
                highs[place] = middle
    return [0, *lows, len(keys)]
