"""A join within a partition, with sides that every task has whole."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from glowray.kernels.context import TaskContext
from glowray.kernels.join import join
from glowray.kernels.morsels import Morsels, as_rows
from glowray.kernels.partition_steps import BlockStep, as_blocks


@dataclass(frozen=True, slots=True)
class JoinInPlace(BlockStep):
    """The partition's keyed rows joined with whole sides: the task's inputs beside its own from the one at `place`."""

    how: str
    place: int
    sides: int

    def apply(self, rows: Iterator[Any], context: TaskContext) -> Iterator[Any]:
        return itertools.chain.from_iterable(as_rows(self.apply_blocks(iter([rows]), context)))

    def apply_blocks(self, stream: Morsels, context: TaskContext) -> Morsels:
        own = [block for morsel in stream for block in as_blocks(self, morsel)]
        yield from join([own, *context.beside[self.place : self.place + self.sides]], self.how, self.verb)

    @property
    def makes_blocks(self) -> bool:
        return True
