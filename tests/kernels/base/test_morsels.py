"""Test that a piece of Python's rows is bounded by rows and by bytes, and that cutting loses no row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glowray.kernels.base.morsels import MORSEL, PIECE_BYTES, PieceSize, cut, in_batches, pieces
from glowray.rows import Block

LARGE = 100_000
"""Bytes of a large row."""

FORMS: dict[str, Callable[[list[Any]], Iterable[Any]]] = {"list": list, "lazy": iter}


def large(count: int) -> Iterator[bytes]:
    return (n.to_bytes(4, "big") * (LARGE // 4) for n in range(count))


@given(st.lists(st.lists(st.integers())), st.sampled_from(sorted(FORMS)), st.integers(1, 300))
def test_cut_keeps_all_rows_in_order(morsels: list[list[int]], form: str, most: int) -> None:
    cuts = list(cut((FORMS[form](rows) for rows in morsels), PieceSize(most)))
    assert [row for piece in cuts for row in piece] == [row for rows in morsels for row in rows]


@pytest.mark.parametrize("count", [0, 1, 255, 256, 257, 70_000])
def test_small_rows_soon_come_in_large_pieces(count: int) -> None:
    sizes = list(map(len, pieces(iter(range(count)))))
    assert sum(sizes) == count and max(sizes, default=0) <= MORSEL
    assert len(sizes) <= 2 + count / MORSEL + 1


def test_large_rows_come_a_few_at_a_time() -> None:
    """The first piece has 256 rows, as nothing is known of them."""
    sizes = [sum(map(len, piece)) for piece in pieces(large(1000))]
    assert max(sizes[1:]) < 1.2 * PIECE_BYTES and sizes[0] == 256 * LARGE


def test_a_list_is_cut_if_the_rows_made_of_it_are_large() -> None:
    size, taken = PieceSize(), []
    for piece in cut([list(range(2000))], size):
        taken.append(len(piece))
        size.note_made(len(piece), list(large(len(piece))))
    assert sum(taken) == 2000 and max(taken[1:]) * LARGE < 1.2 * PIECE_BYTES


def test_columns_of_large_rows_come_in_small_batches() -> None:
    block = Block.from_rows(list(large(1000)))
    batches = list(in_batches([block]))
    assert [row for batch in batches for row in batch.rows()] == block.rows()
    assert max(batch.nbytes for batch in batches) < 1.2 * PIECE_BYTES
