"""Records of which only the needed columns are read. The others are read if Python needs a whole row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from glowray.kernels.base.morsels import in_batches
from glowray.rows import Block


class PrunedBlock(Block):
    """Some columns of rows. `whole` reads all of them."""

    __slots__ = ("_rows", "_start")

    def __init__(self, block: Block, rows: WholeRows, start: int) -> None:
        super().__init__(block.chunks)
        self._rows, self._start = rows, start

    def whole(self, start: int, stop: int) -> Block:
        """Return all columns of the rows from `start` to `stop`."""
        return self._rows.between(self._start + start, self._start + stop)


class WholeRows:
    """A second reading of the same rows. It begins with the first request; requests come in ascending order."""

    def __init__(self, blocks: Iterator[Block | list[object]]) -> None:
        self._blocks = blocks
        self._block, self._start = Block(), 0

    def between(self, start: int, stop: int) -> Block:
        """Return the rows from `start` to `stop`. They must come after those of the last call."""
        parts: list[Block] = []
        while True:
            end = self._start + len(self._block)
            if start < end:
                parts.append(self._block.slice(start - self._start, min(stop, end) - self._start))
                start = min(stop, end)
            if start >= stop:
                return Block.concat(parts)
            block = next(self._blocks)
            self._block, self._start = block if isinstance(block, Block) else Block.from_rows(block), end


def pruned_blocks(
    few: Iterator[Block | list[object]], all_columns: Iterator[Block | list[object]], *, lists_are_whole: bool = False
) -> Iterator[Block | list[object]]:
    """Yield blocks of few columns that can read the others. Lists of whole rows stay lists."""
    rows = WholeRows(all_columns)
    start = 0
    for morsel in few:
        if isinstance(morsel, list) and lists_are_whole:
            yield morsel
        else:
            yield PrunedBlock(morsel if isinstance(morsel, Block) else Block.from_rows(morsel), rows, start)
        start += len(morsel)


def batches(morsel: Block) -> Iterator[tuple[Block, Callable[[], Block]]]:
    """Yield a morsel in batches, each with a function that returns all columns of its rows."""
    start = 0
    for block in in_batches([morsel]):
        stop = start + len(block)
        if isinstance(morsel, PrunedBlock):
            yield block, partial(morsel.whole, start, stop)
        else:
            yield block, lambda block=block: block  # type: ignore[misc]
        start = stop
