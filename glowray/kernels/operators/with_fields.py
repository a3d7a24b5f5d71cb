"""with_fields: records with more fields, or other values for fields that are there."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from glowray.functions import Function
from glowray.functions.combiner import Zero
from glowray.kernels.base.steps import FunctionStep, RowStep
from glowray.kernels.operators.columns import Batch, ColumnStep, program_of
from glowray.kernels.operators.records import checked_record
from glowray.rows.types.kinds import NOTHING, Kind, RecordOf
from glowray.vectorize.analyze.displays import simple_copy
from glowray.vectorize.columns.operations.expressions import constant
from glowray.vectorize.columns.vectors.column_program import ArrowProgram
from glowray.vectorize.columns.vectors.untranslatable import Untranslatable
from glowray.vectorize.definition.known_function import Refused
from glowray.vectorize.loops.step_code import StepCode


@dataclass(frozen=True, slots=True, eq=False)
class WithFields(RowStep):
    """record → {**record, name: f(record), …}; a value that is no function is the same in all rows.

    Every function is given the record as it came in. Each row gets its own copy of a value that could be changed.
    """

    hands_row_on: ClassVar[bool] = True

    fields: tuple[tuple[str, Function | Zero], ...]

    @property
    def functions(self) -> tuple[Function, ...]:
        return tuple(value for _, value in self.fields if isinstance(value, Function))

    @property
    def parts(self) -> tuple[RowStep, ...]:
        made = [FunctionStep(self.verb, each.label, each, on_error=self.on_error) for each in self.functions]
        return tuple(made) or (self,)

    def emit(self, code: StepCode) -> list[ast.stmt]:
        check = code.require_type(dict, partial(checked_record, verb=self.verb))
        before, results = code.apply_all()
        made = iter(results)
        values = [next(made) if isinstance(value, Function) else _constant(code, value) for _, value in self.fields]
        names: list[ast.expr | None] = [ast.Constant(name) for name, _ in self.fields]
        return code.pass_on([*check, *before], ast.Dict([None, *names], [simple_copy(code.row), *values]))

    def columns(self, kind: Kind) -> ColumnStep | Refused:
        if not isinstance(kind, RecordOf):
            return Refused("its rows are no records")
        kinds = dict(kind.fields)
        programs: list[tuple[str, ArrowProgram]] = []
        for name, value in self.fields:
            program = _program(value, kind)
            if isinstance(program, Refused):
                return program
            programs.append((name, program))
            kinds[name] = program.result
        return WithFieldsColumns(RecordOf(tuple(kinds.items())), tuple(programs))


@dataclass(frozen=True, slots=True)
class WithFieldsColumns(ColumnStep):
    """The same over columns; a program without a parameter is a value that is the same in all rows."""

    programs: tuple[tuple[str, ArrowProgram], ...]

    @property
    def constructs(self) -> tuple[str, ...]:
        return tuple(construct for _, program in self.programs for construct in program.constructs)

    def apply(self, batch: Batch) -> None:
        made = dict(batch.vector)
        for name, program in self.programs:
            computed = program.run([batch.vector] if program.kinds else [], batch.length)
            batch.require(computed.ok)
            made[name] = computed.vector
        batch.vector = made


def _constant(code: StepCode, value: Function | Zero) -> ast.expr:
    """Return the expression for a value that is the same in all rows, or for a new copy of it."""
    assert isinstance(value, Zero)
    if value.is_fixed:
        return code.given(value.value, "value")
    return ast.Call(code.given(value.copier(), "copy"), [], [])


def _program(value: Function | Zero, kind: RecordOf) -> ArrowProgram | Refused:
    if isinstance(value, Function):
        found = program_of(value, kind)
        return found if isinstance(found, Refused) else found[0]
    try:
        expression = constant(value.value)
    except Untranslatable as reason:
        return Refused(str(reason))
    return Refused("a constant None") if expression.kind is NOTHING else ArrowProgram((), (), expression)
