"""for_each: a function that is called for its effect."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import ClassVar

from glowray.kernels.base.steps import FunctionStep
from glowray.kernels.operators.columns import ColumnStep
from glowray.rows.types.kinds import Kind
from glowray.vectorize.definition.known_function import Refused
from glowray.vectorize.loops.step_code import StepCode


@dataclass(frozen=True, slots=True)
class ForEach(FunctionStep):
    """row → f(row), for its effect; only the number of results is used"""

    keeps_keys: ClassVar[bool] = True

    @property
    def has_effects(self) -> bool:
        return True

    def emit(self, code: StepCode) -> list[ast.stmt]:
        return code.pass_on(*code.apply(code.row))

    def columns(self, kind: Kind) -> ColumnStep | Refused:
        return Refused("it is called for its effect")
