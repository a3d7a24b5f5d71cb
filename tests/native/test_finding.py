"""Test that patterns are found where bytes.find and bytes.rfind find them, in each text alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glowray.native import finding
from glowray.native.interface import Loops
from tests.loops import with_each

PARTS = st.binary(max_size=6).map(lambda raw: bytes(byte % 3 + ord("a") for byte in raw))


@with_each
@given(
    texts=st.lists(PARTS, max_size=8), pattern=PARTS.filter(bool), backwards=st.booleans(), dtype=st.sampled_from("iq")
)
def test_first_and_last_places(loops: Loops, texts: list[bytes], pattern: bytes, backwards: bool, dtype: str) -> None:
    lengths = np.array([len(text) for text in texts], dtype)
    ends = np.cumsum(lengths, dtype=dtype)
    found = loops.find(np.frombuffer(b"".join(texts), np.uint8), ends - lengths, ends, pattern, backwards)
    assert found.tolist() == [text.rfind(pattern) if backwards else text.find(pattern) for text in texts]


def test_what_is_not_within_the_data_is_refused() -> None:
    one = np.array([0]), np.array([1])
    with pytest.raises(ValueError, match="beyond the data"):
        finding.find(b"", *one, b"a", False, np.empty(1, np.int64))
    with pytest.raises(ValueError, match="of 8 bytes each"):
        finding.find(b"a", *one, b"a", False, np.empty(2, np.int64))
    with pytest.raises(ValueError, match="has to have a byte"):
        finding.find(b"a", *one, b"", False, np.empty(1, np.int64))
