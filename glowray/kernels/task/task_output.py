"""The output of a task: its rows are collected, built into blocks and counted."""

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
from glowray.rows.types.kinds import Kind
from glowray.vectorize.columns.vectors.block_vectors import kinds_of

FLUSH_ROWS = 65_536
"""Rows from which a block is built."""

WEIGHED_ROWS = 1024
"""Rows from which a block may be built if they are large."""


class TaskOutput:
    """The blocks of a task's exchange. `verb` is named in the error for a row that cannot be pickled."""

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
        """Whether a block is built of the rows so far: they are many or large."""
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
        """Return the blocks, and describe them in the report."""
        self._flush()
        blocks = self._pickled()
        report.rows_out = self.rows_out
        describe(report, blocks)
        report.bucket_bytes = self._exchange.bucket_bytes(blocks)
        report.cuts = self._output.cuts
        return blocks if report.cuts is None else []

    def _pickled(self) -> Sequence[Stored]:
        """Return the blocks, with their rows pickled if need be. Raise TypeError for a row that cannot be."""
        try:
            blocks = self._output.finish()
            for block in blocks:
                _ = len(block) and block.nbytes
        except Exception as error:
            # As for every error, the rows before it can be taken.
            self._output.keep(_before_unpicklable)
            raise TypeError(f"a row must be picklable, but {self._verb}() gave one that is not: {error}") from error
        return blocks


def describe(report: TaskReport, blocks: Sequence[Stored]) -> None:
    """Describe the objects that a task gives in its report."""
    # A shuffle makes many blocks, and most may be empty: these are not measured.
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
            except Exception:  # the caller has this error already
                yield block.slice(0, place)
                return
        yield block
