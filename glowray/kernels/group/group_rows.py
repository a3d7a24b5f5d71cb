"""Groups of rows that are all in memory."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, pairwise
from typing import Any

import numpy as np

from glowray.kernels.group.encoded_values import EncodedValues
from glowray.kernels.join.join import pair
from glowray.kernels.keys.rows_of_equal_keys import Rows, key_groups
from glowray.rows import Block


class GroupedRows:
    """The groups of the keys that each side has, `sizes` in rows, in order of first appearance.

    >>> groups = GroupedRows([[Block.from_rows([("a", 1), ("b", 2), ("a", 3)])]], "group_by_key")
    >>> groups.keys(0, 2), groups.lists(0, 0, 2), groups.sizes.tolist()
    (['a', 'b'], [[1, 3], [2]], [2, 1])
    """

    def __init__(self, sides: Sequence[Sequence[Block]], verb: str) -> None:
        pairs = [[pair(chunk, verb) for block in side for chunk in block.chunks] for side in sides]
        keys, values = ([[part[field] for part in side] for side in pairs] for field in (0, 1))
        self._groups = key_groups(keys)
        self._keys = Block(chain.from_iterable(keys))
        self._sides = [Block(side) for side in values]
        self._values: dict[int, EncodedValues] = {}
        self.sizes = np.diff(self._groups.edges)[self._groups.appearance]
        self.row_bytes = sum(side.nbytes for side in self._sides) / max(1, len(self._keys))

    def keys(self, first: int, last: int) -> list[Any]:
        """Return the first key of each group, as it looks."""
        return self._keys.take(self._groups.firsts[self._groups.appearance[first:last]]).rows()

    def lists(self, side: int, first: int, last: int) -> list[list[Any]]:
        """Return the values of each group in a side."""
        positions, counts = self._positions(side, first, last)
        values = self._sides[side].take(positions).rows()
        return [values[start:end] for start, end in pairwise([0, *np.cumsum(counts).tolist()])]

    def values(self, side: int, group: int) -> tuple[EncodedValues, Rows]:
        """Return the values of a side, and the positions of a group's values in them."""
        if side not in self._values:
            self._values[side] = EncodedValues.of(self._sides[side])
        return self._values[side], self._positions(side, group, group + 1)[0]

    def _positions(self, side: int, first: int, last: int) -> tuple[Rows, Rows]:
        """Return the positions of groups' rows in a side, group after group, and the number of rows of each group."""
        groups = self._groups
        some = groups.appearance[first:last]
        counts = groups.counts(side)[some]
        begins = np.repeat(groups.begins(side)[some] - np.cumsum(counts) + counts, counts)
        return groups.order[begins + np.arange(len(begins))] - groups.bounds[side], counts
