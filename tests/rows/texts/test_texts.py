"""Test that texts which are not yet a column have the right values and numbers."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glowray.io.text.line_blocks import TEXT
from glowray.native.interface import Loops
from glowray.rows import Block
from glowray.rows.codec.chunk import Chunk
from glowray.rows.codec.lazy_chunk import MadeChunk
from glowray.rows.keys import key_hash
from glowray.rows.keys.column_hash import keyed_rows_hashes
from glowray.rows.texts.text_numbers import TextNumbers
from glowray.rows.texts.texts import Lines, Texts
from glowray.rows.types.kinds import TupleOf
from glowray.vectorize.columns.vectors.block_vectors import vector_chunk
from tests.loops import using, with_each

WORDS = st.one_of(
    st.text("ab\0é", max_size=20),
    st.sampled_from(["", "a", "1234567", "12345678", "123456789", "12345678" * 2, "12345678" * 2 + "9", "\0", "\0\0"]),
)


def parts(words: list[str], narrow: bool = False) -> Texts:
    """Return the words as ranges of bytes, with other bytes between them. The last word ends where the data ends."""
    spelled = [word.encode() for word in words]
    data = b"-\xc3" + b"-".join(spelled)
    lengths = np.array(list(map(len, spelled)), np.int64)
    starts = 2 + np.cumsum(lengths + 1) - lengths - 1
    bounds = np.stack([starts, starts + lengths]).astype(np.int32 if narrow else np.int64)
    return Texts(np.frombuffer(data, np.uint8), bounds[0], bounds[1])


def first_seen(words: list[str]) -> tuple[list[str], list[int]]:
    known: dict[str, int] = {}
    numbers = [known.setdefault(word, len(known)) for word in words]
    return list(known), numbers


@given(words=st.lists(WORDS, max_size=12), data=st.data())
def test_texts_are_what_they_stand_for(words: list[str], data: st.DataObject) -> None:
    texts = parts(words, data.draw(st.booleans()))
    texts.array.validate(full=True)
    assert texts.to_pylist() == words and len(texts) == len(words)
    rows = data.draw(st.lists(st.integers(0, len(words) - 1))) if words else []
    taken = texts.take(np.array(rows, np.int64))
    taken.array.validate(full=True)
    assert taken.to_pylist() == [words[row] for row in rows]
    assert texts.take(pa.array(rows, pa.int64())).to_pylist() == taken.to_pylist()
    start, stop = sorted(data.draw(st.tuples(st.integers(0, len(words)), st.integers(0, len(words)))))
    assert texts.slice(start, stop).to_pylist() == words[start:stop]
    array = pa.array(["skipped é", *words, "after"], pa.large_string()).slice(1, len(words))
    assert Texts.of(array).to_pylist() == words


@with_each
@given(text=st.text("ab\r\n\x0bé"))
def test_lines_end_at_line_feeds_alone(loops: Loops, text: str) -> None:
    expected = text.split("\n")
    if expected[-1] == "":
        expected.pop()
    with using(loops):
        lines = Lines(text.encode())
        assert (len(lines), lines.to_pylist()) == (len(expected), expected)
    assert bytes(lines.inside) == "\n".join(expected).encode()


@with_each
@given(batches=st.lists(st.lists(st.lists(WORDS), max_size=3), max_size=3), narrow=st.booleans())
def test_numbers_are_those_of_first_appearance(loops: Loops, batches: list[list[list[str]]], narrow: bool) -> None:
    with using(loops):
        texts = TextNumbers()
        known: dict[str, int] = {}
        for batch in batches:
            for words in batch:
                texts.add(parts(words, narrow))
            numbers = [own.tolist() for own in texts.numbers()]
            assert numbers == [[known.setdefault(word, len(known)) for word in words] for words in batch]
            distinct = texts.distinct()
            distinct.validate(full=True)
            assert (len(texts), distinct.to_pylist()) == (len(known), list(known))


@pytest.mark.slow
@with_each
def test_more_texts_than_are_gone_over_at_a_time(loops: Loops) -> None:
    words = [str(number % 40_000) * (1 + number % 3) for number in range(100_000)]
    with using(loops):
        texts = TextNumbers()
        texts.add(parts(words))
        [numbers] = texts.numbers()
    assert (texts.distinct().to_pylist(), numbers.tolist()) == first_seen(words)


def chunk(words: list[str]) -> MadeChunk:
    return MadeChunk(TEXT, parts(words), len(words), _columns)


def _columns(texts: Texts) -> list[Any]:
    return [texts.array]


@given(words=st.lists(WORDS, min_size=1, max_size=8), data=st.data())
def test_a_chunk_that_is_made_is_like_any_other(words: list[str], data: st.DataObject) -> None:
    start, stop = sorted(data.draw(st.tuples(st.integers(0, len(words)), st.integers(0, len(words)))))
    rows = data.draw(st.lists(st.integers(0, len(words) - 1)))
    assert chunk(words).slice(start, stop).rows() == words[start:stop]
    assert chunk(words).take(np.array(rows, np.int64)).rows() == [words[row] for row in rows]
    made = chunk(words)
    assert made.nbytes > 0 and not made.is_made
    assert (made.rows(), made.is_made, made.rows()) == (words, True, words)
    assert made.slice(start, stop).rows() == words[start:stop] and made.nbytes > 0
    assert type(pickle.loads(pickle.dumps(chunk(words)))) is Chunk
    block = Block((chunk(words), chunk(words)))
    assert pickle.loads(pickle.dumps(block, 5)).rows() == words * 2
    assert Block.concat([block, Block.from_rows(words)]).rows() == words * 3


@with_each
@given(words=st.lists(WORDS, min_size=1, max_size=8), data=st.data())
def test_keyed_rows_that_are_made_are_taken_and_hashed_as_any_other(
    loops: Loops, words: list[str], data: st.DataObject
) -> None:
    kind = TupleOf((str, TupleOf((int, str, bool))))
    count = len(words)
    vector = (parts(words), (np.arange(count), parts(words[::-1]), np.broadcast_to(True, count)))
    rows = [(word, (index, other, True)) for index, (word, other) in enumerate(zip(words, words[::-1], strict=True))]
    places = data.draw(st.lists(st.integers(0, count - 1)))
    with using(loops):
        made = vector_chunk(kind, vector, count)
        assert keyed_rows_hashes(made).tolist() == list(map(key_hash, words))
        assert not made.is_made  # they are hashed in place
        assert made.take(np.array(places, np.int64)).rows() == [rows[place] for place in places]
        assert Block((made,)).split(np.arange(count) % 2, 2).get(0, Block()).rows() == rows[::2]
