"""Number texts in the order of their first appearance with Arrow, as words of eight bytes.

A text of at most seven bytes is one word: its bytes, with its length in the eighth byte. Most keys are that short, and
Arrow numbers words several times faster than texts. Longer texts are numbered first; their word holds that number.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from glowray.rows.byte_words import WORD_MASKS, words_at_bytes
from glowray.rows.numpy_columns import as_numpy
from glowray.rows.texts import Bounds, Bytes, Texts, cut_out

Words = npt.NDArray[np.uint64]
Rows = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.int32]

_U = np.uint64
_WORD = 8
_LENGTH = _U(56)  # The length occupies bits 56 to 63 of a word.
_LONG = _U(_WORD) << _LENGTH
_NUMBER = (_U(1) << _LENGTH) - _U(1)
_ROWS_AT_ONCE = 1 << 15  # Each piece is read several times, so it must fit the CPU cache.


class TextWords:
    """A TextNumbers in NumPy and Arrow. It numbers all texts when `numbers` is called."""

    def __init__(self) -> None:
        self._known: pa.Array = pa.array([], pa.large_string())
        self._begin()

    def _begin(self) -> None:
        """Start a new round with the texts that have a number already, so that they keep it."""
        self._words: list[Words] = []
        self._long: list[tuple[Words, Rows, pa.Array]] = []  # (words, positions of long texts in them, long texts)
        self.add(Texts.of(self._known))

    def __len__(self) -> int:
        return len(self._known)

    def add(self, texts: Texts) -> None:
        words = np.empty(len(texts), np.uint64)
        for start in range(0, len(texts), _ROWS_AT_ONCE):
            part = texts.slice(start, start + _ROWS_AT_ONCE)
            self._add(part, words[start : start + _ROWS_AT_ONCE])
        self._words.append(words)

    def _add(self, texts: Texts, words: Words) -> None:
        lengths = texts.ends - texts.starts
        words[:] = _load(texts.data, texts.starts)
        words &= WORD_MASKS.take(lengths, mode="clip")
        words |= lengths.astype(np.uint64) << _LENGTH
        rows = np.flatnonzero(lengths >= _WORD)
        if len(rows):
            self._long.append((words, rows, cut_out(texts.data, texts.starts[rows], texts.ends[rows])))

    def numbers(self) -> list[Numbers]:
        long: pa.Array = pa.array([], pa.large_string())
        if self._long:
            long, numbers = distinct([texts for _, _, texts in self._long])
            for (words, rows, _), own in zip(self._long, numbers, strict=True):
                words[rows] = own.astype(np.uint64) | _LONG
        found, numbers = distinct([pa.array(words.view(np.int64)) for words in self._words])
        self._known = _spelled(as_numpy(found).view(np.uint64), long)
        self._begin()
        return numbers[1:]

    def distinct(self) -> pa.Array:
        return self._known


def distinct(columns: list[Any]) -> tuple[pa.Array, list[Numbers]]:
    """Return (the different values in order of first appearance, for each column the number of each row's value).

    There is at least one column.
    """
    encoded = pa.chunked_array(columns).dictionary_encode()
    numbers = map(as_numpy, (chunk.indices for chunk in encoded.chunks if len(chunk)))  # Arrow drops empty columns
    found = encoded.chunk(0).dictionary if encoded.num_chunks else columns[0]
    return found, [next(numbers) if len(column) else np.empty(0, np.int32) for column in columns]


def _load(data: Bytes, starts: Bounds) -> Words:
    """Return the eight bytes from each start as a word. Bytes beyond the end of the data are zeros."""
    last = len(data) - _WORD
    if last < 0:
        return _load(np.concatenate([data, np.zeros(_WORD, np.uint8)]), starts)
    at = words_at_bytes(data)
    if int(starts.max()) <= last:
        return at[starts]
    words = at[np.minimum(starts, last)]
    beyond = np.clip(starts - last, 0, _WORD).astype(np.uint64)
    words >>= np.minimum(beyond, _WORD - 1) * _U(8)
    words[beyond == _WORD] = 0
    return words


def _spelled(words: Words, long: pa.Array) -> pa.Array:
    """Return the texts of the words. `long` holds the long texts by number."""
    texts = Texts.of(long)
    # A short text's bytes are in its word. The bytes of long texts follow all words.
    data = np.concatenate([words.astype("<u8").view(np.uint8), texts.data])
    starts = np.arange(0, _WORD * len(words), _WORD)
    ends = starts + (words >> _LENGTH).astype(np.int64)
    others = np.flatnonzero(words >= _LONG)
    numbers = (words[others] & _NUMBER).astype(np.int64)
    starts[others], ends[others] = (bounds[numbers] + _WORD * len(words) for bounds in (texts.starts, texts.ends))
    return cut_out(data, starts, ends)
