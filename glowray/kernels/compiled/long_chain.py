"""Rows through any number of generated loops, of which only a few draw rows through one another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

MOST_NESTED = 16
"""Loops that draw their rows through one another. Each is a generator, and Python nests only so many calls of them."""

Run = Callable[[Iterable[Any]], Iterator[Any]]


def rows_through(loops: Sequence[Run], rows: Iterable[Any]) -> Iterator[Any]:
    """Yield what loops make of rows, each row through all loops before the next row is taken.

    >>> add_one = lambda rows: (row + 1 for row in rows)
    >>> list(rows_through([add_one] * 5_000, [0, 10]))
    [5000, 5010]
    """
    first, *others = [_nested(loops[start : start + MOST_NESTED]) for start in range(0, len(loops), MOST_NESTED)]
    # The rows that wait before each group of loops: one after the other, where generators would stand in one another.
    waiting = [first(rows)]
    while waiting:
        for row in waiting[-1]:
            if len(waiting) <= len(others):
                waiting.append(others[len(waiting) - 1]([row]))
                break
            yield row
        else:
            waiting.pop()


def _nested(loops: Sequence[Run]) -> Run:
    def run(rows: Iterable[Any]) -> Iterator[Any]:
        for loop in loops:
            rows = loop(rows)
        return iter(rows)

    return run
