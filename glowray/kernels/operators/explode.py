"""explode: one record for each item of a field."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from glowray.functions.show import shown
from glowray.kernels.base.steps import RowStep
from glowray.kernels.operators.columns import Batch, ColumnStep
from glowray.kernels.operators.records import checked_record
from glowray.rows.objects.value_copies import are_fixed, copier
from glowray.rows.types.kinds import Kind, ListOf, RecordOf
from glowray.vectorize.analyze.displays import simple_copy
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
        look_up = partial(exploded, name=self.name, verb=self.verb)
        records = ast.Call(code.given(look_up, "records"), [simple_copy(code.row)], [])
        return code.pass_items([], records, lambda record: record)

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


def exploded(row: Any, name: str, verb: str) -> Iterator[dict[str, Any]]:
    """Yield a record for each item of a record's field. The other fields are copies, so that a function may change one.

    >>> list(exploded({"a": 1, "b": [2, 3]}, "b", "explode"))
    [{'a': 1, 'b': 2}, {'a': 1, 'b': 3}]

    Raises:
        TypeError: the row is no dict, or the field is not iterable.
        KeyError: the field is missing.
    """
    checked_record(row, verb)
    if name not in row:
        raise KeyError(f"{verb}({name!r}): the record {shown(row)} has no such field")
    items = () if row[name] is None else row[name]
    rest = {**row, name: None}
    if are_fixed(rest.values()):
        for item in items:
            yield {**rest, name: item}
        return
    copied = copier(rest)
    for item in items:
        yield {**copied(), name: item}
