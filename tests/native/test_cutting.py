"""Test that texts cut out of a column are the right ones, at any place in the data."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glowray.native import cutting
from glowray.native.interface import Loops
from tests.loops import with_each


@with_each
@given(
    data=st.binary(max_size=60), places=st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60))), wide=st.booleans()
)
def test_texts_are_those_between_their_bounds(
    loops: Loops, data: bytes, places: list[tuple[int, int]], wide: bool
) -> None:
    bounds = [sorted((min(start, len(data)), min(end, len(data)))) for start, end in places]
    starts, ends = (np.array([each[side] for each in bounds], np.int64 if wide else np.int32) for side in (0, 1))
    offsets, copied = loops.cut(np.frombuffer(data, np.uint8), starts, ends)
    found = offsets.tolist()
    assert found == [0, *np.cumsum([end - start for start, end in bounds]).tolist()]
    assert bytes(copied[: found[-1]]) == b"".join(data[start:end] for start, end in bounds)


def test_what_is_not_within_the_data_is_refused() -> None:
    for start, end in [(-1, 1), (0, 4), (2, 1)]:
        with pytest.raises(ValueError, match="beyond the data"):
            cutting.cut(b"abc", np.array([start]), np.array([end]))
