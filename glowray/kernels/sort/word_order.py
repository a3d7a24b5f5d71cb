"""The stable order of rows by the words of their keys, as many of them as it takes to tell the rows apart.

NumPy sorts plain 64-bit integers ten times faster than anything that has to carry row numbers along. So the numbers are
made part of what is sorted: the bits in which the words of the rows differ, and below them the row's number, which
also makes the order stable. Rows that are equal in as many bits as find room go on with the next ones.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from glowray.rows.keys.sort_words import Level, Rows, Words

_U = np.uint64
_BITS = 64


def stable_order(levels: Iterable[Level], count: int) -> Rows:
    """The numbers of `count` rows in ascending order of their words, equal rows in the order in which they come.

    >>> stable_order([lambda rows: np.array([2, 1, 2], np.uint64)[... if rows is None else rows]], 3).tolist()
    [1, 0, 2]
    """
    ties = _Ties(count)
    for level in levels:
        if not ties.any():
            break
        ties.part_by(level)
    return ties.order


def first_rows(levels: Iterable[Level], count: int, n: int) -> Rows:
    """The first n of `stable_order`; only rows that can be among them are sorted."""
    levels = iter(levels)
    first = next(levels, None)
    if first is None or n == 0 or count <= 2 * n:
        return stable_order(levels if first is None else [first, *levels], count)[:n]
    words = first(None)
    candidates = np.flatnonzero(words <= np.partition(words, n - 1)[n - 1])
    kept = (_of_rows(level, candidates) for level in [lambda rows: words if rows is None else words[rows], *levels])
    return candidates[stable_order(kept, len(candidates))[:n]]


def _of_rows(level: Level, chosen: Rows) -> Level:
    return lambda rows: level(chosen if rows is None else chosen[rows])


class _Ties:
    """Rows in an order that is right but for the groups of rows which no word has told apart so far.

    `places` are the places in `order` that such groups take, `groups` the number of the group at each of them; None
    while all rows are one group. `same` says of the rows at `places`, but for the first, whether the last bits that
    were sorted are those of the row before: what groups are left is found out only when another word asks.
    """

    def __init__(self, count: int) -> None:
        self.order: Rows = np.arange(count)
        self.places: Rows | None = None
        self.groups: Words | None = None
        self.same: npt.NDArray[np.bool_] | None = None

    def any(self) -> bool:
        """Whether rows are left that further words may tell apart."""
        self._regroup()
        return len(self.order if self.places is None else self.places) > 1

    def part_by(self, level: Level) -> None:
        """Goes on with one word of every row that is still tied."""
        words = level(None if self.places is None else self.order[self.places])
        while self._differ(words):
            words = words - words.min()
            union = int(np.bitwise_or.reduce(words))
            zeros = (union & -union).bit_length() - 1  # below the lowest bit in which any differ
            bits = union.bit_length() - zeros
            row_bits = (len(words) - 1).bit_length()
            room = _BITS - row_bits - (0 if self.groups is None else int(self.groups[-1]).bit_length())
            if bits <= room:
                self._sort(words >> _U(zeros), bits, row_bits)
                return
            shift = zeros + bits - room
            moved = self._sort(words >> _U(shift), room, row_bits)
            words = (words & _U((1 << shift) - 1))[moved[self._regroup()]]

    def _differ(self, words: Words) -> bool:
        """Whether words of one group differ: those of several groups always may."""
        changes = words[1:] != words[:-1]
        if self.groups is not None:
            changes &= self.groups[1:] == self.groups[:-1]
        return bool(changes.any())

    def _sort(self, words: Words, bits: int, row_bits: int) -> Rows:
        """Sorts the tied rows within their groups by words of so many bits; where each of them was."""
        packed = words << _U(row_bits)
        if self.groups is not None:
            packed |= self.groups << _U(bits + row_bits)
        packed |= np.arange(len(packed), dtype=np.uint64)
        packed.sort()
        moved = (packed & _U((1 << row_bits) - 1)).view(np.int64)
        if self.places is None:
            self.order = moved
        else:
            self.order[self.places] = self.order[self.places][moved]
        packed >>= _U(row_bits)
        self.same = packed[1:] == packed[:-1]
        return moved

    def _regroup(self) -> Rows:
        """Keeps only the rows that are the same as a neighbour; where among the tied ones those were."""
        if self.same is None:
            return np.arange(len(self.order if self.places is None else self.places))
        tied = np.zeros(len(self.same) + 1, np.bool_)
        tied[1:] = self.same
        begins = ~tied  # of a group, if the row after it is the same
        tied[:-1] |= self.same
        kept = np.flatnonzero(tied)
        self.places = kept if self.places is None else self.places[kept]
        self.groups = np.cumsum(begins[kept], dtype=np.uint64) - _U(1)
        self.same = None
        return kept
