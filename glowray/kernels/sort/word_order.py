"""The stable order of rows by the words of their keys. Later words are read only while rows are tied.

NumPy sorts plain 64-bit integers ten times faster than integers with row numbers beside them. So each sorted integer
holds the bits in which the rows' words differ and, below them, the row's number, which makes the order stable. Rows
that are equal in all bits that fit are sorted again by the next bits.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from glowray.rows.keys.sort_words import Level, Rows, Words

_U = np.uint64
_BITS = 64


def stable_order(levels: Iterable[Level], count: int) -> Rows:
    """Return the numbers of `count` rows in ascending order of their words. Equal rows keep their order.

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
    """Return the first n of `stable_order`. Only rows that can be among them are sorted."""
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
    """Rows in an order that is final except within groups of tied rows, whose words so far are equal.

    `places` are the places in `order` of tied rows, and `groups` the number of the group at each place. Both are None
    while all rows are one group. `same` says for each row at `places`, from the second on, whether its last sorted bits
    are those of the row before. New groups are made of it when another word is sorted.
    """

    def __init__(self, count: int) -> None:
        self.order: Rows = np.arange(count)
        self.places: Rows | None = None
        self.groups: Words | None = None
        self.same: npt.NDArray[np.bool_] | None = None

    def any(self) -> bool:
        """Return whether tied rows are left."""
        self._regroup()
        return len(self.order if self.places is None else self.places) > 1

    def part_by(self, level: Level) -> None:
        """Sort the tied rows by one more word."""
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
        """Return whether the words within a group differ."""
        changes = words[1:] != words[:-1]
        if self.groups is not None:
            changes &= self.groups[1:] == self.groups[:-1]
        return bool(changes.any())

    def _sort(self, words: Words, bits: int, row_bits: int) -> Rows:
        """Sort the tied rows within their groups by words of `bits` bits. Return the place that each had before."""
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
        """Keep as tied only the rows that equal a neighbour. Return their places among the tied rows before."""
        if self.same is None:
            return np.arange(len(self.order if self.places is None else self.places))
        tied = np.zeros(len(self.same) + 1, np.bool_)
        tied[1:] = self.same
        begins = ~tied  # whether a group begins at the row, if the row after it is the same
        tied[:-1] |= self.same
        kept = np.flatnonzero(tied)
        self.places = kept if self.places is None else self.places[kept]
        self.groups = np.cumsum(begins[kept], dtype=np.uint64) - _U(1)
        self.same = None
        return kept
