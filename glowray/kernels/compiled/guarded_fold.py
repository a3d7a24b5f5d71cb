"""GuardedFold: rows folded as columns as long as that is exact, and in Python from there on."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from glowray.kernels.base.context import TaskContext
from glowray.kernels.base.morsels import Morsel, Morsels, as_rows, rows_of
from glowray.kernels.base.row_levels import NOT_FOLDED
from glowray.kernels.base.steps import Step
from glowray.kernels.loops.generated_loop import Loop
from glowray.rows import Block


class ColumnFold(Protocol):
    """A fold over columns at work in one task."""

    def add(self, block: Block) -> bool:
        """Take the rows of a block. Return False, and take none, if only Python is exact."""
        ...

    def fold(self) -> bool:
        """Fold all rows that were added. Return False, and change nothing, if only Python is exact."""
        ...

    def folded(self) -> Morsel:
        """Return the result of the rows that are folded."""
        ...

    def gathered(self) -> Block:
        """Return the rows that were added and are not folded."""
        ...


class RowFold(Protocol):
    """The same fold over Python's rows."""

    @property
    def loops(self) -> tuple[Loop, ...]:
        """The generated code that it runs."""
        ...

    def resumed(self, started: Iterable[Any], rows: Iterator[Any], context: TaskContext) -> Morsels:
        """Return the result of further rows. `started` is the result of the rows before them."""
        ...


@dataclass(frozen=True, eq=False)
class GuardedFold:
    """The operator that folds by `fast`, which it makes for each task, until `slow` goes on.

    sum() over blocks [1, 2], [2**63], [3]: columns add the first block to 3, and Python adds 2**63 and 3 to that.
    """

    step: Step
    fast: Callable[[], ColumnFold]
    slow: RowFold

    takes_blocks: ClassVar[bool] = True

    @property
    def loops(self) -> tuple[Loop, ...]:
        return self.slow.loops

    @property
    def steps(self) -> tuple[Step, ...]:
        return (self.step,)

    def run(self, stream: Morsels, task: TaskContext) -> Morsels:
        columns, levels = self.fast(), task.levels
        added, places = 0, [(0, levels.place)]
        for morsel in stream:
            block = Block.from_rows(morsel) if isinstance(morsel, list) else morsel
            if not isinstance(block, Block) or not columns.add(block):
                return self._in_python(columns, itertools.chain([morsel], stream), places, task)
            levels.come(self, len(block))
            added += len(block)
            places.append((added, levels.place))
        if not columns.fold():
            return self._in_python(columns, stream, places, task)
        return iter([columns.folded()])

    def _in_python(
        self, columns: ColumnFold, stream: Morsels, places: list[tuple[int, tuple[int, int]]], task: TaskContext
    ) -> Morsels:
        """Go on in Python: with the folded rows as they are, then the gathered rows, then all that come.

        `places` has, for each block that was added, (rows added so far, the place in the task's rows).
        """
        gathered = columns.gathered()
        folded = places[-1][0] - len(gathered)
        task.levels.fall(max(place for rows, place in places if rows <= folded))
        rows = task.levels.noted(self.step, as_rows(itertools.chain([gathered], stream)), lambda: (NOT_FOLDED, ""))
        return self.slow.resumed(rows_of(iter([columns.folded()])), itertools.chain.from_iterable(rows), task)
