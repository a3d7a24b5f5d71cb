"""The operator that takes rows through a generated loop, and what may stand at the end of the loop."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from glowray.kernels.base.context import TaskContext
from glowray.kernels.base.morsels import MORSEL, Morsels, PieceSize, as_rows, cut, rows_of
from glowray.kernels.base.steps import Step
from glowray.kernels.compiled.long_chain import rows_through
from glowray.kernels.loops.generated_loop import Loop, Run
from glowray.kernels.loops.record_rows import RecordLoop, RecordRows, record_parts


class LoopEnd(Protocol):
    """The end of a loop, which takes the steps' rows. It owns the loop's last parameters, and runs the loop."""

    parameters: ClassVar[tuple[str, ...]]
    """The parameters of the generated function behind the first, `rows`."""

    def run(self, loop: RowLoop, stream: Morsels, task: TaskContext) -> Morsels:
        """Yield the results for the rows of a stream."""
        ...


@dataclass(frozen=True, eq=False)
class RowLoop:
    """Row steps as one loop over Python's rows, or with `records` over the fields of rows in blocks.

    One that `draws` its rows comes after steps that make rows one by one, when somebody asks for them.
    """

    loop: Loop
    end: LoopEnd
    records: RecordLoop | None = None
    draws: bool = False

    @property
    def takes_blocks(self) -> bool:
        return self.records is not None

    @property
    def loops(self) -> tuple[Loop, ...]:
        return (self.loop,) if self.records is None else (self.loop, self.records.loop)

    @property
    def steps(self) -> tuple[Step, ...]:
        return self.loop.steps

    def run(self, stream: Morsels, task: TaskContext) -> Morsels:
        return self.end.run(self, stream, task)

    def morsels(self, stream: Morsels) -> Iterator[tuple[Any, Run]]:
        """Yield the rows of each morsel with the function for them."""
        if self.records is not None:
            yield from record_parts(self.records, self.loop, stream)
            return
        run = self.loop.function()
        for rows in as_rows(stream):
            yield rows, run

    def piece_size(self, task: TaskContext) -> PieceSize:
        """Return how many rows the loop takes at once."""
        return PieceSize(task.piece if self.draws else MORSEL)

    def pieces(self, stream: Morsels, size: PieceSize) -> Iterator[tuple[Any, Run]]:
        """Yield rows with the function for them: records whole, all else in lists that are not too long."""
        for rows, run in self.morsels(stream):
            for some in [rows] if isinstance(rows, RecordRows) else cut([rows], size):
                yield some, run

    def rows(self, stream: Morsels) -> Iterator[Any]:
        """Return the rows of a loop that yields them, none of them made before it is asked for."""
        if self.records is None:
            rows: Iterator[Any] = self.loop.function()(rows_of(stream))
            return rows
        return itertools.chain.from_iterable(go(rows) for rows, go in self.morsels(stream))


@dataclass(frozen=True, slots=True)
class Append:
    """The end of a loop that appends its rows to a list."""

    parameters: ClassVar[tuple[str, ...]] = ("append",)

    def run(self, loop: RowLoop, stream: Morsels, task: TaskContext) -> Morsels:
        size = loop.piece_size(task)
        for rows, go in loop.pieces(stream, size):
            made: list[Any] = []
            try:
                go(rows, made.append)
            except BaseException:
                yield made  # the rows before the error come first
                raise
            size.note_made(len(rows), made)
            yield made
            del made  # its rows go before the next are made


@dataclass(frozen=True, slots=True)
class CountOnly:
    """The end of a loop that builds no row: only how many there are is wanted."""

    parameters: ClassVar[tuple[str, ...]] = ("count",)

    def run(self, loop: RowLoop, stream: Morsels, task: TaskContext) -> Morsels:
        for rows, go in loop.pieces(stream, loop.piece_size(task)):
            counter = itertools.count()
            go(rows, counter.__next__)
            yield range(next(counter))


@dataclass(frozen=True, slots=True)
class Yield:
    """The end of a loop that makes a row when the step after it asks for one."""

    parameters: ClassVar[tuple[str, ...]] = ()

    def run(self, loop: RowLoop, stream: Morsels, task: TaskContext) -> Morsels:
        return iter([loop.rows(stream)])


@dataclass(frozen=True, eq=False)
class NestedLoops:
    """Many loops that yield, each over the rows of the one before it."""

    loops: tuple[Loop, ...]

    @property
    def takes_blocks(self) -> bool:
        return False

    @property
    def steps(self) -> tuple[Step, ...]:
        return tuple(step for loop in self.loops for step in loop.steps)

    def run(self, stream: Morsels, task: TaskContext) -> Morsels:
        return iter([rows_through([loop.function() for loop in self.loops], rows_of(stream))])
