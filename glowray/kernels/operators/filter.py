"""filter: the rows that pass a test."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from glowray.kernels.base.steps import FunctionStep
from glowray.kernels.operators.columns import Batch, ColumnStep, ProgramStep, program_of
from glowray.rows.types.kinds import Kind
from glowray.vectorize.columns.vectors.frame import take
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
        return found if isinstance(found, Refused) else FilterColumns(kind, *found)


@dataclass(frozen=True, slots=True)
class FilterColumns(ProgramStep):
    """row → row, if f(row)"""

    def apply(self, batch: Batch) -> None:
        keep = self.computed(batch, batch.vector)
        kept = np.flatnonzero(keep)
        if len(kept) < batch.length:
            batch.moved(take(self.result, batch.vector, kept), len(kept), lambda: kept)
