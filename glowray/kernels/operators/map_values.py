"""map_values, flat_map_values and the ranks of top_by_key: other values for keyed rows, which keep their keys."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from glowray.functions import Cause
from glowray.functions.pairing import Pairing
from glowray.functions.replay import NO_ROW
from glowray.kernels.base.steps import FunctionStep
from glowray.kernels.operators.columns import (
    NO_LIST,
    NOT_KEYED,
    Batch,
    ColumnStep,
    ProgramStep,
    pair_of,
    program_of,
)
from glowray.rows.types.kinds import Kind, ListOf, TupleOf
from glowray.vectorize.analyze.displays import simple_copy
from glowray.vectorize.analyze.yield_counts import yields_few
from glowray.vectorize.columns.vectors.frame import Lists, take
from glowray.vectorize.definition.known_function import Refused
from glowray.vectorize.loops.step_code import StepCode


@dataclass(frozen=True, slots=True)
class MapValues(FunctionStep):
    """(key, value) → (key, f(value))"""

    keeps_keys: ClassVar[bool] = True
    of_value: ClassVar[bool] = True

    def emit(self, code: StepCode) -> list[ast.stmt]:
        before, key, value = code.pair()
        inside, made = code.apply(value)
        return code.pass_on([*before, *inside], ast.Tuple([key, made], ast.Load()))

    def columns(self, kind: Kind) -> ColumnStep | Refused:
        pair = pair_of(kind)
        if pair is None:
            return NOT_KEYED
        found = program_of(self.function, pair[1])
        return found if isinstance(found, Refused) else MapValuesColumns(TupleOf((pair[0], found[0].result)), *found)


@dataclass(frozen=True, slots=True)
class MapValuesColumns(ProgramStep):
    """(key, value) → (key, f(value))"""

    def apply(self, batch: Batch) -> None:
        key, value = batch.vector
        batch.vector = key, self.computed(batch, value)


@dataclass(frozen=True, slots=True)
class PickValues(MapValues):
    """(key, row) → (key, what aggregates need of the row); an error shows the user's row as `pairing` has it."""

    pairing: Pairing

    def cause(self, row: Any, arguments: tuple[Any, ...] | None = None) -> Cause:
        cause = super(PickValues, self).cause(row, arguments)
        return cause if row is NO_ROW else replace(cause, row=self.pairing.own_row(row))


@dataclass(frozen=True, slots=True)
class RankValues(FunctionStep):
    """(key, value) → (key, (f(value), value))"""

    keeps_keys: ClassVar[bool] = True
    of_value: ClassVar[bool] = True
    hands_row_on: ClassVar[bool] = True

    def emit(self, code: StepCode) -> list[ast.stmt]:
        before, key, value = code.pair()
        inside, rank = code.apply(value)
        ranked = ast.Tuple([rank, simple_copy(value)], ast.Load())
        return code.pass_on([*before, *inside], ast.Tuple([key, ranked], ast.Load()))

    def columns(self, kind: Kind) -> ColumnStep | Refused:
        pair = pair_of(kind)
        if pair is None:
            return NOT_KEYED
        found = program_of(self.function, pair[1])
        if isinstance(found, Refused):
            return found
        return RankValuesColumns(TupleOf((pair[0], TupleOf((found[0].result, pair[1])))), *found)


@dataclass(frozen=True, slots=True)
class RankValuesColumns(ProgramStep):
    """(key, value) → (key, (f(value), value))"""

    def apply(self, batch: Batch) -> None:
        key, value = batch.vector
        batch.vector = key, (self.computed(batch, value), value)


@dataclass(frozen=True, slots=True)
class FlatMapValues(FunctionStep):
    """(key, value) → (key, item) for every item of f(value)"""

    keeps_keys: ClassVar[bool] = True
    of_value: ClassVar[bool] = True
    makes_items: ClassVar[bool] = True

    @property
    def may_grow(self) -> bool:
        return not yields_few(self.function.call)

    def emit(self, code: StepCode) -> list[ast.stmt]:
        before, key, value = code.pair()
        return code.pass_results(before, value, lambda item: ast.Tuple([simple_copy(key), item], ast.Load()))

    def columns(self, kind: Kind) -> ColumnStep | Refused:
        pair = pair_of(kind)
        if pair is None:
            return NOT_KEYED
        found = program_of(self.function, pair[1], gives_items=True)
        if isinstance(found, Refused):
            return found
        made = found[0].result
        if not isinstance(made, ListOf):
            return NO_LIST
        return FlatMapValuesColumns(TupleOf((pair[0], made.element)), *found, pair[0])


@dataclass(frozen=True, slots=True)
class FlatMapValuesColumns(ProgramStep):
    """(key, value) → (key, item) for every item of f(value)"""

    key: Kind

    def apply(self, batch: Batch) -> None:
        key, value = batch.vector
        lists: Lists = self.computed(batch, value)
        items = lists.values
        batch.moved((take(self.key, key, lists.parents), items), int(lists.offsets[-1]), lambda: lists.parents)
