"""keys, values and key_by: rows become keyed rows, or keyed rows one of their two parts."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Any, ClassVar

from glowray.functions import Cause
from glowray.functions.replay import NO_ROW, Attempt
from glowray.kernels.base.steps import FunctionStep, RowStep, check_pair
from glowray.kernels.operators.columns import NOT_KEYED, Batch, ColumnStep, ProgramStep, pair_of, program_of
from glowray.rows.types.kinds import Kind, TupleOf
from glowray.rows.types.shape import Path
from glowray.vectorize.analyze.displays import simple_copy
from glowray.vectorize.definition.known_function import Refused
from glowray.vectorize.loops.step_code import StepCode


@dataclass(frozen=True, slots=True)
class KeyBy(FunctionStep):
    """row → (f(row), row)"""

    hands_row_on: ClassVar[bool] = True
    puts_part: ClassVar[int | None] = 1

    def emit(self, code: StepCode) -> list[ast.stmt]:
        before, key = code.apply(code.row)
        return code.pass_on(before, ast.Tuple([key, simple_copy(code.row)], ast.Load()))

    def columns(self, kind: Kind) -> ColumnStep | Refused:
        found = program_of(self.function, kind)
        return found if isinstance(found, Refused) else KeyByColumns(TupleOf((found[0].result, kind)), *found)


@dataclass(frozen=True, slots=True)
class KeyByColumns(ProgramStep):
    """row → (f(row), row)"""

    def apply(self, batch: Batch) -> None:
        batch.vector = self.computed(batch, batch.vector), batch.vector


@dataclass(frozen=True, slots=True)
class PartOfPair(RowStep):
    """A row step that gives one part of a keyed row."""

    def fields_read(self, at: Path) -> frozenset[str] | None:
        return frozenset() if at else None

    def cause(self, row: Any, arguments: tuple[Any, ...] | None = None) -> Cause:
        return Cause(row=row, attempt=None if row is NO_ROW else Attempt(check_pair, self.verb, (row,), is_check=True))


@dataclass(frozen=True, slots=True)
class Keys(PartOfPair):
    """(key, value) → key"""

    takes_part: ClassVar[int | None] = 0

    def emit(self, code: StepCode) -> list[ast.stmt]:
        before, key, _ = code.pair()
        return code.pass_on(before, key)

    def columns(self, kind: Kind) -> ColumnStep | Refused:
        pair = pair_of(kind)
        return NOT_KEYED if pair is None else FieldColumns(pair[0], 0)


@dataclass(frozen=True, slots=True)
class Values(PartOfPair):
    """(key, value) → value"""

    takes_part: ClassVar[int | None] = 1

    def emit(self, code: StepCode) -> list[ast.stmt]:
        before, _, value = code.pair()
        return code.pass_on(before, value)

    def columns(self, kind: Kind) -> ColumnStep | Refused:
        pair = pair_of(kind)
        return NOT_KEYED if pair is None else FieldColumns(pair[1], 1)


@dataclass(frozen=True, slots=True)
class FieldColumns(ColumnStep):
    """(key, value) → one of the two"""

    field: int

    def apply(self, batch: Batch) -> None:
        fields: Any = batch.vector
        batch.vector = fields[self.field]
