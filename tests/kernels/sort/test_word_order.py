"""Test the order of rows by words against Python's sorted()."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from glowray.kernels.sort.word_order import first_rows, stable_order

# Words that differ in their first bits, their last bits, a few bits or all bits.
word = st.one_of(
    st.integers(0, 3),
    st.integers(0, 2**64 - 1),
    st.integers(0, 3).map(lambda bits: bits << 62),
    st.sampled_from([0, 2**64 - 1, 2**63, 2**64 - 2]),
)


@st.composite
def levels(draw: st.DrawFn) -> tuple[list[list[int]], int]:
    count = draw(st.integers(0, 60))
    # Few distinct words, so that many rows are tied and later words decide.
    pool = draw(st.lists(word, min_size=1, max_size=6))
    some = st.lists(st.sampled_from(pool), min_size=count, max_size=count)
    return draw(st.lists(some, max_size=4)), count


def as_levels(columns: list[list[int]]) -> list[Any]:
    arrays = [np.array(column, np.uint64) for column in columns]
    return [lambda rows, array=array: array.copy() if rows is None else array[rows] for array in arrays]


def wanted(columns: list[list[int]], count: int) -> list[int]:
    return sorted(range(count), key=lambda row: [column[row] for column in columns])


@given(levels())
def test_stable_order(drawn: tuple[list[list[int]], int]) -> None:
    columns, count = drawn
    assert stable_order(as_levels(columns), count).tolist() == wanted(columns, count)


@given(levels(), st.integers(0, 70))
def test_first_rows(drawn: tuple[list[list[int]], int], n: int) -> None:
    columns, count = drawn
    assert first_rows(as_levels(columns), count, n).tolist() == wanted(columns, count)[:n]


def test_words_that_need_more_room_than_there_is() -> None:
    generator = np.random.default_rng(7)
    count = 50_000
    # All words share their upper half, so the few bits that fit beside a row number hardly tell them apart.
    first = generator.integers(0, 1 << 20, count, np.uint64)
    first[count // 2 :] = first[: count // 2]
    second = generator.integers(0, 1 << 63, count, np.uint64) | np.uint64(1 << 63)
    got = stable_order(as_levels([first.tolist(), second.tolist()]), count)
    assert np.array_equal(got, np.lexsort((second, first)))


def test_later_words_are_only_asked_for_where_rows_are_tied() -> None:
    asked: list[Any] = []

    def second(rows: Any) -> Any:
        asked.append(rows.tolist())
        return np.array([9, 8, 7, 6], np.uint64)[rows]

    first = as_levels([[1, 5, 5, 0]])[0]
    assert stable_order([first, second], 4).tolist() == [3, 0, 2, 1]
    assert asked == [[1, 2]]
