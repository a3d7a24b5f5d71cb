"""map: one row for each row."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from glowray.kernels.base.steps import FunctionStep
from glowray.kernels.operators.columns import Batch, ColumnStep, ProgramStep, program_of
from glowray.rows.types.kinds import Kind
from glowray.vectorize.definition.known_function import Refused
from glowray.vectorize.loops.step_code import StepCode


@dataclass(frozen=True, slots=True)
class Map(FunctionStep):
    """row → f(row)"""

    def emit(self, code: StepCode) -> list[ast.stmt]:
        return code.pass_on(*code.apply(code.row))

    def columns(self, kind: Kind) -> ColumnStep | Refused:
        found = program_of(self.function, kind)
        return found if isinstance(found, Refused) else MapColumns(found[0].result, *found)


@dataclass(frozen=True, slots=True)
class MapColumns(ProgramStep):
    """row → f(row)"""

    def apply(self, batch: Batch) -> None:
        batch.vector = self.computed(batch, batch.vector)
