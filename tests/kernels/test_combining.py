"""What a combiner gives is what a loop over the rows gives, keys and accumulators of whatever types."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any
from unittest import mock

from hypothesis import given
from hypothesis import strategies as st

import glowray as gr
from glowray.kernels import combining
from tests.dataset.test_levels import seen

KEYS = st.one_of(
    st.integers(-3, 3),
    st.text("ab", max_size=2),
    st.sampled_from([2**70, None, True, 1.0, math.nan, -0.0, b"a", ("a", 1), ("a", math.nan), (1.0, "b")]),
)
VALUES = st.one_of(
    st.integers(-9, 9),
    st.sampled_from([2**63, -(2**63), 0.5, -0.0, math.nan, math.inf, None, "", "a", "b\ud800", (1, 2), [3]]),
)


def as_text(a: Any, b: Any) -> str:
    return f"{a}{b}"


FOLDS: list[Callable[[Any, Any], Any]] = [
    lambda a, b: b,
    lambda a, b: a,
    lambda a, b: [a, b],
    as_text,
    lambda a, b: (a, b, a),
    lambda a, b: a + b,
]


@given(rows=st.lists(st.tuples(KEYS, VALUES), max_size=40), fold=st.sampled_from(FOLDS), partitions=st.integers(1, 3))
def test_combined_rows_are_those_of_calls(
    rows: list[tuple[Any, Any]], fold: Callable[[Any, Any], Any], partitions: int
) -> None:
    found: list[Any] = []
    for vectorize in (True, False):
        pairs = gr.Flow("combined", engine="inline", vectorize=vectorize).from_items(rows, partitions=partitions)
        with mock.patch.object(combining, "BLOCK_ROWS", 3 if vectorize else combining.BLOCK_ROWS):
            try:
                found.append(seen(pairs.reduce_by_key(fold).collect()))
            except TypeError as error:
                found.append((str(error), error.__notes__))
    assert found[0] == found[1]
