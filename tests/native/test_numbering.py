"""Test that texts get the numbers that a dict would give them."""

from __future__ import annotations

import random
import tracemalloc
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glowray.native import compiled, numbering
from glowray.native.interface import Loops, TextTable
from tests.loops import with_each

Words = list[bytes]
SOME = st.sampled_from(
    [b"", b"\0", b"\0\0", b"1234567", b"12345678", b"123456789", b"12345678" * 2, b"1234567812345679"]
)
WORDS = st.lists(st.one_of(SOME, st.binary(max_size=20)))


def numbered(known: TextTable, words: Words, dtype: type = np.int64) -> list[int]:
    """Return the table's numbers of the words. The last words end where the data ends."""
    ends = np.cumsum(list(map(len, words)), dtype=dtype)
    starts = ends - np.array(list(map(len, words)), dtype)
    return list(known.number(np.frombuffer(b"".join(words), np.uint8), starts, ends).tolist())


def distinct(known: TextTable) -> Words:
    offsets, data = known.texts()
    return [bytes(data[start:end]) for start, end in pairwise(offsets.tolist())]


def number(data: bytes, starts: Any, ends: Any, out: Any) -> None:
    """Call C with arguments that glowray never gives."""
    numbering.Table(1).number(data, starts, ends, out)


@with_each
@given(batches=st.lists(WORDS, max_size=4), seed=st.integers(0, 2**64 - 1), narrow=st.booleans())
def test_numbers_are_those_of_a_dict(loops: Loops, batches: list[Words], seed: int, narrow: bool) -> None:
    known = compiled.CompiledTable(seed) if loops is compiled else loops.table()
    seen: dict[bytes, int] = {}
    for words in batches:
        assert numbered(known, words, np.int32 if narrow else np.int64) == [
            seen.setdefault(word, len(seen)) for word in words
        ]
        assert (len(known), distinct(known)) == (len(seen), list(seen))


@with_each
@pytest.mark.parametrize("length", [1, 5, 8, 9, 40])
def test_a_table_that_grows_many_times(loops: Loops, length: int) -> None:
    rng = random.Random(length)
    words = [rng.randbytes(rng.randint(0, length)) for _ in range(50_000)]
    known = loops.table()
    seen: dict[bytes, int] = {}
    expected = [seen.setdefault(word, len(seen)) for word in words]
    assert (numbered(known, words), distinct(known)) == (expected, list(seen))
    assert numbered(known, words) == expected and len(known) == len(seen)


@with_each
def test_texts_that_differ_in_one_byte_only(loops: Loops) -> None:
    whole = bytes(range(33))
    words = [whole[:place] + b"\xff" + whole[place + 1 :] for place in range(len(whole))]
    words += [whole[:end] for end in range(len(whole) + 1)]
    assert numbered(loops.table(), words) == list(range(len(words)))


def test_what_is_not_within_the_data_is_refused() -> None:
    for start, end in [(-1, 1), (0, 4), (2, 1), (2**62, 2**62 + 1)]:
        with pytest.raises(ValueError, match="beyond the data"):
            number(b"abc", np.array([start]), np.array([end]), np.empty(1, np.int32))


def test_arrays_that_do_not_fit_together_are_refused() -> None:
    one, two = np.zeros(1, np.int64), np.zeros(2, np.int64)
    with pytest.raises(ValueError, match="as many"):
        number(b"", one, two, np.empty(1, np.int32))
    with pytest.raises(ValueError, match="as many"):
        number(b"", one, one.astype(np.int32), np.empty(1, np.int32))
    with pytest.raises(ValueError, match="as many as the texts"):
        number(b"", two, two, np.empty(1, np.int32))
    with pytest.raises(ValueError, match="read-only"):
        number(b"", one, one, np.broadcast_to(np.int32(0), 1))
    with pytest.raises(TypeError):
        number("text", one, one, np.empty(1, np.int32))  # type: ignore[arg-type]


def test_a_table_gives_its_memory_back() -> None:
    words = [b"%d" % number * 5 for number in range(20_000)]
    numbered(compiled.table(), words)
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for _ in range(5):
        known = compiled.table()
        numbered(known, words)
        known.texts()
        with pytest.raises(ValueError):
            known.number(np.empty(0, np.uint8), np.array([0]), np.array([1]))
        del known
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert after - before < 100_000  # a single table has over a million bytes
