"""Steps that put a partition's rows in order, or find the first of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from glowray.functions import Cause, Function
from glowray.io.spill import SpillFile
from glowray.kernels.base.context import TaskContext
from glowray.kernels.base.morsels import Morsels, in_pieces
from glowray.kernels.loops.failed_step import blame
from glowray.kernels.partition.partition_steps import BlockStep
from glowray.kernels.sort.external_sort import sorted_morsels
from glowray.kernels.sort.order_cause import order_cause
from glowray.kernels.sort.top_rows import best_rows
from glowray.rows.types.kinds import Kind, TupleOf


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

    def details(self, functions: tuple[str, ...]) -> tuple[str, ...]:
        return (*functions, "reverse") if self.reverse else functions

    def kind_after(self, kind: Kind) -> Kind | None:
        if not (self.keyed and self.strip):
            return kind
        return kind.fields[1] if isinstance(kind, TupleOf) and len(kind.fields) == 2 else None


@dataclass(frozen=True, slots=True)
class LocalSort(OrderStep):
    """The partition's rows in stable order."""

    def run(self, stream: Morsels, task: TaskContext) -> Morsels:
        with SpillFile() as file:
            try:
                yield from sorted_morsels(in_pieces(stream), self.keyed, self.reverse, self.strip, task.run_bytes, file)
            except BaseException as error:
                blame(error, self)
                raise
            task.spilled += file.nbytes


@dataclass(frozen=True, slots=True)
class TopStep(OrderStep):
    """The n largest of the rows (smallest if `reverse`), first in order first, ties in input order.

    `of_sort`: the user asked for a sort, of which these are the first rows.
    """

    n: int = 0
    of_sort: bool = False

    def details(self, functions: tuple[str, ...]) -> tuple[str, ...]:
        count = f"first {self.n}" if self.of_sort else str(self.n)
        # top() puts the largest first, and sort() the smallest.
        return (count, *functions, "reverse") if self.reverse != self.of_sort else (count, *functions)

    def run(self, stream: Morsels, task: TaskContext) -> Morsels:
        try:
            yield from best_rows(stream, self.n, self.keyed, self.reverse, self.strip)
        except BaseException as error:
            blame(error, self)
            raise
