"""Operators over whole columns: what a step does to a batch, and the way from a batch's rows back to the morsel's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from glowray.functions import Function
from glowray.rows.types.kinds import Kind, ListOf, TupleOf
from glowray.vectorize.columns.operations.none_values import blank
from glowray.vectorize.columns.translation.translator import translate
from glowray.vectorize.columns.vectors.column_program import ArrowProgram
from glowray.vectorize.columns.vectors.frame import Lists, Mask, Vector, spread_out
from glowray.vectorize.definition.function_lookup import know
from glowray.vectorize.definition.known_function import Refused

Spread = Literal["whole", "fields", "keyed", "items"]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class FailedRows:
    """Rows of a morsel that failed a guard of one step: the step's place, how many rows, and the first of them."""

    place: int
    count: int
    first: int


class Batch:
    """Rows on their way through column steps.

    `bad` marks the morsel's rows that failed a guard. Their results are thrown away, and Python computes them.
    `failures` tells at which step they failed. `place` is the place of the step that runs.
    """

    def __init__(self, vector: Vector, length: int) -> None:
        self.vector, self.length, self.morsel_length = vector, length, length
        self.bad: Mask | None = None
        self.place = 0
        self.failures: list[FailedRows] = []
        self._moves: list[Callable[[], Rows]] = []

    def parents(self) -> Rows:
        """Return for each row the number of the morsel's row that it comes from."""
        if not self._moves:
            return np.arange(self.length)
        found = self._moves[0]()
        for move in self._moves[1:]:
            found = found[move()]
        self._moves = [lambda: found]
        return found

    def moved(self, vector: Vector, length: int, parents: Callable[[], Rows]) -> None:
        """Replace the rows. `parents` returns for each new row the number of the row that it comes from."""
        self.vector, self.length = vector, length
        self._moves.append(parents)

    def require(self, good: Mask | None) -> None:
        """Mark the rows where `good` is false: they failed a guard."""
        if good is None:
            return
        if self.bad is None:
            self.bad = np.zeros(self.morsel_length, dtype=bool)
        rows = self.parents()[~good]
        new = rows[~self.bad[rows]]
        if len(new):
            self.failures.append(FailedRows(self.place, len(np.unique(new)), int(new[0])))
            self.bad[new] = True


@dataclass(frozen=True, slots=True)
class ColumnStep:
    """A row step as an operation over columns. `result` is the kind of its rows."""

    result: Kind

    @property
    def constructs(self) -> tuple[str, ...]:
        """The names of its operations in the table of costs."""
        return ()

    def apply(self, batch: Batch) -> None:
        raise TypeError(f"{type(self).__name__} has no way to run")


@dataclass(frozen=True, slots=True)
class ProgramStep(ColumnStep):
    """A step that runs a function over what a row holds.

    `spread` says what fills its parameters: the row itself, a tuple's fields, a key and its value's fields, or a list's
    items.
    """

    program: ArrowProgram
    spread: Spread

    @property
    def constructs(self) -> tuple[str, ...]:
        picks = ("pick",) * len(self.program.kinds) if self.spread == "items" else ()
        return (*self.program.constructs, *picks)

    def computed(self, batch: Batch, vector: Vector) -> Vector:
        """Return the function's results for the vector of its rows or values."""
        made = self.program.run(self._arguments(batch, vector), batch.length)
        batch.require(made.ok)
        return made.vector

    def _arguments(self, batch: Batch, vector: Vector) -> list[Vector]:
        """Return a column for each parameter. Rows that do not fill the parameters fail the guard."""
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


NOT_KEYED = Refused("its rows are not keyed")
NO_LIST = Refused("what it gives is no list of a column's values")


def pair_of(kind: Kind) -> tuple[Kind, Kind] | None:
    """Return the kinds of key and value, if rows of a kind are keyed."""
    return (kind.fields[0], kind.fields[1]) if isinstance(kind, TupleOf) and len(kind.fields) == 2 else None


def program_of(
    function: Function, kind: Kind, *, is_test: bool = False, gives_items: bool = False
) -> tuple[ArrowProgram, Spread] | Refused:
    """Return a function's program over rows (or values) of a kind and what fills its parameters, or why there is none.

    Args:
        function: the user's.
        kind: what it is given.
        is_test: whether only the truth of the result counts.
        gives_items: whether the result has to be a list or generator.
    """
    known = know(function.call)
    if isinstance(known, Refused):
        return known
    filled = _filled(kind, function.spread)
    if filled is None:
        return Refused(f"its rows are not of {function.spread} fields")
    spread, kinds = filled
    program = translate(known, kinds, is_test=is_test)
    if isinstance(program, Refused):
        return program
    if gives_items and not isinstance(program.result, ListOf):
        return NO_LIST
    if not gives_items and isinstance(program.result, ListOf) and program.result.once:
        return Refused("it gives a generator")
    return program, spread


def _filled(kind: Kind, count: int | None) -> tuple[Spread, tuple[Kind, ...]] | None:
    """Return what fills the parameters of a function that spreads a row over `count` of them, and the kinds of it."""
    if count is None:
        return "whole", (kind,)
    fields = kind.fields if isinstance(kind, TupleOf) else ()
    if len(fields) == count:
        return "fields", fields
    if len(fields) == 2 and isinstance(fields[1], TupleOf) and len(fields[1].fields) == count - 1:
        return "keyed", (fields[0], *fields[1].fields)
    if isinstance(kind, ListOf) and not kind.once:
        return "items", (kind.element,) * count
    return None
