"""Steps of order and neighbours: rows up to the first failing test, rows backwards, windows of neighbours."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from glowray.functions import Cause, Function
from glowray.functions.replay import NO_ROW, Attempt, call_on_row
from glowray.kernels.base.context import TaskContext
from glowray.kernels.base.morsels import BATCH, Morsels, as_rows, pieces
from glowray.kernels.base.output_buffer import Kept
from glowray.kernels.ends.sources import Source
from glowray.kernels.loops.failed_step import blame
from glowray.kernels.partition.partition_steps import BlockStep, PartitionStep, row_call
from glowray.rows import Block
from glowray.rows.objects.value_copies import copier


@dataclass(frozen=True, slots=True)
class TakeWhileStep(PartitionStep):
    """The rows before the first one on which the function is false. The function is called on no later row.

    `ends_stage`: at that row the task reports that no later partition is wanted. `keeps_failed`: rows that on_error
    drops are given all the same, for a step that counts the rows before the first false one.
    """

    flows: ClassVar[bool] = True
    may_stop: ClassVar[bool] = True
    keeps_keys: ClassVar[bool] = True
    keeps_rows: ClassVar[bool] = True

    function: Function
    ends_stage: bool = False
    keeps_failed: bool = False

    @property
    def functions(self) -> tuple[Function, ...]:
        return (self.function,)

    @property
    def may_grow(self) -> bool:
        return False

    def cause(self, row: Any, arguments: tuple[Any, ...] | None = None) -> Cause:
        return Cause(self.function, row, None if row is NO_ROW else Attempt(call_on_row, self.function, (row,)))

    def apply(self, rows: Iterator[Any], context: TaskContext) -> Iterator[Any]:
        call = row_call(self.function)
        for row in rows:
            try:
                is_true = bool(call(row))
            except Exception as error:
                if self.on_error == "raise":
                    blame(error, self, row)
                    raise
                context.drop(self, row, error)
                if self.keeps_failed:
                    yield row
                continue
            if not is_true:
                context.ended = self.ends_stage
                return
            yield row


@dataclass(frozen=True, slots=True)
class ReverseRows(BlockStep):
    """The partition's rows, last to first."""

    keeps_keys: ClassVar[bool] = True
    keeps_rows: ClassVar[bool] = True

    @property
    def may_grow(self) -> bool:
        return False

    def apply(self, rows: Iterator[Any], context: TaskContext) -> Iterator[Any]:
        return itertools.chain.from_iterable(as_rows(self.apply_blocks(pieces(rows), context)))

    def apply_blocks(self, stream: Morsels, context: TaskContext) -> Morsels:
        kept = Kept(context.held_bytes)
        for morsel in stream:
            if isinstance(morsel, Block):
                kept.add(0, morsel)
            else:
                for rows in pieces(iter(morsel)):
                    kept.add(0, Block.from_rows(rows))
        context.spilled += kept.spilled
        for block in reversed(kept.blocks(0)):
            yield from _backwards(block)


def _backwards(block: Block) -> Iterator[Block]:
    """Yield the rows of a block last to first, in blocks of at most BATCH rows."""
    for chunk in reversed(block.chunks):
        size = chunk.count if chunk.pickled_values else BATCH  # a pickle is read whole, so it is read once
        for stop in range(chunk.count, 0, -size):
            part = Block((chunk,)).slice(max(stop - size, 0), stop)
            yield part.take(np.arange(len(part) - 1, -1, -1))


@dataclass(frozen=True, slots=True)
class SlidingStep(Source):
    """Lists of `size` neighbours, each beginning `step` rows after the one before; lists of fewer are left out.

    A task makes the lists that begin in its first input. The second input has the size - 1 rows after it.
    """

    size: int
    step: int

    def morsels(self, inputs: Sequence[Sequence[Block]], context: TaskContext) -> Morsels:
        rows = itertools.chain.from_iterable(
            morsel for block in itertools.chain.from_iterable(inputs) for morsel in block.morsels()
        )
        return pieces(self._windows(rows, -context.offset % self.step, sum(map(len, inputs[0]))))

    def _windows(self, rows: Iterator[Any], first: int, stop: int) -> Iterator[list[Any]]:
        """Yield the lists that begin at the rows `first`, `first + step`, … below `stop`.

        A row that is in several lists is copied for each, so that a function may change it in one of them.
        """
        window: deque[Any] = deque(maxlen=self.size)
        for start, row in enumerate(rows, 1 - self.size):
            window.append(copier(row))
            if start >= stop:
                return
            if start >= first and (start - first) % self.step == 0:
                yield [copy() for copy in window]
