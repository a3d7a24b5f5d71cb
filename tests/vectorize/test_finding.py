"""Test that patterns are found where str finds them, with and without the loop in C."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import glowray as gr
from glowray.native.interface import Loops
from glowray.rows.texts.texts import Texts
from glowray.vectorize.columns.texts.text_search import first_or_last
from tests.loops import using, with_each

WORDS = st.text("ab,", max_size=7)


@with_each
@given(rows=st.lists(st.tuples(WORDS, st.integers(0, 7), st.integers(0, 7)), min_size=1, max_size=6), data=st.data())
def test_places(loops: Loops, rows: list[tuple[str, int, int]], data: Any) -> None:
    pattern, from_end = data.draw(st.sampled_from(["a", "ab", "aa", ",a,"])), data.draw(st.booleans())
    words = [word for word, _, _ in rows]
    # Put other texts, few or many, between the words. They must not be searched.
    around = data.draw(st.sampled_from(["", "a", "ab," * 20]))
    array = pa.array([each for word in words for each in (around, word)], pa.large_string())
    texts = Texts.of(array).take(np.arange(1, 2 * len(words), 2))
    first = np.array([min(start, len(word)) for word, start, _ in rows])
    last = np.array([max(min(stop, len(word)), low) for (word, _, stop), low in zip(rows, first, strict=True)])
    with using(loops):
        made = first_or_last(texts, pattern.encode(), first, last, from_end)
    assert made.tolist() == [
        (word.rfind if from_end else word.find)(pattern, low, high)
        for word, low, high in zip(words, first.tolist(), last.tolist(), strict=True)
    ]


def test_whether_nothing_is_in_a_text_asks_for_the_text() -> None:
    for vectorize in (True, False):
        flow = gr.Flow("nothing in a text", engine="inline", vectorize=vectorize)
        with pytest.raises(ValueError, match="invalid literal"):
            flow.from_items(["1", "x"]).filter(lambda s: "" in str(int(s))).collect()
        assert flow.from_items(["1", "22"]).filter(lambda s: "" in str(int(s))).collect() == ["1", "22"]
