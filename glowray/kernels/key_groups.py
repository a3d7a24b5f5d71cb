"""Which rows share a key: rows of several sides in an order in which equal keys stand together.

Nothing but the codes of keys is sorted: a code's upper bits with the row's number below them, one word a row, which
NumPy sorts several times faster than anything that has to carry a second column along.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

from glowray.kernels.keyed import MISSING, PLAIN, KeyTable
from glowray.rows.chunk import Chunk
from glowray.rows.column_hash import mix
from glowray.rows.key_codes import Codes, key_codes
from glowray.rows.shape import Pickled

Rows = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.int32]
Mask = npt.NDArray[np.bool_]

DECODED = 16_384
"""Keys that are Python objects at a time, where they have to be."""


class KeyGroups:
    """Rows grouped by key. Rows are counted through all sides, one side after the other, `bounds` between them.

    `order` has the rows group by group, each group's in ascending order; group i is `order[edges[i]:edges[i + 1]]`.
    `alike`: equal keys look the same too.
    """

    def __init__(self, bounds: tuple[int, ...], order: Rows, edges: Rows, alike: bool) -> None:
        self.bounds, self.order, self.edges, self.alike = bounds, order, edges, alike
        self._counts: dict[int, Rows] = {}
        self._begins: dict[int, Rows] = {}
        self._firsts_in: dict[int, Rows] = {}

    def __len__(self) -> int:
        return len(self.edges) - 1

    @property
    def sides(self) -> int:
        """The number of sides."""
        return len(self.bounds) - 1

    @cached_property
    def firsts(self) -> Rows:
        """The first row of every group."""
        return self.order[self.edges[:-1]]

    @cached_property
    def appearance(self) -> Rows:
        """The groups in the order in which their keys first appear."""
        return np.argsort(self.firsts)

    @cached_property
    def numbers(self) -> Numbers:
        """The group of every row."""
        numbers = np.empty(len(self.order), np.int32)
        numbers[self.order] = np.repeat(np.arange(len(self), dtype=np.int32), np.diff(self.edges))
        return numbers

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
            found = self.order.take(self.begins(side), mode="clip") - self.bounds[side]
            self._firsts_in[side] = np.where(self.counts(side) > 0, found, -1)
        return self._firsts_in[side]


def key_groups(sides: Sequence[Sequence[Chunk]]) -> KeyGroups:
    """The groups of the keys that each side has, in chunks.

    >>> groups = key_groups([[Chunk.from_rows(["a", "b", "a"])], [Chunk.from_rows(["b"])]])
    >>> [groups.order[groups.edges[i] : groups.edges[i + 1]].tolist() for i in groups.appearance]
    [[0, 2], [1, 3]]

    Raises KeyTypeError for a key that cannot be one.
    """
    chunks = list(chain.from_iterable(sides))
    bounds = (0, *np.cumsum([sum(map(len, side)) for side in sides]).tolist())
    typed = key_codes(chunks)
    if typed is not None:
        order, new = _together(typed.codes)
        if typed.tell_apart(order, ~new[1:]):
            return KeyGroups(bounds, order, _edges(new), typed.alike)
    order, new = _together(_numbered(chunks))
    return KeyGroups(bounds, order, _edges(new), alike=False)


def _edges(new: Mask) -> Rows:
    return np.append(np.flatnonzero(new), len(new))


def _together(codes: Codes) -> tuple[Rows, Mask]:
    """The rows with equal codes next to each other, ascending; and which row is the first of its code."""
    count = len(codes)
    low = np.uint64((1 << max(count - 1, 0).bit_length()) - 1)
    packed = codes & ~low
    packed |= np.arange(count, dtype=np.uint64)
    packed.sort()
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
