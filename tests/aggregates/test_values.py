"""Test that aggregates that keep few values give the same result, by type and value, as sorting all values."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from glowray.aggregates import ranked
from glowray.aggregates.values import largest, median, with_candidate, with_candidates

NAN = float("nan")
numbers = st.sampled_from([None, NAN, 0, 0.0, -0.0, 1, 1.0, True, False, 2, 2**70, -(2**70), float("inf"), 0.5])
numbers |= st.integers(-50, 50) | st.floats(-9, 9) | st.just(Decimal("NaN")) | st.integers(-3, 3).map(Decimal)
counts = st.integers(0, 5)


def written(values: list[Any]) -> list[str]:
    """Return the texts of values: they tell 1 from 1.0 and True, and 0.0 from -0.0."""
    return list(map(repr, values))


@given(st.lists(numbers, max_size=60), counts)
def test_candidates_are_the_largest_of_all_values(values: list[Any], n: int) -> None:
    kept: list[Any] = []
    for value in values:
        kept = with_candidate(kept, value, n)
    assert written(largest(kept, n)) == written(largest([value for value in values if value is not None], n))


@given(st.lists(st.lists(numbers, max_size=20), max_size=4), counts)
def test_candidates_of_parts_are_the_largest_of_all_values(parts: list[list[Any]], n: int) -> None:
    merged: list[Any] = []
    for part in parts:
        kept: list[Any] = []
        for value in part:
            kept = with_candidate(kept, value, n)
        merged = with_candidates(merged, kept, n)
    everything = [value for part in parts for value in part if value is not None]
    assert written(largest(merged, n)) == written(largest(everything, n))


@given(st.lists(numbers, max_size=60), counts)
def test_pairs_are_the_highest_of_all_pairs(ranks: list[Any], n: int) -> None:
    pairs = [(rank, place) for place, rank in enumerate(ranks)]
    kept: list[Any] = []
    for pair in pairs:
        kept = ranked.with_pair(kept, pair, n)
    wanted = ranked.highest([pair for pair in pairs if pair[0] is not None], n)
    assert written(ranked.highest(kept, n)) == written(wanted)


def test_values_that_rise_keep_the_list_short() -> None:
    kept: list[int] = []
    for value in range(1000):
        kept = with_candidate(kept, value, 2)
        assert len(kept) < 20
    assert largest(kept, 2) == [999, 998]


@given(st.lists(st.sampled_from([NAN, 0.0, -0.0, 1, 1.0, True, 2, 5, float("inf")]), max_size=12))
def test_median_is_the_middle_of_the_sorted_values(values: list[Any]) -> None:
    ordered = sorted((value for value in values if value == value), reverse=True)[::-1]
    ordered += [value for value in values if value != value]
    low, high = (len(ordered) - 1) // 2, len(ordered) // 2
    wanted = None if not ordered else ordered[high] if low == high else (ordered[low] + ordered[high]) / 2
    assert repr(median(values)) == repr(wanted)
