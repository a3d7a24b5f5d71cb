"""The bytes of texts as 64-bit words: eight bytes a word, the first byte lowest."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Words = npt.NDArray[np.uint64]

WORD_MASKS = np.array([(1 << 8 * length) - 1 for length in range(9)], np.uint64)
"""`word & WORD_MASKS[n]` keeps the first n bytes of a word."""


def value_bytes(array: pa.Array) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return (data, starts, lengths) of a column of large_string or large_binary, read from Arrow's buffers.

    Value i is `data[starts[i] : starts[i] + lengths[i]]`.
    """
    bounds = np.frombuffer(array.buffers()[1], np.int64)[array.offset : array.offset + len(array) + 1]
    return np.frombuffer(array.buffers()[2] or b"", np.uint8), bounds[:-1], np.diff(bounds)


def words_at_bytes(data: npt.NDArray[np.uint8]) -> Words:
    """Return a view of the data with a little-endian word at every byte: word i is bytes i to i + 7."""
    return np.ndarray((max(len(data) - 7, 0),), "<u8", buffer=data, strides=(1,))


def first_words(data: npt.NDArray[np.uint8], starts: npt.NDArray[np.int64], lengths: npt.NDArray[np.int64]) -> Words:
    """Return each value of at most eight bytes as one little-endian word, with zeros after its end.

    There is at least one value.
    """
    first, last = int(starts[0]), int(starts[-1] + lengths[-1])
    padded = np.zeros(last - first + 8, np.uint8)
    padded[:-8] = data[first:last]
    words: Words = words_at_bytes(padded)[starts - first]
    words &= WORD_MASKS[lengths]
    return words
