"""Groups: the values of each key, as lists while they are small, and as views of encoded rows when they are not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, overload

import numpy as np

from glowray.boundary import only_user_frames, public
from glowray.io.spill import SpillFile
from glowray.kernels.base.context import HELD_BYTES, TaskContext, current_task
from glowray.kernels.base.output_buffer import Kept
from glowray.kernels.group.encoded_values import EncodedValues
from glowray.kernels.group.group_rows import GroupedRows
from glowray.kernels.group.group_runs import GroupedRuns, weight
from glowray.kernels.keys.rows_of_equal_keys import Rows
from glowray.rows import Block
from glowray.rows.objects.pickling import Beside

GROUP_BYTES = 64 * 1024 * 1024
"""Encoded bytes from which a key's values are a Group instead of a list, if the task's memory allows this much."""

LIST_BYTES = 64 * 1024
"""Encoded bytes up to which a key's values are always a list."""

GROUP_SHARE = 4
"""A list's encoded values take at most 1/GROUP_SHARE of the bytes that a task may hold. Its objects take more."""

MORSEL = 16_384
"""Rows that are decoded at once."""

MORSEL_BYTES = 16 << 20
"""Bytes that are decoded at once, if rows are large."""

Groups = Iterator[list[tuple[Any, tuple[Sequence[Any], ...]]]]


@public
class Group(Sequence[Any], Beside):
    """The values of a key that take too much memory as a list. Each reading decodes them piece by piece.

    In a task its repr is that of the list; elsewhere it is a short text.

    >>> group = Group(Block.from_rows([1, 2, 3]), np.array([0, 2]))
    >>> list(group), list(group), group[-1], len(group)
    ([1, 3], [1, 3], 3, 2)
    """

    def __init__(self, values: Block | EncodedValues, positions: Rows | None = None) -> None:
        self._values = EncodedValues.of(values) if isinstance(values, Block) else values
        self._positions = positions

    @property
    def nbytes(self) -> int:
        """The size of the encoded values."""
        return self._values.nbytes * len(self) // max(1, len(self._values))

    def __len__(self) -> int:
        return len(self._values if self._positions is None else self._positions)

    def __iter__(self) -> Iterator[Any]:
        with only_user_frames():
            for block in self._blocks():
                yield from block.rows()

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Any]: ...
    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return Group(self._values, self._places(index))
        place = range(len(self))[index]
        return self._values.take(self._places(slice(place, place + 1))).rows()[0]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, (Group, list)):
            return NotImplemented
        return len(self) == len(other) and all(a == b for a, b in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        if self._positions is None:
            return Group, (self._values.block(),)
        kept = Kept(MORSEL_BYTES)
        for block in self._blocks():
            kept.add(0, block)
        return Group, (kept.block(0),)

    def __repr__(self) -> str:
        if current_task() is not None:  # where rows may be on their way to a text file
            return f"[{', '.join(map(repr, self))}]"
        return f"<Group of {len(self):,} values>"

    def _blocks(self) -> Iterator[Block]:
        """Yield all values in blocks that are small enough to decode."""
        step = max(1, min(MORSEL, MORSEL_BYTES * len(self) // max(1, self.nbytes)))
        for start in range(0, len(self), step):
            yield self._values.take(self._places(slice(start, start + step)))

    def _places(self, own: slice) -> Rows:
        """Return the positions of a slice's values in `_values`."""
        return np.arange(*own.indices(len(self))) if self._positions is None else self._positions[own]


def task_groups(sides: Sequence[Sequence[Block]], verb: str, context: TaskContext) -> Groups:
    """Yield the groups of a task, and count the bytes that went to a file in its context."""
    file = SpillFile()
    try:
        yield from grouped(sides, verb, context.held_bytes, file)
    finally:
        context.spilled += file.nbytes


def grouped(
    sides: Sequence[Sequence[Block]], verb: str, limit: int = HELD_BYTES, file: SpillFile | None = None
) -> Groups:
    """Yield lists of (key, its values in each side), keys in order of first appearance, side after side.

    Rows stay encoded; a few groups at a time are decoded. If grouping all rows at once would take more than `limit`
    bytes, they go through a file.
    """
    is_much = sum(weight(chunk) for side in sides for block in side for chunk in block.chunks) > limit
    found = GroupedRuns(sides, verb, limit, file or SpillFile()) if is_much else GroupedRows(sides, verb)
    large = min(GROUP_BYTES, max(LIST_BYTES, limit // GROUP_SHARE))
    morsel = max(1, min(MORSEL, int(MORSEL_BYTES // max(1, found.row_bytes))))
    for first, last in _batches(found.sizes, morsel):
        parts: list[Sequence[Sequence[Any]]] = []
        for side in range(len(sides)):
            alone = Group(*found.values(side, first)) if last - first == 1 else None
            parts.append(found.lists(side, first, last) if alone is None or alone.nbytes <= large else [alone])
        yield list(zip(found.keys(first, last), zip(*parts, strict=True), strict=True))


def _batches(sizes: Rows, morsel: int) -> Iterator[tuple[int, int]]:
    """Yield (first, last) of groups that have about a morsel of rows together. A larger group stands alone."""
    start = rows = 0
    for place, size in enumerate(sizes.tolist()):
        if rows and rows + size > morsel:
            yield start, place
            start, rows = place, 0
        rows += size
    if start < len(sizes):
        yield start, len(sizes)
