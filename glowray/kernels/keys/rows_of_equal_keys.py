"""The search for rows that share a key, over the rows of several sides.

Text keys are numbered by a hash table. Other keys are hashed to 64-bit codes, and the codes are sorted. Each sorted
word holds the upper bits of a code and, below them, the row's number. NumPy sorts such words several times faster than
two columns.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

from glowray.kernels.base.keyed import MISSING, PLAIN, KeyTable
from glowray.native.byte_words import mix
from glowray.rows.codec.chunk import Chunk
from glowray.rows.keys.key_codes import Codes, key_codes
from glowray.rows.texts.text_numbers import TextNumbers
from glowray.rows.texts.texts import Texts
from glowray.rows.types.shape import Pickled, Scalar

Rows = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.int32]
Mask = npt.NDArray[np.bool_]

_U = np.uint64

DECODED = 16_384
"""The most keys that are decoded to Python objects at once."""


class KeyGroups(ABC):
    """Rows grouped by key. Rows are numbered through all sides: side i has the rows `bounds[i]:bounds[i + 1]`.

    `alike`: equal keys also look the same.
    """

    def __init__(self, bounds: tuple[int, ...], alike: bool) -> None:
        self.bounds, self.alike = bounds, alike
        self._counts: dict[int, Rows] = {}
        self._begins: dict[int, Rows] = {}
        self._firsts_in: dict[int, Rows] = {}

    @abstractmethod
    def __len__(self) -> int:
        """Return the number of groups."""

    @property
    @abstractmethod
    def order(self) -> Rows:
        """The rows group by group, ascending within a group."""

    @property
    @abstractmethod
    def edges(self) -> Rows:
        """The bounds of groups in `order`: group i is `order[edges[i]:edges[i + 1]]`."""

    @property
    @abstractmethod
    def numbers(self) -> Numbers:
        """The group of every row."""

    @property
    @abstractmethod
    def firsts(self) -> Rows:
        """The first row of every group."""

    @property
    @abstractmethod
    def appearance(self) -> Rows:
        """The groups in the order in which their keys first appear."""

    @abstractmethod
    def _firsts_of(self, side: int) -> Rows:
        """Return the first row of each group in a side, counted within the side, or any number for none."""

    @property
    def sides(self) -> int:
        """The number of sides."""
        return len(self.bounds) - 1

    def counts(self, side: int) -> Rows:
        """Return how many rows each group has in a side."""
        if side not in self._counts:
            numbers = self.numbers[self.bounds[side] : self.bounds[side + 1]]
            self._counts[side] = np.bincount(numbers, minlength=len(self))
        return self._counts[side]

    def begins(self, side: int) -> Rows:
        """Return where the rows of each group in a side begin in `order`."""
        if side not in self._begins:
            after = self.edges[1:] if side + 1 == self.sides else self.begins(side + 1)
            self._begins[side] = after - self.counts(side)
        return self._begins[side]

    def firsts_in(self, side: int) -> Rows:
        """Return the first row of each group in a side, counted within the side, -1 for none."""
        if side not in self._firsts_in:
            self._firsts_in[side] = np.where(self.counts(side) > 0, self._firsts_of(side), -1)
        return self._firsts_in[side]


class _Sorted(KeyGroups):
    """Groups found by sorting."""

    def __init__(self, bounds: tuple[int, ...], order: Rows, edges: Rows, alike: bool) -> None:
        super().__init__(bounds, alike)
        self._order, self._edges = order, edges

    def __len__(self) -> int:
        return len(self._edges) - 1

    @property
    def order(self) -> Rows:
        return self._order

    @property
    def edges(self) -> Rows:
        return self._edges

    @cached_property
    def numbers(self) -> Numbers:
        numbers = np.empty(len(self.order), np.int32)
        numbers[self.order] = np.repeat(np.arange(len(self), dtype=np.int32), np.diff(self.edges))
        return numbers

    @cached_property
    def firsts(self) -> Rows:
        return self.order[self.edges[:-1]]

    @cached_property
    def appearance(self) -> Rows:
        return np.argsort(self.firsts)

    def _firsts_of(self, side: int) -> Rows:
        return self.order.take(self.begins(side), mode="clip") - self.bounds[side]


class _Numbered(KeyGroups):
    """Groups found by numbering keys in order of first appearance. Rows are sorted only if `order` is asked for."""

    def __init__(self, bounds: tuple[int, ...], numbers: Numbers, count: int) -> None:
        super().__init__(bounds, alike=True)
        self._numbers, self._count = numbers, count

    def __len__(self) -> int:
        return self._count

    @property
    def numbers(self) -> Numbers:
        return self._numbers

    @cached_property
    def order(self) -> Rows:
        packed, low = _packed(self._numbers.astype(np.uint64) << _U(_bits(len(self._numbers))))
        return (packed & low).view(np.int64)

    @cached_property
    def edges(self) -> Rows:
        edges = np.zeros(self._count + 1, np.int64)
        np.cumsum(np.bincount(self._numbers, minlength=self._count), out=edges[1:])
        return edges

    @cached_property
    def firsts(self) -> Rows:
        return self._first_rows(self._numbers)

    @cached_property
    def appearance(self) -> Rows:
        return np.arange(self._count)

    def _firsts_of(self, side: int) -> Rows:
        return self._first_rows(self._numbers[self.bounds[side] : self.bounds[side + 1]])

    def _first_rows(self, numbers: Numbers) -> Rows:
        firsts = np.zeros(self._count, np.int64)
        firsts[numbers[::-1]] = np.arange(len(numbers))[::-1]  # the last write stays: a group's first row
        return firsts


def key_groups(sides: Sequence[Sequence[Chunk]]) -> KeyGroups:
    """Return the groups of the keys of all sides.

    >>> groups = key_groups([[Chunk.from_rows(["a", "b", "a"])], [Chunk.from_rows(["b"])]])
    >>> [groups.order[groups.edges[i] : groups.edges[i + 1]].tolist() for i in groups.appearance]
    [[0, 2], [1, 3]]

    Raises KeyTypeError for a key that cannot be one.
    """
    chunks = list(chain.from_iterable(sides))
    bounds = (0, *np.cumsum([sum(map(len, side)) for side in sides]).tolist())
    if (texts := _texts(chunks)) is not None:
        found = TextNumbers()
        for each in texts:
            found.add(each)
        return _Numbered(bounds, np.concatenate([np.empty(0, np.int32), *found.numbers()]), len(found))
    typed = key_codes(chunks)
    if typed is not None:
        order, new = _together(typed.codes)
        if typed.tell_apart(order, ~new[1:]):
            return _Sorted(bounds, order, _edges(new), typed.alike)
    order, new = _together(_numbered(chunks))
    return _Sorted(bounds, order, _edges(new), alike=False)


def _texts(keys: Sequence[Chunk]) -> list[Texts] | None:
    """Return the keys if all are str, else None. A table numbers them faster than they are sorted."""
    if not all(isinstance(chunk.shape, Scalar) and chunk.shape.kind.name == "str" for chunk in keys):
        return None
    columns = [chunk.columns[0] for chunk in keys if chunk.count]
    return None if any(column.null_count for column in columns) else list(map(Texts.of, columns))


def _edges(new: Mask) -> Rows:
    return np.append(np.flatnonzero(new), len(new))


def _together(codes: Codes) -> tuple[Rows, Mask]:
    """Return the rows in an order in which equal codes are neighbours, and whether each is the first of its code."""
    count = len(codes)
    packed, low = _packed(codes & ~_U((1 << _bits(count)) - 1))
    order = (packed & low).view(np.int64)
    new = _changes(codes[order])
    upper = np.ones(count, np.bool_)
    np.greater(packed[1:] ^ packed[:-1], low, out=upper[1:])
    mixed = new > upper  # codes that differ in their lower bits only: few, as codes are hashes
    if mixed.any():
        runs = np.cumsum(upper)
        places = np.flatnonzero(np.isin(runs, runs[mixed]))
        rows = order[places]
        order[places] = rows[np.lexsort((rows, codes[rows]))]
        new = _changes(codes[order])
    return order, new


def _bits(count: int) -> int:
    """Return the bits that the number of one of `count` rows takes."""
    return max(count - 1, 0).bit_length()


def _packed(upper: Codes) -> tuple[Codes, np.uint64]:
    """Put each row's number into the lower bits of its word, and sort. Return the words and the mask of these bits."""
    upper |= np.arange(len(upper), dtype=np.uint64)
    upper.sort()
    return upper, _U((1 << _bits(len(upper))) - 1)


def _changes(ordered: Codes) -> Mask:
    """Return for each code whether it differs from the one before."""
    new = np.ones(len(ordered), np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=new[1:])
    return new


def _numbered(chunks: Iterable[Chunk]) -> Codes:
    """Return codes of keys that are equal if Python says so. A table of the keys numbers them."""
    table = KeyTable()
    entries = table.entries
    numbers: list[int] = []
    for key in chain.from_iterable(chain.from_iterable(map(_looked_at, chunks))):
        number = table.find(key) if type(key) not in PLAIN else entries.get(key, MISSING)
        if number is MISSING:
            number = entries[table.admit(key)] = len(entries)
        numbers.append(number)
    return mix(np.array(numbers, np.uint64))


def _looked_at(chunk: Chunk) -> Iterator[list[Any]]:
    """Yield the values of a chunk in lists to look at. Columns are decoded a piece at a time."""
    if isinstance(chunk.shape, Pickled):
        yield chunk.columns[0].objects()
        return
    for start in range(0, len(chunk), DECODED):
        yield chunk.slice(start, min(start + DECODED, len(chunk))).rows()
