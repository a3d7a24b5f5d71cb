"""Groups: the values of each key, as lists while they are small, and as views of encoded rows when they are not."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from operator import itemgetter
from typing import Any, overload

import numpy as np
import numpy.typing as npt

from glowray.kernels.combine import collect_groups
from glowray.kernels.keyed import MISSING, PLAIN, KeyTable
from glowray.rows import Block

GROUP_BYTES = 64 * 1024 * 1024
"""The encoded size from which a key's values are a Group, and no list."""

MORSEL = 16_384

Positions = npt.NDArray[np.int64]
Groups = Iterator[list[tuple[Any, tuple[Sequence[Any], ...]]]]


class Group(Sequence[Any]):
    """The values of a key that take too much memory as a list: decoded piece by piece, as often as they are read.

    >>> rows = Block.from_rows([("a", 1), ("b", 2), ("a", 3)])
    >>> group = Group(rows, np.array([0, 2]))
    >>> list(group), list(group), group[-1], len(group)
    ([1, 3], [1, 3], 3, 2)
    """

    def __init__(self, rows: Block, positions: Positions | None = None) -> None:
        self._rows = rows
        self._positions = np.arange(len(rows)) if positions is None else positions

    def __len__(self) -> int:
        return len(self._positions)

    def __iter__(self) -> Iterator[Any]:
        for start in range(0, len(self), MORSEL):
            yield from values_at(self._rows, self._positions[start : start + MORSEL])

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Any]: ...
    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return Group(self._rows, self._positions[index])
        return values_at(self._rows, self._positions[[index]])[0]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, (Group, list)):
            return NotImplemented
        return len(self) == len(other) and all(a == b for a, b in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        return Group, (self._rows.take(self._positions),)

    def __repr__(self) -> str:
        return f"<Group of {len(self):,} values>"


def values_at(rows: Block, positions: Positions) -> list[Any]:
    """The values of the keyed rows at some positions."""
    return list(map(itemgetter(1), rows.take(positions).rows()))


def grouped(sides: Sequence[Sequence[Block]]) -> Groups:
    """Morsels of (key, its values in each side), keys in order of first appearance, side after side."""
    if sum(block.nbytes for side in sides for block in side) <= GROUP_BYTES:
        return _as_lists(sides)
    return _by_position(sides)


def _as_lists(sides: Sequence[Sequence[Block]]) -> Groups:
    table = KeyTable()

    def empty() -> tuple[list[Any], ...]:
        return tuple([] for _ in sides)

    for number, blocks in enumerate(sides):
        for block in blocks:
            collect_groups(block, table, empty, itemgetter(number))
    items = table.items()
    while morsel := list(itertools.islice(items, MORSEL)):
        yield morsel


def _by_position(sides: Sequence[Sequence[Block]]) -> Groups:
    """Rows stay encoded; only the keys are decoded, to number the groups, and then a few groups at a time."""
    table = KeyTable()
    blocks = [Block.concat(side) for side in sides]
    numbers = [_group_numbers(block, table) for block in blocks]
    keys = [key for key, _ in table.items()]
    orders = [np.argsort(numbered, kind="stable") for numbered in numbers]
    counts = np.stack([np.bincount(numbered, minlength=len(keys)) for numbered in numbers])
    edges = np.concatenate([np.zeros((len(sides), 1), np.int64), counts.cumsum(axis=1)], axis=1)
    for start, stop in _batches(counts.sum(axis=0)):
        columns = [
            _batch(block, order, edge[start : stop + 1])
            for block, order, edge in zip(blocks, orders, edges, strict=True)
        ]
        yield list(zip(keys[start:stop], zip(*columns, strict=True), strict=True))


def _group_numbers(block: Block, table: KeyTable) -> Positions:
    """For each row the number of its key's group, numbered as keys first appear."""
    entries = table.entries
    numbers: list[int] = []
    for chunk in block.chunks:
        for start in range(0, len(chunk), MORSEL):
            piece = chunk.slice(start, min(start + MORSEL, len(chunk)))
            try:
                keys = piece.select((0,)).rows()
            except LookupError:
                keys = [row[0] for row in piece.rows()]
            for key in keys:
                number = table.find(key) if type(key) not in PLAIN else entries.get(key, MISSING)
                if number is MISSING:
                    number = entries[table.admit(key)] = len(entries)
                numbers.append(number)
    return np.array(numbers, np.int64)


def _batches(sizes: npt.NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Ranges of groups of about a morsel of rows together; a large group is a range of its own."""
    start, rows = 0, 0
    for number, size in enumerate(sizes.tolist()):
        if rows and rows + size > MORSEL:
            yield start, number
            start, rows = number, 0
        rows += size
    if start < len(sizes):
        yield start, len(sizes)


def _batch(block: Block, order: Positions, edges: Positions) -> list[Sequence[Any]]:
    """The values of consecutive groups of one side."""
    positions = order[edges[0] : edges[-1]]
    if len(edges) == 2 and len(block) and block.nbytes * len(positions) / len(block) > GROUP_BYTES:
        return [Group(block, positions)]
    values = values_at(block, positions)
    return [values[a - edges[0] : b - edges[0]] for a, b in itertools.pairwise(edges.tolist())]
