"""flat_map: any number of rows for each row."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import ClassVar

from glowray.kernels.base.steps import FunctionStep
from glowray.kernels.operators.columns import NO_LIST, Batch, ColumnStep, ProgramStep, program_of
from glowray.rows.types.kinds import Kind, ListOf
from glowray.vectorize.analyze.yield_counts import yields_few
from glowray.vectorize.columns.vectors.frame import Lists
from glowray.vectorize.definition.known_function import Refused
from glowray.vectorize.loops.step_code import StepCode


@dataclass(frozen=True, slots=True)
class FlatMap(FunctionStep):
    """row → every item of f(row)"""

    makes_items: ClassVar[bool] = True

    @property
    def may_grow(self) -> bool:
        return not yields_few(self.function.call)

    def emit(self, code: StepCode) -> list[ast.stmt]:
        return code.pass_results([], code.row, lambda item: item)

    def columns(self, kind: Kind) -> ColumnStep | Refused:
        found = program_of(self.function, kind, gives_items=True)
        if isinstance(found, Refused):
            return found
        made = found[0].result
        return FlatMapColumns(made.element, *found) if isinstance(made, ListOf) else NO_LIST


@dataclass(frozen=True, slots=True)
class FlatMapColumns(ProgramStep):
    """row → every item of f(row)"""

    def apply(self, batch: Batch) -> None:
        lists: Lists = self.computed(batch, batch.vector)
        batch.moved(lists.values, lists.count, lambda: lists.parents)
