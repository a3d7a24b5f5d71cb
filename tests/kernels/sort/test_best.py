"""Test that the best rows of any morsels are the first rows of sorted()."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glowray.kernels.sort.key_order import top_rows
from glowray.kernels.sort.top_rows import best_rows
from glowray.rows import Block
from tests.kernels.ordering import keys, morsels, outcome, pairs_of
from tests.oracle.exact import assert_rows


@given(st.data(), keys, st.integers(0, 12), st.booleans(), st.booleans(), st.booleans())
def test_best_rows(data: st.DataObject, drawn: list[Any], n: int, keyed: bool, reverse: bool, strip: bool) -> None:
    rows = pairs_of(drawn) if keyed else drawn
    stream = data.draw(morsels(rows))

    def wanted() -> list[list[Any]]:
        best = top_rows(rows, n, (lambda row: row[0]) if keyed else (lambda row: row), reverse)
        return [[row for _, row in best] if keyed and strip else best]

    got = outcome(lambda: best_rows(iter(stream), n, keyed, reverse, strip))
    expected = outcome(wanted)
    if isinstance(got, type) or isinstance(expected, type):
        assert got == expected
    else:
        assert_rows(got, expected)


@pytest.mark.slow
def test_of_many_blocks() -> None:
    rows = [(n * 7919 % 1009, n) for n in range(200_000)]
    blocks = [Block.from_rows(rows[start : start + 30_000]) for start in range(0, len(rows), 30_000)]
    for n, reverse in ((1, False), (10, True), (50_000, False)):
        got = outcome(lambda n=n, reverse=reverse: best_rows(iter(blocks), n, True, reverse, False))
        assert got == sorted(rows, key=lambda row: row[0], reverse=not reverse)[:n]


def test_no_row_is_read_for_none() -> None:
    def failing() -> Any:
        raise AssertionError("a row was asked for")
        yield

    assert list(best_rows(failing(), 0, False, False, True)) == []
