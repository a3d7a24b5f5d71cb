"""Bytes read as words of eight, and words mixed, in NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from glowray.native import byte_hash

Words = npt.NDArray[np.uint64]

WORD_BYTES = 8
WORD_MASKS = np.array([(1 << 8 * length) - 1 for length in range(WORD_BYTES + 1)], np.uint64)
"""WORD_MASKS[n] keeps the first n bytes of a word."""

_U = np.uint64


def mix(words: Words) -> Words:
    """Mix every word in place as `byte_hash.mix` does, and return them."""
    words ^= words >> _U(30)
    words *= _U(byte_hash.MIX_1)
    words ^= words >> _U(27)
    words *= _U(byte_hash.MIX_2)
    words ^= words >> _U(31)
    return words


def words_at(data: npt.NDArray[np.uint8]) -> Words:
    """Return a view of the word at every byte: `words_at(data)[i]` is `data[i : i + 8]`."""
    view: Any = np.ndarray((len(data) - WORD_BYTES + 1,), "<u8", buffer=data, strides=(1,))
    return view  # type: ignore[no-any-return]
