"""filter: the rows that pass a test."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from glowray.kernels.base.steps import FunctionStep
from glowray.kernels.operators.columns import Batch, ColumnStep, ProgramStep, program_of
from glowray.rows.types.kinds import Kind, Maybe
from glowray.vectorize.columns.operations.none_values import blank
from glowray.vectorize.columns.vectors.column_program import ArrowProgram
from glowray.vectorize.columns.vectors.frame import Nullable, parts_of, spread_out, take
from glowray.vectorize.definition.known_function import Refused
from glowray.vectorize.loops.step_code import StepCode


@dataclass(frozen=True, slots=True)
class Filter(FunctionStep):
    """row → row, if f(row)"""

    keeps_keys: ClassVar[bool] = True
    keeps_rows: ClassVar[bool] = True
    hands_row_on: ClassVar[bool] = True

    def emit(self, code: StepCode) -> list[ast.stmt]:
        return code.pass_if(*code.apply(code.row))

    def columns(self, kind: Kind) -> ColumnStep | Refused:
        found = program_of(self.function, kind, is_test=True)
        if isinstance(found, Refused):
            return found
        if isinstance(kind, Maybe) and found[1] == "whole" and _is_false_for_none(found[0], kind.kind):
            return FilterColumns(kind.kind, *found, True)
        return FilterColumns(kind, *found)


def _is_false_for_none(program: ArrowProgram, kind: Kind) -> bool:
    """Return whether a test is false for a row that is None, among rows of a kind. The program calls no user code."""
    row = Nullable(spread_out(kind, blank(kind), 1), np.zeros(1, np.bool_))
    made = program.run([row], 1)
    return (made.ok is None or bool(made.ok.all())) and not made.vector.any()


@dataclass(frozen=True, slots=True)
class FilterColumns(ProgramStep):
    """row → row, if f(row). With `drops_none` the rows are of a kind Maybe, and f(None) is false."""

    drops_none: bool = False

    def apply(self, batch: Batch) -> None:
        keep = self.computed(batch, batch.vector)
        if self.drops_none:
            values, there = parts_of(batch.vector)
            batch.vector, keep = values, keep & there  # a row that failed a guard may be None, too
        kept = np.flatnonzero(keep)
        if len(kept) < batch.length:
            batch.moved(take(self.result, batch.vector, kept), len(kept), lambda: kept)
