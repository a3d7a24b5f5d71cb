"""Keys numbered as they first appear."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from glowray.kernels.key_groups import key_groups
from glowray.rows.chunk import Chunk
from glowray.rows.numpy_columns import as_numpy
from glowray.rows.together import together
from glowray.vectorize.arrow.folds import Groups
from glowray.vectorize.arrow.kinds import Kind

DISTINCT_BITS: tuple[Kind, ...] = (str, int, bool)
"""Kinds of keys that are equal only when they look the same; Arrow's dictionaries number them as they first appear."""

FEW = 4096
"""A table of so many places is always worth its while."""


def numbered(kind: Kind, keys: Sequence[Chunk]) -> tuple[Chunk, list[Groups]]:
    """The keys, each once and the first of its like, in order of first appearance; and which one each row has.

    There is a row at least.

    >>> keys, numbers = numbered(str, [Chunk.from_rows(["b", "a"]), Chunk.from_rows(["b"])])
    >>> keys.rows(), [own.tolist() for own in numbers]
    (['b', 'a'], [[0, 1], [0]])
    """
    if kind in DISTINCT_BITS:
        columns = [chunk.columns[0] for chunk in keys]
        found, groups = (_close(columns) if kind is int else None) or _encoded(columns)
        return Chunk(keys[0].shape, [found], len(found)), groups
    by_key = key_groups([keys])
    places = np.empty(len(by_key), np.int64)
    places[by_key.appearance] = np.arange(len(by_key))
    found = together(keys).take(by_key.firsts[by_key.appearance])
    return found, _apart(places[by_key.numbers], keys)


def _apart(numbers: Groups, parts: Sequence[Any]) -> list[Groups]:
    """The numbers of each part's rows."""
    return np.split(numbers, np.cumsum([len(part) for part in parts])[:-1])


def _encoded(columns: list[Any]) -> tuple[Any, list[Groups]]:
    encoded = pa.chunked_array(columns).dictionary_encode().chunks
    numbers = map(as_numpy, (chunk.indices for chunk in encoded if len(chunk)))  # Arrow leaves empty ones out
    return encoded[0].dictionary, [next(numbers) if len(column) else np.empty(0, np.int32) for column in columns]


def _close(columns: list[Any]) -> tuple[Any, list[Groups]] | None:
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
