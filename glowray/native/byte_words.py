"""The bytes of texts as 64-bit words: eight bytes a word, the first byte lowest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from glowray.native import byte_hash

if TYPE_CHECKING:
    import pyarrow as pa

Words = npt.NDArray[np.uint64]

WORD_BYTES = 8
WORD_MASKS = np.array([(1 << 8 * length) - 1 for length in range(WORD_BYTES + 1)], np.uint64)
"""`word & WORD_MASKS[n]` keeps the first n bytes of a word."""

_U = np.uint64


def mix(words: Words) -> Words:
    """Apply `byte_hash.mix` to every word in place, and return the array."""
    words ^= words >> _U(30)
    words *= _U(byte_hash.MIX_1)
    words ^= words >> _U(27)
    words *= _U(byte_hash.MIX_2)
    words ^= words >> _U(31)
    return words


def value_bytes(array: pa.Array) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return (data, starts, lengths) of a column of large_string or large_binary, read from Arrow's buffers.

    Value i is `data[starts[i] : starts[i] + lengths[i]]`.
    """
    bounds = np.frombuffer(array.buffers()[1], np.int64)[array.offset : array.offset + len(array) + 1]
    return np.frombuffer(array.buffers()[2] or b"", np.uint8), bounds[:-1], np.diff(bounds)


def words_at_bytes(data: npt.NDArray[np.uint8]) -> Words:
    """Return a view of the data with a little-endian word at every byte: word i is bytes i to i + 7."""
    return np.ndarray((max(len(data) - 7, 0),), "<u8", buffer=data, strides=(1,))
