"""Test that values in pieces act as one list."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from glowray.kernels.group.encoded_values import EncodedValues
from glowray.rows import Block


@given(st.lists(st.lists(st.integers() | st.sets(st.integers()), min_size=1)), st.data())
def test_any_of_them_can_be_had(pieces: list[list[object]], data: st.DataObject) -> None:
    values = EncodedValues.of(Block(chunk for rows in pieces for chunk in Block.from_rows(rows).chunks))
    every = [value for rows in pieces for value in rows]
    assert len(values) == len(every)
    assert values.block().rows() == every
    places = data.draw(st.lists(st.integers(0, len(every) - 1))) if every else []
    assert values.take(np.array(places, np.int64)).rows() == [every[place] for place in places]
