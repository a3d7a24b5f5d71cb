"""The first half of reduce_by_key: a segment's keyed rows to one row a key, as columns as long as those are exact."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from glowray.kernels.base.context import TaskContext
from glowray.kernels.base.keyed import MISSING, PLAIN, KeyTable
from glowray.kernels.base.morsels import Morsels, pieces
from glowray.kernels.compiled.row_loop import RowLoop
from glowray.kernels.keys.combiners import CombineStep
from glowray.kernels.loops.generated_loop import Loop
from glowray.rows import Block
from glowray.rows.codec.chunk import Chunk
from glowray.rows.codec.encode import encode
from glowray.rows.types.shape import Fields

BLOCK_ROWS = 65_536
"""Rows of a block that is made of a table."""


@dataclass(frozen=True, slots=True)
class FoldIntoTable:
    """The end of a loop that folds keyed rows into a dict of accumulators.

    `to_blocks`: what follows is the exchange, so that the dict's items become columns without a row being made.
    """

    step: CombineStep
    to_blocks: bool = False

    parameters: ClassVar[tuple[str, ...]] = ("get", "entries", "missing", "miss")

    def run(self, loop: RowLoop, stream: Morsels, task: TaskContext) -> Morsels:
        table, cells = KeyTable(), loop.loop.cells
        entries, miss = table.entries, self.step.missing(table, cells is not None)
        for rows, fold in loop.morsels(stream):
            fold(rows, table.get, entries, MISSING, miss)
        if self.to_blocks and not table.shown:
            return _pairs(list(entries), _accumulators(entries.values(), cells))
        return pieces(_items(table, cells))


@dataclass(frozen=True, eq=False)
class ResumedTable:
    """A loop that goes on to fold keyed rows where columns stopped."""

    step: CombineStep
    loop: Loop

    @property
    def loops(self) -> tuple[Loop, ...]:
        return (self.loop,)

    def resumed(self, started: Iterable[Any], rows: Iterator[Any], context: TaskContext) -> Morsels:
        table, cells = KeyTable(), self.loop.cells
        fold, entries, miss = self.loop.function(), table.entries, self.step.missing(table, cells is not None)
        for key, known in started:
            entries[key if type(key) in PLAIN else table.admit(key)] = known if cells is None else list(known)
        fold(rows, table.get, entries, MISSING, miss)
        return pieces(_items(table, cells))


def _items(table: KeyTable, cells: int | None) -> Iterator[tuple[Any, Any]]:
    return table.items() if cells is None else ((key, tuple(cell)) for key, cell in table.items())


def _accumulators(entries: Iterable[Any], cells: int | None) -> list[Any]:
    return list(entries) if cells is None else list(map(tuple, entries))


def _pairs(keys: list[Any], values: list[Any]) -> Iterator[Block]:
    """Yield the items of a table as blocks of (key, value) rows."""
    for start in range(0, len(keys), BLOCK_ROWS):
        columns = [encode(side[start : start + BLOCK_ROWS], 1) for side in (keys, values)]
        shape = Fields("tuple", (), tuple(shape for shape, _ in columns))
        count = min(BLOCK_ROWS, len(keys) - start)
        yield Block((Chunk(shape, [array for _, arrays in columns for array in arrays], count),))
