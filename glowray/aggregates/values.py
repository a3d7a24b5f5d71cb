"""Aggregates that keep values: the smallest and largest, lists, sets, and the n largest.

The functions may change their first argument, the accumulator of one group, and return the new accumulator.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any

from glowray.rows.keys import canonical_key

SPARE = 8
"""A list of candidates is cut to the n largest when it has n values, and again when it has 2n + SPARE."""


def least(kept: Any, value: Any) -> Any:
    """Return the smaller of two values, the first if they are equal. None and NaN lose against any other value."""
    if kept is None or (value is not None and kept != kept):
        return value
    return value if value is not None and value == value and value < kept else kept


def greatest(kept: Any, value: Any) -> Any:
    """Return the larger of two values, the first if they are equal. None and NaN lose against any other value."""
    if kept is None or (value is not None and kept != kept):
        return value
    return value if value is not None and value == value and value > kept else kept


def with_item(items: list[Any], value: Any) -> list[Any]:
    """Append a value."""
    items.append(value)
    return items


def with_items(items: list[Any], others: list[Any]) -> list[Any]:
    """Append all values of another list."""
    items.extend(others)
    return items


def with_present(items: list[Any], value: Any) -> list[Any]:
    """Append a value unless it is None."""
    if value is not None:
        items.append(value)
    return items


class Members:
    """A set that compares values as keys. The first of equal values stays, and all NaNs are equal.

    >>> Members([1, 1.0, 2]).values()
    [1, 2]
    """

    __slots__ = ("_named",)

    def __init__(self, values: Iterable[Any] = ()) -> None:
        self._named: dict[Hashable, Any] = {}
        for value in values:
            self.add(value)

    def __reduce__(self) -> tuple[Any, ...]:
        return Members, (self.values(),)  # The canonical key of a NaN holds in one process only.

    def __len__(self) -> int:
        return len(self._named)

    def add(self, value: Any) -> None:
        """Add a value unless an equal one is there already."""
        self._named.setdefault(canonical_key(value), value)

    def values(self) -> list[Any]:
        """Return the values in the order in which they were added."""
        return list(self._named.values())


def with_member(members: Members, value: Any) -> Members:
    """Add a value unless it is None."""
    if value is not None:
        members.add(value)
    return members


def with_members(members: Members, others: Members) -> Members:
    """Add the values of another partial result."""
    for value in others.values():
        members.add(value)
    return members


def largest(items: list[Any], n: int) -> list[Any]:
    """Return the n largest values: the largest first, NaN last, equal values in their order.

    >>> largest([1.0, float("nan"), 3.0, 2.0], 2)
    [3.0, 2.0]
    """
    numbers = [value for value in items if value == value]
    numbers.sort(reverse=True)
    missing = [value for value in items if value != value]
    return [*numbers, *missing][:n]


def with_candidate(items: list[Any], value: Any, n: int) -> list[Any]:
    """Add a value to a list of candidates, unless it is None or the list has n values that come before it.

    A list of n or more candidates begins with n sorted values, and the last of them is the bound for new values. The
    list is cut to the n largest when it is long.
    """
    if value is None or not n:
        return items
    if len(items) >= n:
        bound = items[n - 1]
        if bound == bound and (value != value or not value > bound):
            return items
    items.append(value)
    if len(items) == n or len(items) >= 2 * n + SPARE:
        items[:] = largest(items, n)
    return items


def with_candidates(items: list[Any], others: list[Any], n: int) -> list[Any]:
    """Return the n largest values of two partial results."""
    return largest([*items, *others], n)


def median(items: list[Any]) -> Any:
    """Return the middle value, or the mean of the two middle values; None if there is none. NaN counts as largest.

    >>> median([3, 1, 2]), median([1, 2]), median([])
    (2, 1.5, None)
    """
    if not items:
        return None
    ordered = [value for value in items if value == value]
    ordered.sort(reverse=True)
    ordered.reverse()
    if len(ordered) < len(items):
        ordered += [value for value in items if value != value]
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
