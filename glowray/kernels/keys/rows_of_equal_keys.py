"""Which rows share a key: rows of several sides in an order in which equal keys stand together.

Text is numbered by a table. Of other keys nothing but codes is sorted: a code's upper bits with the row's number below
them, one word a row, which NumPy sorts several times faster than anything that has to carry a second column along.
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
from glowray.rows.codec.shape import Pickled, Scalar
from glowray.rows.keys.key_codes import Codes, key_codes
from glowray.rows.texts.text_numbers import TextNumbers
from glowray.rows.texts.texts import Texts

Rows = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.int32]
Mask = npt.NDArray[np.bool_]

_U = np.uint64

DECODED = 16_384
"""Keys that are Python objects at a time, where they have to be."""


class KeyGroups(ABC):
    """Rows grouped by key. Rows are counted through all sides, one side after the other, `bounds` between them.

    `alike`: equal keys look the same too.
    """

    def __init__(self, bounds: tuple[int, ...], alike: bool) -> None:
        self.bounds, self.alike = bounds, alike
        self._counts: dict[int, Rows] = {}
        self._begins: dict[int, Rows] = {}
        self._firsts_in: dict[int, Rows] = {}

    @abstractmethod
    def __len__(self) -> int:
        """The number of groups."""

    @property
    @abstractmethod
    def order(self) -> Rows:
        """The rows group by group, each group's in ascending order."""

    @property
    @abstractmethod
    def edges(self) -> Rows:
        """Where groups begin and end in `order`: group i is `order[edges[i]:edges[i + 1]]`."""

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
        """The first row that every group has in a side, counted within the side; of those without one anything."""

    @property
    def sides(self) -> int:
        """The number of sides."""
        return len(self.bounds) - 1

    def counts(self, side: int) -> Rows:
        """How many rows every group has in a side."""
        if side not in self._counts:
            numbers = self.numbers[self.bounds[side] : self.bounds[side + 1]]
            self._counts[side] = np.bincount(numbers, minlength=len(self))
        return self._counts[side]

    def begins(self, side: int) -> Rows:
        """Where in `order` every group has the rows of a side: behind those of the sides before it."""
        if side not in self._begins:
            after = self.edges[1:] if side + 1 == self.sides else self.begins(side + 1)
            self._begins[side] = after - self.counts(side)
        return self._begins[side]

    def firsts_in(self, side: int) -> Rows:
        """The first row that every group has in a side, counted within the side; -1 for none."""
        if side not in self._firsts_in:
            self._firsts_in[side] = np.where(self.counts(side) > 0, self._firsts_of(side), -1)
        return self._firsts_in[side]


class _Sorted(KeyGroups):
    """Groups of rows that were brought next to each other."""

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
    """Groups numbered as their keys first appear; nothing is sorted unless somebody asks for the order."""

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
        firsts[numbers[::-1]] = np.arange(len(numbers))[::-1]  # of a group's rows the one that is written last stays
        return firsts


def key_groups(sides: Sequence[Sequence[Chunk]]) -> KeyGroups:
    """The groups of the keys that each side has, in chunks.

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
    """The rows with equal codes next to each other, ascending; and which row is the first of its code."""
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
    """The bits of a row's number among so many."""
    return max(count - 1, 0).bit_length()


def _packed(upper: Codes) -> tuple[Codes, np.uint64]:
    """Words with their row's number in the lower bits, which are 0, sorted; and the mask of those bits."""
    upper |= np.arange(len(upper), dtype=np.uint64)
    upper.sort()
    return upper, _U((1 << _bits(len(upper))) - 1)


def _changes(ordered: Codes) -> Mask:
    """Which of these differ from the one before."""
    new = np.ones(len(ordered), np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=new[1:])
    return new


def _numbered(chunks: Iterable[Chunk]) -> Codes:
    """Codes of keys as Python compares them, by a table of those that were seen."""
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
    """The values of a chunk, to look at only; what has to be decoded for that a piece at a time."""
    if isinstance(chunk.shape, Pickled):
        yield chunk.columns[0].objects()
        return
    for start in range(0, len(chunk), DECODED):
        yield chunk.slice(start, min(start + DECODED, len(chunk))).rows()
