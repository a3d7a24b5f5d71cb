"""Test that rows are ordered as Python orders them: stable, with NaN last in both directions."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glowray.kernels.sort.key_order import LastKey, bucket_edges, sort_rows, top_rows, total
from glowray.kernels.sort.run_keys import RunKeys
from glowray.rows import Block
from tests.oracle.exact import assert_rows
from tests.oracle.verbs import in_order

numbers = st.sampled_from([0, 1, True, -1, 2**63, 0.5, -0.0, 0.0, float("inf"), float("nan"), float("-inf"), 7])
keys = st.one_of(numbers, st.tuples(numbers, st.integers(0, 1)))


def rows_with(kind: st.SearchStrategy[Any]) -> st.SearchStrategy[list[tuple[Any, int]]]:
    return st.lists(kind, max_size=30).map(lambda drawn: [(key, place) for place, key in enumerate(drawn)])


rows = st.one_of(rows_with(numbers), rows_with(st.tuples(numbers, st.integers(0, 1))), rows_with(st.text(max_size=2)))


def key_of(row: tuple[Any, int]) -> Any:
    return row[0]


@given(rows, st.booleans())
def test_sort_rows(drawn: list[tuple[Any, int]], reverse: bool) -> None:
    got = sort_rows(drawn, lambda rows: [row[0] for row in rows], reverse)
    assert_rows(got, in_order(drawn, key_of, reverse))


@given(rows, st.integers(0, 12), st.booleans())
def test_top_rows(drawn: list[tuple[Any, int]], n: int, reverse: bool) -> None:
    assert_rows(top_rows(iter(drawn), n, key_of, reverse), in_order(drawn, key_of, not reverse)[:n])


@given(st.lists(numbers, max_size=30), st.lists(numbers, max_size=6), st.booleans(), st.booleans())
def test_bucket_edges_keep_equal_keys_together(drawn: list[Any], cuts: list[Any], reverse: bool, keyed: bool) -> None:
    run = in_order(drawn, lambda key: key, reverse)
    ordered = [total(key, reverse) for key in run]
    bounds = [total(key, reverse) for key in in_order(cuts, lambda key: key, reverse)]
    keys = RunKeys(Block.from_rows([(key, "row") for key in run] if keyed else run), keyed, reverse)
    edges = bucket_edges(keys, bounds, reverse)
    for bound, edge in zip(bounds, edges[1:-1], strict=True):
        before = [bound < key if reverse else key < bound for key in ordered]
        assert before == [True] * edge + [False] * (len(ordered) - edge)
    assert edges[0] == 0
    assert edges[-1] == len(ordered)
    assert edges == sorted(edges)
    for place in edges[1:-1]:
        if 0 < place < len(ordered):
            assert ordered[place - 1] != ordered[place]


@pytest.mark.parametrize("reverse", [False, True])
def test_every_kind_of_nan_is_last(reverse: bool) -> None:
    nans = [float("nan"), Decimal("NaN"), Decimal("sNaN"), (float("nan"),)]
    for nan in nans[:3]:
        assert isinstance(total(nan, reverse), LastKey)
    assert sort_rows([nans[0], 1, nans[1], 2], lambda rows: rows, reverse)[2:] == nans[:2]
    assert total((1, (nans[0],)), reverse)[1][0] == LastKey(reverse)


def test_keys_without_nan_are_not_copied() -> None:
    for key in ("a", 1, b"a", (1, "a"), (1, (2.0, None)), 0.5, None):
        assert total(key) is key


def test_what_cannot_be_compared() -> None:
    with pytest.raises(TypeError):
        sort_rows([1, "a"], lambda rows: rows, False)
    with pytest.raises(TypeError):
        top_rows([1, "a", None], 2, lambda row: row, False)
