"""Test that joined chunks, and rows that may be absent, give back their rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glowray.rows import Block
from glowray.rows.codec.chunk import Chunk
from glowray.rows.codec.chunk_concat import together
from tests.oracle.exact import assert_rows
from tests.rows.hostile import columns_of_one_type, rows

batches = st.one_of(
    st.lists(rows, min_size=1, max_size=4),
    columns_of_one_type().flatmap(lambda column: st.lists(st.lists(column | st.none(), max_size=4), min_size=1)),
)
"""Batches of rows: of any types or of one, with batches of only None among them."""


def chunks_of(given: list[list[Any]]) -> list[Chunk]:
    return [Chunk.from_rows(batch) for batch in given]


@given(batches)
def test_together(given: list[list[Any]]) -> None:
    assert_rows(together(chunks_of(given)).rows(), [row for batch in given for row in batch])


@pytest.mark.parametrize(
    ("given", "shape"),
    [
        ([[1], [None], [2]], "int"),
        ([[None], [None]], "None"),
        ([[1], [2.5]], "pickled"),
        ([[("a", 1)], [("b", 2.5)]], "(str, pickled)"),
        ([[("a", 1)], [None], [("b", None)]], "(str, int)?"),
        ([[("a", (1, "x"))], [("b", None)]], "(str, (int, str)?)"),
        ([[[1]], [[2.5]]], "pickled"),
        ([[{"a": 1}], [{"a": 2}]], "{a: int}"),
        ([[{"a": 1}], [{"b": 2}]], "pickled"),
    ],
)
def test_columns_stay_typed_where_all_agree(given: list[list[Any]], shape: str) -> None:
    assert str(together(chunks_of(given)).shape) == shape


@given(batches, st.data())
def test_rows_that_may_be_absent(given: list[list[Any]], data: st.DataObject) -> None:
    chunk = together(chunks_of(given))
    places = data.draw(st.lists(st.integers(-1, len(chunk) - 1), max_size=8))
    every = chunk.rows()
    expected = [None if place < 0 else every[place] for place in places]
    taken = chunk.take_or_none(np.array(places, np.int64))
    assert_rows(taken.rows(), expected)
    assert_rows(together([taken, chunk]).rows(), expected + every)
    assert_rows(taken.take_or_none(np.arange(-1, len(places))).rows(), [None, *expected])


@given(st.lists(rows, min_size=2, max_size=4), st.data())
def test_rows_of_several_chunks_in_any_order(given: list[list[Any]], data: st.DataObject) -> None:
    block = Block(chunks_of(given))
    every = [row for batch in given for row in batch]
    places = data.draw(st.lists(st.integers(0, max(len(every) - 1, 0)), max_size=40)) if every else []
    assert_rows(block.take(places).rows(), [every[place] for place in places])


def test_a_row_that_is_taken_twice_is_two_rows() -> None:
    chunk = Chunk.from_rows([[1, "a"], {1: "b"}])
    first, second, third = chunk.take(np.array([0, 1, 0])).rows()
    first.append(2)
    assert (third, second) == ([1, "a"], {1: "b"})
