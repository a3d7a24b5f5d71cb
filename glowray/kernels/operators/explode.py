"""explode: one record for each item of a field."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from glowray.functions.show import shown
from glowray.kernels.base.steps import RowStep
from glowray.kernels.operators.columns import Batch, ColumnStep
from glowray.kernels.operators.records import checked_record
from glowray.rows.types.kinds import Kind, ListOf, RecordOf
from glowray.vectorize.analyze.displays import field_of, simple_copy
from glowray.vectorize.columns.vectors.frame import Lists, take
from glowray.vectorize.definition.known_function import Refused
from glowray.vectorize.loops.step_code import StepCode


@dataclass(frozen=True, slots=True)
class Explode(RowStep):
    """record → {**record, name: item} for every item of its field; none where the field is empty or None."""

    hands_row_on: ClassVar[bool] = True
    makes_items: ClassVar[bool] = True

    name: str

    @property
    def may_grow(self) -> bool:
        return True

    def emit(self, code: StepCode) -> list[ast.stmt]:
        found = field_of(code.row, self.name)
        if found is not None:  # the record was not built: its fields are variables
            items: ast.expr = ast.Call(code.given(items_of, "items"), [simple_copy(found)], [])
        else:
            look_up = partial(field_items, name=self.name, verb=self.verb)
            items = ast.Call(code.given(look_up, "items"), [simple_copy(code.row)], [])
        name = ast.Constant(self.name)
        return code.pass_items([], items, lambda item: ast.Dict([None, name], [simple_copy(code.row), item]))

    def columns(self, kind: Kind) -> ColumnStep | Refused:
        field = kind.field(self.name) if isinstance(kind, RecordOf) else None
        if not isinstance(kind, RecordOf) or not isinstance(field, ListOf):
            return Refused("its field is no list of a column's values")
        made = {**dict(kind.fields), self.name: field.element}
        return ExplodeColumns(RecordOf(tuple(made.items())), self.name)


@dataclass(frozen=True, slots=True)
class ExplodeColumns(ColumnStep):
    """The same over columns."""

    name: str

    def apply(self, batch: Batch) -> None:
        assert isinstance(self.result, RecordOf)
        lists: Lists = batch.vector[self.name]
        parents = lists.parents
        made = {
            name: lists.values if name == self.name else take(kind, batch.vector[name], parents)
            for name, kind in self.result.fields
        }
        batch.moved(made, lists.count, lambda: parents)


def items_of(value: Any) -> Iterable[Any]:
    """Return the items of a field's value; no items for None."""
    return () if value is None else value


def field_items(row: Any, name: str, verb: str) -> Iterable[Any]:
    """Return the items of a record's field.

    Raises:
        TypeError: the row is no dict.
        KeyError: the field is missing.
    """
    checked_record(row, verb)
    if name not in row:
        raise KeyError(f"{verb}({name!r}): the record {shown(row)} has no such field")
    return items_of(row[name])
