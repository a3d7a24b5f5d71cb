"""Steps that fold a whole partition into one row, over columns where their function is known."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from glowray.functions import Function
from glowray.kernels.combine import Zero
from glowray.kernels.context import TaskContext
from glowray.kernels.morsels import Morsels, as_rows
from glowray.kernels.partition_steps import PartitionStep
from glowray.rows import Block
from glowray.rows.chunk import Chunk
from glowray.vectorize.arrow.blocks import chunk_of, vector_of
from glowray.vectorize.arrow.kinds import Kind
from glowray.vectorize.arrow.reducers import Fold


@dataclass(frozen=True, slots=True)
class Reduce(PartitionStep):
    """One row: `function(accumulator, row)` over the rows from left to right; none for none.

    The accumulator starts as a copy of `zero`, without one as the first row.
    """

    function: Function
    zero: Zero | None = None

    def apply(self, rows: Iterator[Any], context: TaskContext) -> Iterator[Any]:
        call = self.function.call
        for known in rows:
            if self.zero is not None:
                value, known = known, self.zero.fresh()
                known = call(known, value)
            for value in rows:
                known = call(known, value)
            yield known

    def apply_fold(self, fold: Fold, kind: Kind, stream: Morsels, context: TaskContext) -> Morsels:
        """The same over columns of a kind; in Python from where those are not exact."""
        known: list[Any] = []
        for morsel in stream:
            folded = self._folded(fold, kind, known, morsel) if isinstance(morsel, Block) else None
            if folded is None:
                rows = itertools.chain.from_iterable(as_rows(itertools.chain([morsel], stream)))
                return iter([self._resumed(known, rows, context)])
            known = folded
        return iter([known])

    def _folded(self, fold: Fold, kind: Kind, known: list[Any], block: Block) -> list[Any] | None:
        """What is known and then the rows of a block, folded; None where only Python is exact."""
        for chunk in block.chunks:
            both = _joined(kind, Block.from_rows(known or self._start(kind)), chunk)
            made = None if both is None else fold.run(vector_of(kind, both), np.zeros(len(both), dtype=np.int64), 1)
            if made is None:
                return None
            known = Block((chunk_of(kind, made, 1),)).rows()
        return known

    def _start(self, kind: Kind) -> list[Any]:
        """The row that columns of a kind are folded from, if there is a zero."""
        if self.zero is None:
            return []
        return [float(self.zero.value) if kind is float else self.zero.value]

    def _resumed(self, started: list[Any], rows: Iterator[Any], context: TaskContext) -> Iterator[Any]:
        if not started:
            yield from self.apply(rows, context)
            return
        call, (known,) = self.function.call, started
        for value in rows:
            known = call(known, value)
        yield known


def folds_from(zero: Zero | None, kind: Kind) -> bool:
    """Whether values of a kind folded from `zero` stay what Python would make of them."""
    return (
        zero is None
        or (type(zero.value) in (int, float) and type(zero.value) is kind)
        or (kind is float and type(zero.value) is int)
    )


def _joined(kind: Kind, start: Block, chunk: Chunk) -> Chunk | None:
    """The chunk behind the row that starts its fold; None where they are not of one kind."""
    if vector_of(kind, chunk) is None:
        return None
    if not len(start):
        return chunk
    (first,) = start.chunks
    if vector_of(kind, first) is None:
        return None
    columns = [pa.concat_arrays(pair) for pair in zip(first.columns, chunk.columns, strict=True)]
    return Chunk(chunk.shape, columns, 1 + chunk.count)


@dataclass(frozen=True, slots=True)
class DefaultIfEmpty(PartitionStep):
    """The rows, or one row made from `zero` where there is none."""

    zero: Zero

    def apply(self, rows: Iterator[Any], context: TaskContext) -> Iterator[Any]:
        empty = True
        for row in rows:
            empty = False
            yield row
        if empty:
            yield self.zero.fresh()
