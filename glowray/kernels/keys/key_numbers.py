"""Numbers for keys, in order of first appearance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from glowray.kernels.keys.rows_of_equal_keys import key_groups
from glowray.kernels.keys.tuple_numbers import TupleNumbers, leaf_kinds
from glowray.rows.arrow.numpy_columns import as_numpy
from glowray.rows.codec.chunk import Chunk
from glowray.rows.codec.chunk_concat import together
from glowray.rows.codec.lazy_chunk import MadeChunk
from glowray.rows.texts.taken_texts import TakenTexts
from glowray.rows.texts.text_numbers import TextNumbers
from glowray.rows.texts.texts import Texts
from glowray.rows.types.kinds import Kind, TupleOf
from glowray.vectorize.columns.folds.vector_folds import Groups

DISTINCT_BITS: tuple[Kind, ...] = (str, int, bool)
"""Kinds whose keys are equal only if they look the same. Arrow's dictionaries number them by first appearance."""

FEW = 4096
"""A table of this many places always pays."""


class KeyNumbers(Protocol):
    """Takes keys of one kind, and numbers them in the order of their first appearance. A key keeps its number."""

    @property
    def lasts(self) -> bool:
        """Whether keys that have a number cost nothing when others are numbered."""

    def add(self, keys: Chunk) -> None:
        """Take more keys, at least one."""

    def groups(self) -> list[Groups]:
        """Return the number of each key of each call of `add` since the last call of this method."""

    def __len__(self) -> int:
        """Return how many keys have a number."""

    def keys(self) -> Chunk:
        """Return the keys that have a number, by number: each is the first of its like. There is at least one."""


def key_numbers(kind: Kind) -> KeyNumbers:
    """Return an empty numbering for keys of a kind.

    >>> numbers = key_numbers(str)
    >>> for rows in (["b", "a"], ["b"]):
    ...     numbers.add(Chunk.from_rows(rows))
    >>> [own.tolist() for own in numbers.groups()], numbers.keys().rows()
    ([[0, 1], [0]], ['b', 'a'])
    """
    if kind is str:
        return TextKeyNumbers()
    fields = leaf_kinds(kind)
    if isinstance(kind, TupleOf) and all(field in DISTINCT_BITS for field in fields):
        return TupleNumbers(kind, {place: TextKeyNumbers() for place, field in enumerate(fields) if field is str})
    return RepeatedKeyNumbers(kind)


class TextKeyNumbers:
    """Numbers keys that are str, by a table of bytes."""

    lasts = True

    def __init__(self) -> None:
        self._texts = TextNumbers()
        self._groups: list[Groups] = []
        self._column: tuple[pa.Array, Groups] | None = None

    def add(self, keys: Chunk) -> None:
        self._shape = keys.shape
        uncut = uncut_texts(keys)
        if isinstance(uncut, TakenTexts) and not uncut.is_ascending:
            self._groups += self._texts.numbers()
            self._groups.append(self._by_row(uncut))
        else:
            self._texts.add(Texts.of(keys.columns[0]) if uncut is None else uncut)

    def groups(self) -> list[Groups]:
        groups, self._groups = [*self._groups, *self._texts.numbers()], []
        return groups

    def __len__(self) -> int:
        return len(self._texts)

    def keys(self) -> Chunk:
        return Chunk(self._shape, [self._texts.distinct()], len(self._texts))

    def _by_row(self, texts: TakenTexts) -> Groups:
        """Return the numbers of texts. Each row of the column that they are taken from is looked at once."""
        if self._column is None or self._column[0] is not texts.column:
            self._column = texts.column, np.full(len(texts.column), -1, np.int64)
        numbers = self._column[1]
        found = numbers.take(texts.rows)
        if len(found) and found.min() < 0:
            new = texts.rows[found < 0]
            first = each_once(new, len(numbers))
            self._texts.add(TakenTexts(texts.column, first))
            (numbers[first],) = self._texts.numbers()
            found = numbers.take(texts.rows)
        return found


