"""The rows of a task on their way out: collected, made blocks of, counted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import compress
from typing import Any

from glowray.kernels.base.context import TaskContext
from glowray.kernels.base.morsels import Piece, weight
from glowray.kernels.ends.buckets import Buckets, Stored
from glowray.kernels.ends.exchange import Exchange
from glowray.kernels.task.task_report import TaskReport
from glowray.rows import Block
from glowray.vectorize.columns.vectors.block_vectors import kinds_of
from glowray.vectorize.columns.vectors.kinds import Kind

FLUSH_ROWS = 65_536
"""Rows that make a block."""

WEIGHED_ROWS = 1024
"""Rows that may make one if they are large."""


class TaskOutput:
    """What a task gives, as the blocks of its exchange; `verb` is blamed for a row that cannot be pickled."""

    def __init__(self, exchange: Exchange, inputs: Sequence[Sequence[Any]], context: TaskContext, verb: str) -> None:
        self._context, self._verb, self._keeps_rows = context, verb, exchange.outputs > 0
        self._exchange = exchange
        self._output = exchange.output(inputs, context.held_bytes)
        self._rows: list[Any] = []
        self.rows_out = 0

    @property
    def spilled(self) -> int:
        return self._output.kept.spilled

    def take(self, rows: Piece) -> None:
        """Take some rows."""
        if isinstance(rows, Block):
            self._flush()
            self._give(rows)
        elif not self._keeps_rows:
            self.rows_out += len(rows)
        else:
            self._rows.extend(rows)
            if self._is_enough:
                self._flush()

    @property
    def _is_enough(self) -> bool:
        """Whether the rows at hand make a block: there are many, or they are large."""
        if len(self._rows) < WEIGHED_ROWS or len(self._rows) >= FLUSH_ROWS:
            return len(self._rows) >= FLUSH_ROWS
        return weight(self._rows) >= self._context.run_bytes

    def _flush(self) -> None:
        if self._rows:
            block = Block.from_rows(self._rows)
            self._rows.clear()
            self._give(block)

    def _give(self, block: Block) -> None:
        self.rows_out += len(block)
        self._output.add(block)

    def finish(self, report: TaskReport) -> Sequence[Stored]:
        """Return the blocks, and tell the report of them."""
        self._flush()
        blocks = self._pickled()
        report.rows_out = self.rows_out
        describe(report, blocks)
        report.bucket_bytes = self._exchange.bucket_bytes(blocks)
        report.cuts = self._output.cuts
        return blocks if report.cuts is None else []

    def _pickled(self) -> Sequence[Stored]:
        """Return the blocks with all that has to be pickled; here it shows that a row cannot be."""
        try:
            blocks = self._output.finish()
            for block in blocks:
                _ = len(block) and block.nbytes
        except Exception as error:
            # As before any other error, the rows that come first are there to be taken.
            self._output.keep(_before_unpicklable)
            raise TypeError(f"a row must be picklable, but {self._verb}() gave one that is not: {error}") from error
        return blocks


def describe(report: TaskReport, blocks: Sequence[Stored]) -> None:
    """Tell the report of the objects that the task gives."""
    # A shuffle makes many blocks, and most of them may have no rows: those are not measured.
    report.rows = list(map(len, blocks))
    filled = [rows > 0 for rows in report.rows]
    report.sizes = [block.nbytes if has_rows else 0 for block, has_rows in zip(blocks, filled, strict=True)]
    report.kinds = [_kinds(block) if has_rows else () for block, has_rows in zip(blocks, filled, strict=True)]
    report.pickled_values = sum(block.pickled_values for block in compress(blocks, filled))


def _kinds(block: Stored) -> tuple[Kind | None, ...]:
    return block.kinds if isinstance(block, Buckets) else kinds_of(block)


def _before_unpicklable(blocks: Iterable[Block]) -> Iterator[Block]:
    for block in blocks:
        for place in range(len(block)):
            try:
                _ = block.slice(place, place + 1).nbytes
            except Exception:  # who asks for the rows before it has this very error already
                yield block.slice(0, place)
                return
        yield block
