"""Test that rows pass one by one through any number of loops."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glowray.kernels.compiled.long_chain import MOST_NESTED, rows_through

Run = Callable[[Iterable[Any]], Iterator[Any]]
LOOPS: list[Run] = [
    lambda rows: (row + 1 for row in rows),
    lambda rows: (row for row in rows if row % 3),
    lambda rows: (each for row in rows for each in (row, row + 7)[: 1 + row % 2]),
    lambda rows: iter(()),
    lambda rows: (row * 2 for row in rows),
]


@given(st.lists(st.integers(0, 9), max_size=4), st.lists(st.sampled_from(LOOPS[:3]), min_size=1, max_size=40))
def test_the_rows_are_those_of_nested_loops(rows: list[int], loops: list[Run]) -> None:
    nested: Iterable[Any] = rows
    for loop in loops:
        nested = loop(nested)
    wanted = [row for row, _ in zip(nested, range(1000), strict=False)]
    assert [row for row, _ in zip(rows_through(loops, rows), range(1000), strict=False)] == wanted


def test_a_row_is_taken_when_the_one_before_it_is_through() -> None:
    told: list[str] = []

    def telling(place: int) -> Run:
        def run(rows: Iterable[Any]) -> Iterator[Any]:
            for row in rows:
                told.append(f"{place}: {row}")
                yield row

        return run

    count = 2 * MOST_NESTED + 1
    made = rows_through([telling(place) for place in range(count)], iter("abc"))
    assert next(made) == "a"
    assert told == [f"{place}: a" for place in range(count)]
    made.close()
    assert len(told) == count


@pytest.mark.parametrize("count", [1, MOST_NESTED, 100 * MOST_NESTED])
def test_calls_that_stand_inside_one_another_are_few(count: int) -> None:
    depths: list[int] = []

    def deep(rows: Iterable[Any]) -> Iterator[Any]:
        for row in rows:
            frame, depth = sys._getframe(), 0
            while frame.f_back is not None:
                frame, depth = frame.f_back, depth + 1
            depths.append(depth)
            yield row

    frame, own = sys._getframe(), 0
    while frame.f_back is not None:
        frame, own = frame.f_back, own + 1
    assert list(rows_through([deep] * count, [1])) == [1]
    assert max(depths) - own <= MOST_NESTED + 2
