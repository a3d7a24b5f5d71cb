"""Test that the words of a text hold exactly its first bytes, at any place in a column's data."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from glowray.native.byte_words import value_bytes, words_at_bytes


@given(st.lists(st.binary(max_size=8), min_size=1, max_size=20), st.data())
def test_values_stand_in_the_data(values: list[bytes], data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(values) - 1))
    array = pa.array(values, pa.large_binary()).slice(start)
    found, starts, lengths = value_bytes(array)
    places = zip(starts.tolist(), lengths.tolist(), strict=True)
    assert [found[at : at + length].tobytes() for at, length in places] == values[start:]


@given(st.binary(max_size=40))
def test_there_is_a_word_at_every_byte(data: bytes) -> None:
    words = words_at_bytes(np.frombuffer(data, np.uint8))
    assert words.tolist() == [int.from_bytes(data[at : at + 8], "little") for at in range(len(data) - 7)]