class RepeatedKeyNumbers:
    """Numbers keys of any kind. The known keys are numbered again together with the new ones."""

    lasts = False

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self._known: Chunk | None = None
        self._keys: list[Chunk] = []

    def add(self, keys: Chunk) -> None:
        self._keys.append(keys)

    def groups(self) -> list[Groups]:
        known = [] if self._known is None else [self._known]
        keys, self._keys = [*known, *self._keys], []
        self._known, groups = self._grouped(keys) if self._kind not in DISTINCT_BITS else self._distinct(keys)
        return groups[len(known) :]

    def __len__(self) -> int:
        return 0 if self._known is None else len(self._known)

    def keys(self) -> Chunk:
        assert self._known is not None
        return self._known

    def _distinct(self, keys: Sequence[Chunk]) -> tuple[Chunk, list[Groups]]:
        columns = [chunk.columns[0] for chunk in keys]
        found, groups = (_close(columns) if self._kind is int else None) or _encoded(columns)
        return Chunk(keys[0].shape, [found], len(found)), groups

    def _grouped(self, keys: Sequence[Chunk]) -> tuple[Chunk, list[Groups]]:
        by_key = key_groups([keys])
        places = np.empty(len(by_key), np.int64)
        places[by_key.appearance] = np.arange(len(by_key))
        found = together(keys).take(by_key.firsts[by_key.appearance])
        return found, _apart(places[by_key.numbers], keys)


def each_once(rows: Any, count: int) -> Any:
    """Return row numbers below `count` in the order of their first appearance, each once.

    >>> each_once(np.array([3, 1, 3, 0]), 4).tolist()
    [3, 1, 0]
    """
    places = np.arange(len(rows))
    first = np.empty(count, np.int64)
    first[rows[::-1]] = places[::-1]  # NumPy keeps the last of several writes to one place
    return rows[first[rows] == places]


def uncut_texts(keys: Chunk) -> Texts | None:
    """Return the texts of a chunk whose one column is not made yet, else None."""
    vector = keys.vector if isinstance(keys, MadeChunk) and not keys.is_made else None
    return vector if isinstance(vector, Texts) else None


def _encoded(columns: Sequence[Any]) -> tuple[pa.Array, list[Groups]]:
    """Return the distinct values in order of first appearance, and the number of each row of each column."""
    encoded = pa.chunked_array(columns).dictionary_encode()
    numbers = map(as_numpy, (chunk.indices for chunk in encoded.chunks if len(chunk)))  # Arrow leaves empty ones out
    found = encoded.chunk(0).dictionary if encoded.num_chunks else columns[0]
    return found, [next(numbers) if len(column) else np.empty(0, np.int32) for column in columns]


def _apart(numbers: Groups, parts: Sequence[Any]) -> list[Groups]:
    """Split the numbers by part."""
    return np.split(numbers, np.cumsum([len(part) for part in parts])[:-1])


def _close(columns: Sequence[Any]) -> tuple[Any, list[Any]] | None:
    """Number ints by a table that has a place for each value in their range. Return None if the range is wide."""
    parts = [as_numpy(column) for column in columns if len(column)]
    count = sum(map(len, parts))
    least = min((int(part.min()) for part in parts), default=0)
    span = max((int(part.max()) for part in parts), default=0) - least + 1
    if span > max(FEW, 4 * count) or count >= 2**31:
        return None
    places = np.empty(count, np.int64)
    start = 0
    for part in parts:
        np.subtract(part, least, out=places[start : start + len(part)])
        start += len(part)
    rows: npt.NDArray[np.int32] = np.arange(count, dtype=np.int32)
    table = np.full(span, count, np.int32)
    table[places[::-1]] = rows[::-1]  # the last write to a place stays: that of a key's first row
    new: Any = np.sort(table[table < count]) if span <= count // 4 else np.flatnonzero(table[places] == rows)
    table[places[new]] = rows[: len(new)]
    return pa.array(places[new] + least), _apart(table[places], columns)
