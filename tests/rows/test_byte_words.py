"""Texts as words hold exactly their first bytes, wherever they stand in a column's data."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from glowray.rows.byte_words import first_words, value_bytes, words_at_bytes

short = st.binary(max_size=8)


@given(st.lists(short, min_size=1, max_size=20), st.data())
def test_a_value_of_at_most_eight_bytes_is_one_word(values: list[bytes], data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(values) - 1))
    array = pa.array(values, pa.large_binary()).slice(start)
    words = first_words(*value_bytes(array))
    assert words.tolist() == [int.from_bytes(value, "little") for value in values[start:]]


@given(st.binary(max_size=40))
def test_there_is_a_word_at_every_byte(data: bytes) -> None:
    words = words_at_bytes(np.frombuffer(data, np.uint8))
    assert words.tolist() == [int.from_bytes(data[at : at + 8], "little") for at in range(len(data) - 7)]
