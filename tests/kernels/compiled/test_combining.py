"""Test that a combiner gives the results of a loop over the rows, for keys and accumulators of any type."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import glowray as gr
from glowray.dataset import Dataset
from glowray.kernels.compiled import local_combine as combining
from tests.dataset.test_levels import outcome, seen
from tests.effort import examples

KEYS = st.one_of(
    st.integers(-3, 3),
    st.text("ab", max_size=2),
    st.sampled_from([2**70, None, True, 1.0, math.nan, -0.0, b"a", ("a", 1), ("a", math.nan), (1.0, "b")]),
)
NUMBERS = st.one_of(st.integers(-9, 9), st.sampled_from([2**62, 2**63, -(2**63), 0.5, -0.0, math.nan, math.inf]))
VALUES = st.one_of(NUMBERS, st.sampled_from([None, "", "a", "b\ud800", (1, 2), (1, 2, 3), [3]]))

Pairs = Dataset[tuple[Any, Any]]
Ending = Callable[[Pairs], Pairs]


def parts(key: Any, value: Any) -> Iterator[Any]:
    yield key, (value, 1)
    if value == 1:
        yield "one", (value, 2)


def some_whole(key: Any, value: Any) -> Iterator[Any]:
    pair = (value, 1)
    yield key, (value, 0)
    yield key, pair


def first_and_last(a: Any, b: Any) -> Any:
    first, _ = a
    _, last = b
    if first is None:
        return b[0], last
    return first, last


def sums(a: Any, b: Any) -> tuple[Any, ...]:
    return a[0] + b[0], a[1] + b[1]


def noted(acc: Any, value: Any) -> Any:
    acc[1].append(value)
    return (acc[0] + 1, acc[1])


def either(acc: Any, value: Any) -> Any:
    return acc if value == 1 else (value, acc[0])


TO_PAIRS: Ending = lambda ds: ds.map(lambda k, v: (k, (v, 1)))
ENDINGS: list[Ending] = [
    lambda ds: ds.reduce_by_key(lambda a, b: b),
    lambda ds: ds.reduce_by_key(lambda a, b: a),
    lambda ds: ds.reduce_by_key(lambda a, b: [a, b]),
    lambda ds: ds.reduce_by_key(lambda a, b: f"{a}{b}"),
    lambda ds: ds.reduce_by_key(lambda a, b: (a, b, a)),
    lambda ds: ds.reduce_by_key(lambda a, b: (a[0], b[0])),
    lambda ds: TO_PAIRS(ds).reduce_by_key(sums),
    lambda ds: TO_PAIRS(ds).reduce_by_key(lambda a, b: (max(a[0], b[0]), a[1] + b[1])),
    lambda ds: ds.map(lambda k, v: (k, (v, 1, 0.5))).reduce_by_key(lambda a, b: (a[2], b[0], a[1])),
    lambda ds: ds.map(lambda k, v: (k, (v, 1))).reduce_by_key(lambda a, b: (b[0], a)),
    lambda ds: ds.map(lambda k, v: (k, ((v, k), 1))).reduce_by_key(lambda a, b: (a[0] + b[0], a[0][0])),
    lambda ds: ds.map(lambda k, v: (k, (v, 1))).reduce_by_key(lambda a, b: (a[0], 1) if a[0] else (b[0], len(a))),
    lambda ds: ds.map(lambda k, v: (k, (v, {"n": v}))).reduce_by_key(lambda a, b: (a[1]["n"], b[1])),
    lambda ds: ds.map(lambda k, v: (k, (v, 1))).reduce_by_key(first_and_last),
    lambda ds: ds.map_values(lambda v: (v, 7 // v)).reduce_by_key(lambda a, b: (a[1], b[0] / a[1])),
    lambda ds: ds.flat_map(parts).reduce_by_key(sums),
    lambda ds: ds.flat_map(some_whole).reduce_by_key(sums),
    lambda ds: ds.map(lambda k, v: (k, (v, 1))).reduce_by_key(lambda a, b: b),
    lambda ds: ds.map(lambda k, v: (k, (v, 1))).reduce_by_key(max),
    lambda ds: ds.map(lambda k, v: (k, ())).reduce_by_key(lambda a, b: ()),
    lambda ds: ds.aggregate_by_key((0, 0), lambda acc, v: (acc[0] + 1, max(acc[1], v)), sums),
    lambda ds: ds.aggregate_by_key((0, ()), lambda acc, v: (acc[0] + 1, (*acc[1], v)), sums),
    lambda ds: ds.aggregate_by_key((0, []), noted, sums),
    lambda ds: ds.aggregate_by_key((0, 0, 0), lambda acc, v: (acc[0], acc[-1]), lambda a, b: a),
    lambda ds: ds.aggregate_by_key(0, lambda acc, v: (acc, v), lambda a, b: (a, b)),
    lambda ds: ds.aggregate_by_key("ab", lambda acc, v: (acc[0], v), lambda a, b: (a[0], b[1])),
    lambda ds: ds.map(lambda k, v: (k, (v, 1))).reduce_by_key(lambda a, b: (a[0], b[0], 1)),
    lambda ds: ds.map(lambda k, v: (k, (v, 1))).reduce_by_key(lambda a, b: 7),
    lambda ds: ds.aggregate_by_key("ab", lambda acc, v: acc, lambda a, b: a),
    lambda ds: ds.aggregate_by_key((0, 1), either, lambda a, b: (a[0], b[1])),
    lambda ds: ds.aggregate_by_key([0, 1], lambda acc, v: (acc[0], v), sums),
]


def found(rows: list[Any], ending: Ending, partitions: int, *, vectorize: bool) -> Any:
    flow = gr.Flow("combined", engine="inline", vectorize=vectorize)
    with mock.patch.object(combining, "BLOCK_ROWS", 3 if vectorize else combining.BLOCK_ROWS):
        return outcome(flow, ending(flow.from_items(rows, partitions=partitions)))


@pytest.mark.parametrize("values", [NUMBERS, VALUES], ids=["numbers", "any"])
@pytest.mark.parametrize("keys", [st.text("ab", max_size=1), KEYS], ids=["texts", "any"])
@settings(max_examples=examples(50))
@given(data=st.data(), ending=st.sampled_from(ENDINGS), partitions=st.integers(1, 3))
def test_combined_rows_are_those_of_calls(
    keys: st.SearchStrategy[Any], values: st.SearchStrategy[Any], data: st.DataObject, ending: Ending, partitions: int
) -> None:
    rows = data.draw(st.lists(st.tuples(keys, values), max_size=40))
    assert found(rows, ending, partitions, vectorize=True) == found(rows, ending, partitions, vectorize=False)


@given(values=st.lists(st.integers(-3, 3), min_size=1, max_size=12))
def test_a_reducer_that_fails_was_given_what_it_would_have_been(values: list[int]) -> None:
    failures = []
    for vectorize in (True, False):
        pairs = gr.Flow("failing", engine="inline", vectorize=vectorize).from_items(values, partitions=1)
        sums = pairs.map(lambda v: ("key", (v, str(v)))).reduce_by_key(lambda a, b: (a[0] + 1 // b[0], a[1] + b[1]))
        try:
            failures.append(seen(sums.collect()))
        except ZeroDivisionError as error:
            with pytest.raises(ZeroDivisionError):
                error.replay()  # type: ignore[attr-defined]
            failures.append((error.__notes__[1:], seen(error.replay.arguments)))  # type: ignore[attr-defined]
    assert failures[0] == failures[1]
