"""Keys numbered as they first appear."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from glowray.kernels.key_groups import key_groups
from glowray.rows.chunk import Chunk
from glowray.rows.made_chunk import MadeChunk
from glowray.rows.numpy_columns import as_numpy
from glowray.rows.text_numbers import TextNumbers, distinct
from glowray.rows.texts import Texts
from glowray.rows.together import together
from glowray.vectorize.arrow.folds import Groups
from glowray.vectorize.arrow.kinds import Kind

DISTINCT_BITS: tuple[Kind, ...] = (str, int, bool)
"""Kinds of keys that are equal only when they look the same; Arrow's dictionaries number them as they first appear."""

SHORT = 7
"""Bytes of a text that is numbered as a word."""

FEW = 4096
"""A table of so many places is always worth its while."""


class KeyNumbers:
    """Takes keys of one kind, and at the end numbers them in the order of their first appearance.

    >>> numbers = KeyNumbers(str)
    >>> for rows in (["b", "a"], ["b"]):
    ...     numbers.add(Chunk.from_rows(rows))
    >>> keys, groups = numbers.numbered()
    >>> keys.rows(), [own.tolist() for own in groups]
    (['b', 'a'], [[0, 1], [0]])
    """

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self._keys: list[Chunk] = []
        self._texts: TextNumbers | None = None

    def add(self, keys: Chunk) -> None:
        """Keys that come after all that came before: one at least."""
        uncut = uncut_texts(keys) if self._kind is str else None
        if not self._keys and uncut is not None and not _are_long(uncut):
            self._texts = TextNumbers()
        if self._texts is not None:  # while they are in the cache
            self._texts.add(Texts.of(keys.columns[0]) if uncut is None else uncut)
        self._keys.append(keys)

    def begin_with(self, keys: Chunk) -> None:
        """Forgets all keys that came, and begins again with these."""
        self._keys, self._texts = [], None if self._texts is None else TextNumbers()
        self.add(keys)

    def numbered(self) -> tuple[Chunk, list[Groups]]:
        """The keys, each once and the first of its like, in order of first appearance; and which one each row has."""
        if self._kind not in DISTINCT_BITS:
            return self._grouped()
        if self._texts is not None:
            found, groups = self._texts.numbered()
        else:
            columns = [chunk.columns[0] for chunk in self._keys]
            found, groups = (_close(columns) if self._kind is int else None) or distinct(columns)
        return Chunk(self._keys[0].shape, [found], len(found)), groups

    def _grouped(self) -> tuple[Chunk, list[Groups]]:
        by_key = key_groups([self._keys])
        places = np.empty(len(by_key), np.int64)
        places[by_key.appearance] = np.arange(len(by_key))
        found = together(self._keys).take(by_key.firsts[by_key.appearance])
        return found, _apart(places[by_key.numbers], self._keys)


def uncut_texts(keys: Chunk) -> Texts | None:
    """The texts that a chunk's one column would be made of, if it is not made yet."""
    vector = keys.vector if isinstance(keys, MadeChunk) and not keys.is_made else None
    return vector if isinstance(vector, Texts) else None


def _are_long(texts: Texts) -> bool:
    """Whether so few are short that they had better be a column."""
    return 2 * int(np.count_nonzero(texts.ends - texts.starts > SHORT)) > len(texts)


def _apart(numbers: Groups, parts: Sequence[Any]) -> list[Groups]:
    """The numbers of each part's rows."""
    return np.split(numbers, np.cumsum([len(part) for part in parts])[:-1])


def _close(columns: Sequence[Any]) -> tuple[Any, list[Any]] | None:
    """Ints that lie close together, by a table with a place for each; None where they do not."""
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
    table[places[::-1]] = rows[::-1]  # of a key's rows the one that is written last stays: the first
    new: Any = np.sort(table[table < count]) if span <= count // 4 else np.flatnonzero(table[places] == rows)
    table[places[new]] = rows[: len(new)]
    return pa.array(places[new] + least), _apart(table[places], columns)
