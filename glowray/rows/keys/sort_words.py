"""Typed sort keys as 64-bit words. Comparing the words of two keys in order gives Python's order of the keys.

A number is one word. A text has one word for each 8 bytes, and one for its length. A tuple has the words of its fields.
Equal keys have equal words. -0.0 has the word of 0.0. All NaNs have the largest word, so they come last in ascending
and in descending order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from glowray.native.byte_words import WORD_MASKS, value_bytes, words_at_bytes
from glowray.rows.arrow.numpy_columns import as_numpy
from glowray.rows.codec.chunk import Chunk
from glowray.rows.types.shape import Fields, Scalar, Shape

Words = npt.NDArray[np.uint64]
Rows = npt.NDArray[np.int64]
Level = Callable[[Rows | None], Words]
"""Returns one word per key for the given row numbers, or for all rows with None. A key has one word per level."""

TEXT_WORDS = 16
"""A text has at most this number of words. Longer texts whose words are equal are compared as Python bytes."""

_U = np.uint64
_SIGN = _U(1 << 63)
_LAST = _U((1 << 64) - 1)


def sort_levels(keys: Chunk, reverse: bool) -> Iterator[Level] | None:
    """Yield the levels of keys in order of weight. Return None if Python has to compare the keys, or to refuse them.

    >>> levels = sort_levels(Chunk.from_rows([(1, "b"), (1, "a")]), reverse=False)
    >>> [bool(np.diff(level(None).astype(object))[0]) for level in levels]
    [False, True, False]
    >>> sort_levels(Chunk.from_rows([1, None]), reverse=False) is None
    True
    """
    if not _has_order(keys.shape) or any(column.null_count for column in keys.columns):
        return None
    return _levels(keys.shape, keys.columns, reverse)


def _has_order(shape: Shape) -> bool:
    if isinstance(shape, Scalar):
        return shape.kind.name in _LEVELS
    # Named tuples compare as plain tuples. A dataclass defines its own order, or none.
    return (
        isinstance(shape, Fields)
        and shape.kind in ("tuple", "namedtuple")
        and not shape.optional
        and all(map(_has_order, shape.children))
    )


def _levels(shape: Shape, columns: list[Any], reverse: bool) -> Iterator[Level]:
    if isinstance(shape, Scalar):
        return _LEVELS[shape.kind.name](columns[0], reverse)
    assert isinstance(shape, Fields)
    return chain.from_iterable(_levels(child, columns[start:stop], reverse) for child, start, stop in shape.spans())


def _turned(words: Words, reverse: bool) -> Words:
    return np.invert(words, out=words) if reverse else words


def _integers(array: pa.Array, reverse: bool) -> Iterator[Level]:
    if pa.types.is_boolean(array.type):
        values = as_numpy(array)
    else:
        values = as_numpy(array.view(pa.int32() if array.type.bit_width == 32 else pa.int64()))

    def words(rows: Rows | None) -> Words:
        wide = (values if rows is None else values[rows]).astype(np.int64)
        return _turned(wide.view(np.uint64) ^ _SIGN, reverse)

    yield words


def _floats(array: pa.Array, reverse: bool) -> Iterator[Level]:
    values = as_numpy(array)

    def words(rows: Rows | None) -> Words:
        asked = (values if rows is None else values[rows]) + 0.0  # -0.0 + 0.0 is 0.0.
        bits = asked.view(np.int64)
        # The bits of negative floats ascend as the floats descend, so their bits are inverted.
        ordered = _turned(bits.view(np.uint64) ^ ((bits >> 63).view(np.uint64) | _SIGN), reverse)
        ordered[np.isnan(asked)] = _LAST
        return ordered

    yield words


def _texts(array: pa.Array, reverse: bool) -> Iterator[Level]:
    """Yield a level for each 8 bytes of the longest text, with zeros after a text's end, then a level of lengths.

    The lengths tell apart texts that differ only in zero bytes at their end.
    """
    data, starts, lengths = value_bytes(array)
    if len(data) < 8:
        data = np.concatenate([data, np.zeros(8 - len(data), np.uint8)])
    longest = int(lengths.max(initial=0))
    for place in range(min(-(-longest // 8), TEXT_WORDS)):
        yield _text_words(data, starts, lengths, 8 * place, reverse)
    begin = 8 * TEXT_WORDS
    yield _lengths(np.minimum(lengths, begin), reverse)
    if longest > begin:
        yield _rests(data, starts, lengths, begin, reverse)


def _text_words(data: npt.NDArray[np.uint8], starts: Rows, lengths: Rows, begin: int, reverse: bool) -> Level:
    last = len(data) - 8
    words_at = words_at_bytes(data)

    def words(rows: Rows | None) -> Words:
        at, left = (starts, lengths) if rows is None else (starts[rows], lengths[rows])
        if begin:
            at, left = at + begin, left - begin
        found: Words
        if at.max(initial=0) > last:  # Some words reach beyond the data: read the data's last word, and shift it.
            over = np.clip(at - last, 0, 8)
            found = words_at[np.minimum(at, last)] >> np.minimum(over * 8, 63).astype(np.uint64)
        else:
            found = words_at[at]
        if left.min(initial=8) < 8:
            found &= WORD_MASKS[np.clip(left, 0, 8)]
        return _turned(found.byteswap(inplace=True), reverse)

    return words


def _lengths(lengths: Rows, reverse: bool) -> Level:
    def words(rows: Rows | None) -> Words:
        return _turned((lengths if rows is None else lengths[rows]).astype(np.uint64), reverse)

    return words


def _rests(data: npt.NDArray[np.uint8], starts: Rows, lengths: Rows, begin: int, reverse: bool) -> Level:
    """Return the level of ranks: the rank of each text's bytes from `begin` on, among the given rows."""

    def words(rows: Rows | None) -> Words:
        asked = range(len(starts)) if rows is None else rows.tolist()
        rests = [data[starts[row] + begin : starts[row] + lengths[row]].tobytes() for row in asked]
        ranks = {rest: rank for rank, rest in enumerate(sorted(set(rests)))}
        return _turned(np.fromiter(map(ranks.__getitem__, rests), np.uint64, len(rests)), reverse)

    return words


def _uuids(array: pa.Array, reverse: bool) -> Iterator[Level]:
    """Yield two levels: the first 8 bytes of each UUID, then the last 8."""
    pairs = _sixteen(array, ">u8")
    for place in (0, 1):
        yield _half(pairs[:, place], _U(0), reverse)


def _decimals(array: pa.Array, reverse: bool) -> Iterator[Level]:
    """Yield two levels of 128-bit integers of one scale: the upper half, which has the sign, then the lower half."""
    pairs = _sixteen(array, "<u8")
    yield _half(pairs[:, 1], _SIGN, reverse)
    yield _half(pairs[:, 0], _U(0), reverse)


def _sixteen(array: pa.Array, kind: str) -> Any:
    return np.frombuffer(array.buffers()[1], kind)[2 * array.offset : 2 * (array.offset + len(array))].reshape(-1, 2)


def _half(values: Any, sign: np.uint64, reverse: bool) -> Level:
    def words(rows: Rows | None) -> Words:
        return _turned((values if rows is None else values[rows]).astype(np.uint64) ^ sign, reverse)

    return words


_LEVELS: dict[str, Callable[[pa.Array, bool], Iterator[Level]]] = {
    **dict.fromkeys(("bool", "int", "date", "datetime", "datetime[UTC]", "time", "timedelta"), _integers),
    "float": _floats,
    "str": _texts,
    "bytes": _texts,
    "UUID": _uuids,
    "Decimal": _decimals,
}
