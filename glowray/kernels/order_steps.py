"""Steps that put a partition's rows in order, or find the first of them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from glowray.functions import Cause, Function
from glowray.io.spill import SpillFile
from glowray.kernels.best import best_rows
from glowray.kernels.blame import blame
from glowray.kernels.context import TaskContext
from glowray.kernels.morsels import Morsels, as_rows, pieces
from glowray.kernels.order_cause import order_cause
from glowray.kernels.partition_steps import BlockStep
from glowray.kernels.sorting import sorted_morsels
from glowray.vectorize.arrow.kinds import Kind, TupleOf


@dataclass(frozen=True, slots=True)
class OrderStep(BlockStep):
    """A step that orders rows; with a `key` function they are (key, row) pairs, ordered by key.

    `strip` gives the rows of the pairs.
    """

    reverse: bool
    key: Function | None = None
    strip: bool = False

    @property
    def keyed(self) -> bool:
        """Whether rows are (key, row) pairs."""
        return self.key is not None

    def cause(self, row: Any, arguments: tuple[Any, ...] | None = None) -> Cause:
        return order_cause(self.verb, self.key, row, arguments)

    def apply(self, rows: Iterator[Any], context: TaskContext) -> Iterator[Any]:
        return itertools.chain.from_iterable(as_rows(self.apply_blocks(pieces(rows), context)))

    def kind_after(self, kind: Kind) -> Kind | None:
        if not (self.keyed and self.strip):
            return kind
        return kind.fields[1] if isinstance(kind, TupleOf) and len(kind.fields) == 2 else None


@dataclass(frozen=True, slots=True)
class LocalSort(OrderStep):
    """The partition's rows in stable order."""

    @property
    def makes_blocks(self) -> bool:
        return True

    def apply_blocks(self, stream: Morsels, context: TaskContext) -> Morsels:
        with SpillFile() as file:
            try:
                yield from sorted_morsels(stream, self.keyed, self.reverse, self.strip, context.run_bytes, file)
            except BaseException as error:
                blame(error, self)
                raise
            context.spilled += file.nbytes


@dataclass(frozen=True, slots=True)
class Top(OrderStep):
    """The n largest of the rows (smallest if `reverse`), first in order first, ties in input order."""

    n: int = 0

    def apply(self, rows: Iterator[Any], context: TaskContext) -> Iterator[Any]:
        return itertools.chain.from_iterable(as_rows(self.apply_blocks(iter([rows]), context)))

    def apply_blocks(self, stream: Morsels, context: TaskContext) -> Morsels:
        try:
            yield from best_rows(stream, self.n, self.keyed, self.reverse, self.strip)
        except BaseException as error:
            blame(error, self)
            raise
