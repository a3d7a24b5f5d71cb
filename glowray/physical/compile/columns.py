"""Translates the steps of a segment to column steps, one by one, up to the step from which Python is cheaper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from glowray.functions import Function
from glowray.functions.combiner import Zero
from glowray.kernels.base.steps import RowStep
from glowray.kernels.keys.combiners import CombineStep
from glowray.kernels.keys.fold_table import pair_kind
from glowray.kernels.operators.columns import ColumnStep
from glowray.kernels.partition.fold_steps import ReduceStep
from glowray.physical.compile.column_cut import cheapest_cut
from glowray.rows.types.kinds import Kind
from glowray.vectorize.columns.folds.accumulations import Accumulation, accumulation_of
from glowray.vectorize.columns.folds.reducer_shapes import fold_of
from glowray.vectorize.definition.function_lookup import know
from glowray.vectorize.definition.known_function import Refused

PYTHON_IS_CHEAPER = "Python does it for less"
NOT_EXACT = "columns do not fold such rows exactly"

Folding = CombineStep | ReduceStep


@dataclass
class Columns:
    """How far a segment runs over columns.

    Args:
        steps: its first row steps, as column steps.
        reasons: for each row step, why it does not run over columns, or None; then the same for the fold at the end.
        fold: what the fold at the end does to columns; None if there is none, or if it runs in Python.
    """

    steps: list[ColumnStep] = field(default_factory=list)
    reasons: list[str | None] = field(default_factory=list)
    fold: Accumulation | None = None


def columns_of(rows: Sequence[RowStep], end: Folding | None, kind: Kind, takes_blocks: bool) -> Columns:
    """Return the first steps of a segment as column steps, as many as can be translated and pay.

    Args:
        rows: the segment's row steps.
        end: the fold that takes their rows, if there is one.
        kind: the kind of the rows that come in.
        takes_blocks: whether the next operator takes the rows as columns.
    """
    found = Columns()
    kinds = [kind]
    for step in rows:
        made = step.columns(kinds[-1])
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
    """Return a fold's form over columns of a kind: a fold of all rows, or of the values of each key."""
    if isinstance(end, CombineStep):
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
