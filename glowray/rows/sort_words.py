"""Typed sort keys as 64-bit words: keys are in Python's order exactly when their words are, first word first.

A number is one word, text is as many as it needs, a tuple is the words of its fields. Equal keys have equal words: -0.0
those of 0.0, and all NaNs those that come after everything else, in descending order too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from glowray.native.byte_words import WORD_MASKS
from glowray.rows.chunk import Chunk
from glowray.rows.column_hash import texts
from glowray.rows.numpy_columns import as_numpy
from glowray.rows.shape import Fields, Scalar, Shape

Words = npt.NDArray[np.uint64]
Rows = npt.NDArray[np.int64]
Level = Callable[[Rows | None], Words]
"""The words at one place of the keys: of the rows that are asked for, None for all."""

TEXT_WORDS = 16
"""Words of a text that are compared as such; what is longer, and equal so far, is compared as Python's bytes."""

_U = np.uint64
_SIGN = _U(1 << 63)
_LAST = _U((1 << 64) - 1)


def sort_levels(keys: Chunk, reverse: bool) -> Iterator[Level] | None:
    """The words of keys, level after level; None where Python has to compare the keys (it may refuse to).

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
    # Tuples of any class are compared as plain tuples; a dataclass has an order of its own, or none.
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
        asked = (values if rows is None else values[rows]) + 0.0  # -0.0 is 0.0
        bits = asked.view(np.int64)
        # The order of negative floats is that of their bits turned round.
        ordered = _turned(bits.view(np.uint64) ^ ((bits >> 63).view(np.uint64) | _SIGN), reverse)
        ordered[np.isnan(asked)] = _LAST
        return ordered

    yield words


def _texts(array: pa.Array, reverse: bool) -> Iterator[Level]:
    """Eight bytes a word, zeros after the end; then what tells apart texts that differ in zeros at their end only."""
    data, starts, lengths = texts(array)
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
    words_at: Any = np.ndarray((last + 1,), "<u8", buffer=data, strides=(1,))  # one at every byte

    def words(rows: Rows | None) -> Words:
        at, left = (starts, lengths) if rows is None else (starts[rows], lengths[rows])
        if begin:
            at, left = at + begin, left - begin
        found: Words
        if at.max(initial=0) > last:  # some words reach beyond the data: they are read from where they do not
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
    """The rank of what follows the first `begin` bytes, among the rows asked for."""

    def words(rows: Rows | None) -> Words:
        asked = range(len(starts)) if rows is None else rows.tolist()
        rests = [data[starts[row] + begin : starts[row] + lengths[row]].tobytes() for row in asked]
        ranks = {rest: rank for rank, rest in enumerate(sorted(set(rests)))}
        return _turned(np.fromiter(map(ranks.__getitem__, rests), np.uint64, len(rests)), reverse)

    return words


def _uuids(array: pa.Array, reverse: bool) -> Iterator[Level]:
    """Sixteen bytes, the first ones weigh most."""
    pairs = _sixteen(array, ">u8")
    for place in (0, 1):
        yield _half(pairs[:, place], _U(0), reverse)


def _decimals(array: pa.Array, reverse: bool) -> Iterator[Level]:
    """Integers of 128 bits, all of one scale: the upper half, which has the sign, and the lower one."""
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
