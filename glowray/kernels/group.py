"""Groups: the values of each key, as lists while they are small, and as views of encoded rows when they are not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, pairwise
from typing import Any, overload

import numpy as np

from glowray.kernels.join import pair
from glowray.kernels.key_groups import KeyGroups, Rows, key_groups
from glowray.rows import Block

GROUP_BYTES = 64 * 1024 * 1024
"""The encoded size from which a key's values are a Group, and no list."""

MORSEL = 16_384

Groups = Iterator[list[tuple[Any, tuple[Sequence[Any], ...]]]]


class Group(Sequence[Any]):
    """The values of a key that take too much memory as a list: decoded piece by piece, as often as they are read.

    >>> group = Group(Block.from_rows([1, 2, 3]), np.array([0, 2]))
    >>> list(group), list(group), group[-1], len(group)
    ([1, 3], [1, 3], 3, 2)
    """

    def __init__(self, rows: Block, positions: Rows | None = None) -> None:
        self._rows = rows
        self._positions = np.arange(len(rows)) if positions is None else positions

    def __len__(self) -> int:
        return len(self._positions)

    def __iter__(self) -> Iterator[Any]:
        for start in range(0, len(self), MORSEL):
            yield from self._rows.take(self._positions[start : start + MORSEL]).rows()

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Any]: ...
    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return Group(self._rows, self._positions[index])
        return self._rows.take(self._positions[[index]]).rows()[0]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, (Group, list)):
            return NotImplemented
        return len(self) == len(other) and all(a == b for a, b in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        return Group, (self._rows.take(self._positions),)

    def __repr__(self) -> str:
        return f"<Group of {len(self):,} values>"


def grouped(sides: Sequence[Sequence[Block]], verb: str) -> Groups:
    """Morsels of (key, its values in each side), keys in order of first appearance, side after side.

    Rows stay encoded; a few groups at a time are decoded at once and then cut.
    """
    pairs = [[pair(chunk, verb) for block in side for chunk in block.chunks] for side in sides]
    keys, values = ([[part[field] for part in side] for side in pairs] for field in (0, 1))
    groups = key_groups(keys)
    every = Block(chain.from_iterable(keys))
    columns = [Block(side) for side in values]
    for some in _batches(groups):
        shown = every.take(groups.firsts[some]).rows()
        parts = [_values(column, *_places(groups, side, some)) for side, column in enumerate(columns)]
        yield list(zip(shown, zip(*parts, strict=True), strict=True))


def _batches(groups: KeyGroups) -> Iterator[Rows]:
    """Groups of about a morsel of rows together, as they first appear; a large group stands alone."""
    sizes = np.diff(groups.edges)[groups.appearance]
    start = rows = 0
    for place, size in enumerate(sizes.tolist()):
        if rows and rows + size > MORSEL:
            yield groups.appearance[start:place]
            start, rows = place, 0
        rows += size
    if start < len(sizes):
        yield groups.appearance[start:]


def _places(groups: KeyGroups, side: int, some: Rows) -> tuple[Rows, Rows]:
    """Where a side has the rows of some groups, group after group, and how many each group has."""
    counts = groups.counts(side)[some]
    begins = np.repeat(groups.begins(side)[some] - np.cumsum(counts) + counts, counts)
    return groups.order[begins + np.arange(len(begins))] - groups.bounds[side], counts


def _values(rows: Block, positions: Rows, counts: Rows) -> list[Sequence[Any]]:
    """The values at the positions, cut into groups of so many each."""
    if len(counts) == 1 and len(rows) and rows.nbytes * len(positions) / len(rows) > GROUP_BYTES:
        return [Group(rows, positions)]
    values = rows.take(positions).rows()
    ends = np.cumsum(counts).tolist()
    return [values[start:end] for start, end in pairwise([0, *ends])]
