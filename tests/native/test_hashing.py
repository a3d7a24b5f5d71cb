"""Test that the hash of a text equals the hash written in Python."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glowray.native import hashing
from glowray.native.byte_hash import bytes_hash
from glowray.native.interface import Loops
from glowray.rows.keys.hash_mixing import BYTES, TEXT
from tests.loops import with_each


@with_each
@given(words=st.lists(st.binary(max_size=40)), tag=st.sampled_from([TEXT, BYTES, 0, 2**64 - 1]), narrow=st.booleans())
def test_hashes_are_those_of_bytes(loops: Loops, words: list[bytes], tag: int, narrow: bool) -> None:
    assert hashed(loops, words, tag, np.int32 if narrow else np.int64) == [bytes_hash(word, tag) for word in words]


@with_each
def test_long_texts(loops: Loops) -> None:
    words = [bytes(range(256)) * times for times in range(8)] + [b"x" * 513, b"y" * 100_001]
    assert hashed(loops, words, TEXT, np.int64) == [bytes_hash(word, TEXT) for word in words]


def hashed(loops: Loops, words: list[bytes], tag: int, dtype: type) -> list[int]:
    ends = np.cumsum(list(map(len, words)), dtype=dtype)
    starts = ends - np.array(list(map(len, words)), dtype)
    return list(loops.hashes(np.frombuffer(b"".join(words), np.uint8), starts, ends, tag).tolist())


def test_what_is_not_within_the_data_is_refused() -> None:
    with pytest.raises(ValueError, match="beyond the data"):
        hashing.hashes(b"1", np.array([0]), np.array([2]), TEXT, np.empty(1, np.uint64))


@with_each
@given(words=st.lists(st.binary(max_size=9)))
def test_codes_of_short_texts_are_told_apart(loops: Loops, words: list[bytes]) -> None:
    ends = np.cumsum(list(map(len, words)), dtype=np.int64)
    out = np.empty(len(words), np.uint64)
    made = loops.codes(
        np.frombuffer(b"".join(words), np.uint8), ends - np.array(list(map(len, words)), np.int64), ends, out
    )
    assert made == all(len(word) < 8 for word in words)
    if made:
        codes = dict(zip(words, out.tolist(), strict=True))
        assert [codes[word] for word in words] == out.tolist()
        assert len(set(codes.values())) == len(codes)
