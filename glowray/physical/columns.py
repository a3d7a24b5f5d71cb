"""Which steps of a segment run over whole columns: translated one by one, cut where Python becomes cheaper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from glowray.functions import Function
from glowray.functions.combiner import Zero
from glowray.kernels import column_steps as columns
from glowray.kernels.column_steps import ColumnStep, Spread
from glowray.kernels.combine import CombineByKey
from glowray.kernels.fold_steps import Reduce
from glowray.kernels.fold_table import pair_kind
from glowray.kernels.steps import ForEach, FunctionStep, Keys, RowStep, Values
from glowray.physical.cut import cheapest_cut
from glowray.vectorize.arrow.accumulate import Accumulation, accumulation_of
from glowray.vectorize.arrow.kinds import Kind, ListOf, TupleOf
from glowray.vectorize.arrow.program import ArrowProgram
from glowray.vectorize.arrow.reducers import fold_of
from glowray.vectorize.arrow.translate import translate
from glowray.vectorize.know import know
from glowray.vectorize.known import Refused

PYTHON_IS_CHEAPER = "Python does it for less"
NOT_EXACT = "columns do not fold such rows exactly"

Folding = CombineByKey | Reduce


@dataclass
class Columns:
    """How far a segment runs as columns: `steps` for its first row steps; `reasons` why not the others, one a step.

    The last reason is that of the fold which ends the segment, if one does; `fold` is what it does to columns.
    """

    steps: list[ColumnStep] = field(default_factory=list)
    reasons: list[str | None] = field(default_factory=list)
    fold: Accumulation | None = None


def columns_of(rows: Sequence[RowStep], end: Folding | None, kind: Kind, takes_blocks: bool) -> Columns:
    """The longest worthwhile start of a segment as column steps.

    Args:
        rows: the segment's row steps.
        end: what takes their rows, if it folds them.
        kind: that of the rows that come in.
        takes_blocks: whether whatever takes the rows takes them as columns.
    """
    found = Columns()
    kinds = [kind]
    for step in rows:
        made = column_step(step, kinds[-1])
        if isinstance(made, Refused):
            found.reasons.append(made.reason)
            break
        found.steps.append(made)
        found.reasons.append(None)
        kinds.append(made.result)
    found.reasons += ["a step before it gives rows of Python"] * (len(rows) - len(found.reasons))
    ending: str | None = None
    if end is not None:
        fold = _fold_of_end(end, kinds[-1]) if len(found.steps) == len(rows) else Refused("its rows are Python's")
        takes_blocks = isinstance(fold, Accumulation)
        found.fold, ending = (fold, None) if isinstance(fold, Accumulation) else (None, fold.reason)
    cut = cheapest_cut(rows, found.steps, kinds, takes_blocks, end is not None)
    if cut < len(found.steps):
        for place in range(cut, len(found.steps)):
            found.reasons[place] = PYTHON_IS_CHEAPER
        found.steps, found.fold = found.steps[:cut], None
        ending = None if end is None else PYTHON_IS_CHEAPER
    found.reasons.append(ending)
    return found


def _fold_of_end(end: Folding, kind: Kind) -> Accumulation | Refused:
    """What a fold of all rows, or of keyed rows by key, does to columns of a kind."""
    if isinstance(end, CombineByKey):
        pair = pair_kind(kind)
        if pair is None:
            return Refused("columns do not group rows with such keys")
        return _accumulation(end.combiner.add, end.combiner.zero, pair.fields[1])
    return _accumulation(end.function, end.zero, kind)


def _accumulation(function: Function, zero: Zero | None, kind: Kind) -> Accumulation | Refused:
    known = know(function.call, 2)
    if isinstance(known, Refused):
        return known
    if zero is not None:
        return accumulation_of(known, kind, zero.value)
    fold = fold_of(known)
    if isinstance(fold, Refused):
        return fold
    return Accumulation(fold, kind) if fold.fits(kind) else Refused(NOT_EXACT)


def column_step(step: RowStep, kind: Kind) -> ColumnStep | Refused:
    """The step over columns of a kind of rows."""
    pair = kind.fields if isinstance(kind, TupleOf) and len(kind.fields) == 2 else None
    if isinstance(step, (Keys, Values)):
        if pair is None:
            return Refused("its rows are not keyed")
        place = int(isinstance(step, Values))
        return columns.FieldColumns(pair[place], place)
    if isinstance(step, ForEach) or not isinstance(step, FunctionStep):
        return Refused("it is called for its effect")
    name = type(step).__name__
    if name in ("MapValues", "FlatMapValues"):
        if pair is None:
            return Refused("its rows are not keyed")
        program = _program(step, pair[1], False)
    else:
        program = _program(step, kind, name == "Filter")
    return program if isinstance(program, Refused) else _built(name, kind, *program)


def _built(name: str, kind: Kind, program: ArrowProgram, spread: Spread) -> ColumnStep | Refused:
    made = program.result
    if name in ("FlatMap", "FlatMapValues") and not isinstance(made, ListOf):
        return Refused("what it gives is no list of a column's values")
    if isinstance(made, ListOf) and made.once and name not in ("FlatMap", "FlatMapValues"):
        return Refused("it gives a generator")
    if name == "Filter":
        return columns.FilterColumns(kind, program, spread)
    if name == "KeyBy":
        return columns.KeyByColumns(TupleOf((made, kind)), program, spread)
    if name in ("MapValues", "FlatMapValues"):
        assert isinstance(kind, TupleOf)
        key = kind.fields[0]
        if isinstance(made, ListOf) and name == "FlatMapValues":
            return columns.FlatMapValuesColumns(TupleOf((key, made.element)), program, spread, key)
        return columns.MapValuesColumns(TupleOf((key, made)), program, spread)
    if name == "FlatMap":
        assert isinstance(made, ListOf)
        return columns.FlatMapColumns(made.element, program, spread)
    return columns.MapColumns(made, program, spread)


def _program(step: FunctionStep, kind: Kind, is_test: bool) -> tuple[ArrowProgram, Spread] | Refused:
    known = know(step.function.call)
    if isinstance(known, Refused):
        return known
    count = step.function.spread
    spread: Spread = "whole"
    kinds: tuple[Kind, ...] = (kind,)
    if count is not None:
        fields = kind.fields if isinstance(kind, TupleOf) else ()
        if len(fields) == count:
            spread, kinds = "fields", fields
        elif len(fields) == 2 and isinstance(fields[1], TupleOf) and len(fields[1].fields) == count - 1:
            spread, kinds = "keyed", (fields[0], *fields[1].fields)
        elif isinstance(kind, ListOf) and not kind.once:
            spread, kinds = "items", (kind.element,) * count
        else:
            return Refused(f"its rows are not of {count} fields")
    program = translate(known, kinds, is_test=is_test)
    if isinstance(program, Refused):
        return program
    picks = ("pick",) * len(kinds) if spread == "items" else ()
    return replace(program, constructs=(*program.constructs, *picks)), spread
