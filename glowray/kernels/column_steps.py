"""Row steps over whole columns: what a step does to a batch, and the way from a batch's rows back to the morsel's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from glowray.vectorize.arrow.frame import Lists, Mask, Nullable, Vector, spread_out, take
from glowray.vectorize.arrow.kinds import Kind
from glowray.vectorize.arrow.optional import blank
from glowray.vectorize.arrow.program import ArrowProgram

Spread = Literal["whole", "fields", "keyed", "items"]
Rows = npt.NDArray[np.int64]


class Batch:
    """Rows on their way through column steps.

    `bad` marks the morsel's rows that left the fast path: whatever came of them is thrown away, and Python runs them.
    """

    def __init__(self, vector: Vector, length: int) -> None:
        self.vector, self.length, self.morsel_length = vector, length, length
        self.bad: Mask | None = None
        self._moves: list[Callable[[], Rows]] = []

    def parents(self) -> Rows:
        """For each row the row of the morsel that it was made of, in order."""
        if not self._moves:
            return np.arange(self.length)
        found = self._moves[0]()
        for move in self._moves[1:]:
            found = found[move()]
        self._moves = [lambda: found]
        return found

    def moved(self, vector: Vector, length: int, parents: Callable[[], Rows]) -> None:
        """Other rows take the place of these; `parents` says of which of these each was made."""
        self.vector, self.length = vector, length
        self._moves.append(parents)

    def settle(self) -> None:
        """Rows that are None leave the fast path: whatever takes rows of a scalar kind may rely on it."""
        if isinstance(self.vector, Nullable):
            self.require(self.vector.there)
            self.vector = self.vector.values

    def require(self, good: Mask | None) -> None:
        """Rows where `good` is false leave the fast path."""
        if good is not None:
            if self.bad is None:
                self.bad = np.zeros(self.morsel_length, dtype=bool)
            self.bad[self.parents()[~good]] = True


@dataclass(frozen=True, slots=True)
class ColumnStep:
    """A row step as an operation over columns; `result` is the kind of the rows that come out."""

    result: Kind

    def apply(self, batch: Batch) -> None:
        raise TypeError(f"{type(self).__name__} has no way to run")


@dataclass(frozen=True, slots=True)
class ProgramStep(ColumnStep):
    """A step that runs a function over what a row holds.

    `spread` says what fills its parameters: the row itself, a tuple's fields, a key and its value's fields,
    or a list's items.
    """

    program: ArrowProgram
    spread: Spread

    def computed(self, batch: Batch, vector: Vector) -> Vector:
        """The function over the vector of its rows (or values)."""
        made = self.program.run(self._arguments(batch, vector), batch.length)
        batch.require(made.ok)
        return made.vector

    def _arguments(self, batch: Batch, vector: Vector) -> list[Vector]:
        """The columns that the function's parameters get; rows that do not fill them leave the fast path."""
        if self.spread == "whole":
            return [vector]
        if self.spread == "items":
            return self._items(batch, vector)
        return list(vector) if self.spread == "fields" else [vector[0], *vector[1]]

    def _items(self, batch: Batch, lists: Lists) -> list[Vector]:
        kinds = self.program.kinds
        good = lists.lengths() == len(kinds)
        if not good.all():
            batch.require(good)
        if not lists.count:
            return [spread_out(kind, blank(kind), batch.length) for kind in kinds]
        return [lists.item(kind, place)[0] for place, kind in enumerate(kinds)]


@dataclass(frozen=True, slots=True)
class MapColumns(ProgramStep):
    """row → f(row)"""

    def apply(self, batch: Batch) -> None:
        batch.vector = self.computed(batch, batch.vector)
        batch.settle()


@dataclass(frozen=True, slots=True)
class FilterColumns(ProgramStep):
    """row → row, if f(row)"""

    def apply(self, batch: Batch) -> None:
        keep = self.computed(batch, batch.vector)
        kept = np.flatnonzero(keep)
        if len(kept) < batch.length:
            batch.moved(take(self.result, batch.vector, kept), len(kept), lambda: kept)


@dataclass(frozen=True, slots=True)
class FlatMapColumns(ProgramStep):
    """row → every item of f(row)"""

    def apply(self, batch: Batch) -> None:
        lists: Lists = self.computed(batch, batch.vector)
        batch.moved(lists.values, lists.count, lambda: lists.parents)


@dataclass(frozen=True, slots=True)
class MapValuesColumns(ProgramStep):
    """(key, value) → (key, f(value))"""

    def apply(self, batch: Batch) -> None:
        key, value = batch.vector
        batch.vector = key, self.computed(batch, value)


@dataclass(frozen=True, slots=True)
class FlatMapValuesColumns(ProgramStep):
    """(key, value) → (key, item) for every item of f(value)"""

    key: Kind

    def apply(self, batch: Batch) -> None:
        key, value = batch.vector
        lists: Lists = self.computed(batch, value)
        items = lists.values
        batch.moved((take(self.key, key, lists.parents), items), int(lists.offsets[-1]), lambda: lists.parents)


@dataclass(frozen=True, slots=True)
class KeyByColumns(ProgramStep):
    """row → (f(row), row)"""

    def apply(self, batch: Batch) -> None:
        batch.vector = self.computed(batch, batch.vector), batch.vector


@dataclass(frozen=True, slots=True)
class FieldColumns(ColumnStep):
    """(key, value) → one of the two"""

    field: int

    def apply(self, batch: Batch) -> None:
        fields: Any = batch.vector
        batch.vector = fields[self.field]
        batch.settle()
