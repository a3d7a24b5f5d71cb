"""The first half of reduce_by_key: a segment's keyed rows to one row a key, as columns as long as those are exact."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from glowray.kernels.base.context import TaskContext
from glowray.kernels.base.keyed import MISSING, PLAIN, KeyTable
from glowray.kernels.base.morsels import Morsels, as_rows, pieces
from glowray.kernels.base.row_levels import NOT_FOLDED
from glowray.kernels.base.steps import Step
from glowray.kernels.compiled.row_loop import RowLoop
from glowray.kernels.keys.combiners import CombineStep
from glowray.kernels.keys.fold_table import FoldTable
from glowray.kernels.loops.generated_loop import Loop
from glowray.rows import Block
from glowray.rows.codec.chunk import Chunk
from glowray.rows.codec.encode import encode
from glowray.rows.codec.shape import Fields
from glowray.vectorize.columns.folds.accumulations import Accumulation
from glowray.vectorize.columns.vectors.kinds import TupleOf

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
class FoldColumnsByKey:
    """The operator that folds columns of keyed rows; `combine` goes on in Python where those are not exact."""

    step: CombineStep
    kind: TupleOf
    fold: Accumulation
    combine: Loop

    takes_blocks: ClassVar[bool] = True

    @property
    def loops(self) -> tuple[Loop, ...]:
        return (self.combine,)

    @property
    def steps(self) -> tuple[Step, ...]:
        return (self.step,)

    def run(self, stream: Morsels, task: TaskContext) -> Morsels:
        columns, levels = FoldTable(self.kind, self.fold), task.levels
        added, places = 0, [(0, levels.place)]
        for morsel in stream:
            block = morsel if isinstance(morsel, Block) else None
            if block is None or not columns.add(block):
                return self._in_python(columns, itertools.chain([morsel], stream), places, task)
            levels.come(self, len(block))
            added += len(block)
            places.append((added, levels.place))
        if not columns.fold():
            return self._in_python(columns, stream, places, task)
        return iter([columns.folded()])

    def _in_python(
        self, columns: FoldTable, stream: Morsels, places: list[tuple[int, tuple[int, int]]], task: TaskContext
    ) -> Morsels:
        """Go on in Python: with the folded rows as they are, then the gathered rows, then all that come.

        `places` has, for each block that was added, (rows added so far, the place in the task's rows).
        """
        gathered = columns.gathered()
        folded = places[-1][0] - len(gathered)
        task.levels.fall(max(place for rows, place in places if rows <= folded))
        rows = task.levels.noted(self.step, as_rows(itertools.chain([gathered], stream)), lambda: (NOT_FOLDED, ""))
        return _in_python(self.step, columns, self.combine, rows)


def _items(table: KeyTable, cells: int | None) -> Iterator[tuple[Any, Any]]:
    return table.items() if cells is None else ((key, tuple(cell)) for key, cell in table.items())


def _accumulators(entries: Iterable[Any], cells: int | None) -> list[Any]:
    return list(entries) if cells is None else list(map(tuple, entries))


def _pairs(keys: list[Any], values: list[Any]) -> Iterator[Block]:
    """The items of a table, keys beside values."""
    for start in range(0, len(keys), BLOCK_ROWS):
        columns = [encode(side[start : start + BLOCK_ROWS], 1) for side in (keys, values)]
        shape = Fields("tuple", (), tuple(shape for shape, _ in columns))
        count = min(BLOCK_ROWS, len(keys) - start)
        yield Block((Chunk(shape, [array for _, arrays in columns for array in arrays], count),))


def _in_python(step: CombineStep, columns: FoldTable, loop: Loop, morsels: Iterable[Any]) -> Morsels:
    """Fold morsels of Python's rows into the table of what columns have folded."""
    table = KeyTable()
    fold, entries, miss = loop.function(), table.entries, step.missing(table, loop.cells is not None)
    for key, known in columns.folded().rows():
        entries[key if type(key) in PLAIN else table.admit(key)] = known if loop.cells is None else list(known)
    for rows in morsels:
        fold(rows, table.get, entries, MISSING, miss)
    return pieces(_items(table, loop.cells))
