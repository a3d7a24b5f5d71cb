"""Where a segment's columns end: the start of it that costs least as column programs, by a table of measured costs.

Never by the clock: the level at which a function runs must not depend on the machine's mood. Costs are nanoseconds a
row; only their ratio matters.
"""

from __future__ import annotations

from collections.abc import Sequence

from glowray.kernels.base.steps import RowStep
from glowray.kernels.operators.columns import ColumnStep
from glowray.vectorize.columns.vectors.kinds import Kind, ListOf, Maybe, Opaque, RecordOf, TupleOf
from glowray.vectorize.costs import COSTS, INTO_COLUMN, OUT_OF_COLUMN

ITEMS = 10
"""Items that a step which makes items is taken to make of a row."""

FOLD = (30, 90)
"""Folding a keyed row: as columns, and into a dict."""

OPAQUE = (60, 150)
"""A value that no program looks into, into a column and out of it."""

WORTH = 0.9
"""Columns go one step further only if that brings the cost down to so much of it: kernels have costs of their own."""

UNKNOWN = (10, 20)
"""A construct that the table does not have."""


def cheapest_cut(
    rows: Sequence[RowStep], steps: Sequence[ColumnStep], kinds: Sequence[Kind], takes_blocks: bool, folds: bool
) -> int:
    """How many of the column steps to take.

    Args:
        rows: all row steps of the segment.
        steps: what the first of them are as column steps.
        kinds: the kind of rows before each column step, and after the last.
        takes_blocks: whether what takes the segment's rows would have them as columns.
        folds: whether that is a combiner.
    """
    scale = 1.0
    scales, kernels, inlined = [scale], [0.0], []
    for row, step in zip(rows, steps, strict=False):
        kernel, python = _costs(step)
        kernels.append(kernels[-1] + scale * kernel)
        inlined.append(scale * python)
        scale *= ITEMS if row.makes_items else 1
        scales.append(scale)
    best, least = 0, float("inf")
    for cut, kind in enumerate(kinds):
        if cut == len(rows) and takes_blocks:
            end = scale * FOLD[0] if folds else 0.0
        else:
            end = scales[cut] * out_of_column(kind)
            if takes_blocks:
                end += scale * (FOLD[1] if folds else into_column(kinds[-1]))
        cost = kernels[cut] + sum(inlined[cut:]) + end
        if cost < WORTH * least:
            best, least = cut, cost
    return best


def _costs(step: ColumnStep) -> tuple[float, float]:
    pairs = [COSTS.get(construct, UNKNOWN) for construct in step.constructs]
    return sum(pair[0] for pair in pairs), sum(pair[1] for pair in pairs)


def into_column(kind: Kind) -> float:
    """Making columns of Python's values of a kind."""
    if isinstance(kind, Opaque):
        return OPAQUE[0]
    return INTO_COLUMN.get(kind, 30) if isinstance(kind, type) else sum(map(into_column, _parts(kind)))


def out_of_column(kind: Kind) -> float:
    """Making Python's values of columns of a kind."""
    if isinstance(kind, Opaque):
        return OPAQUE[1]
    return OUT_OF_COLUMN.get(kind, 80) if isinstance(kind, type) else sum(map(out_of_column, _parts(kind)))


def _parts(kind: Kind) -> list[Kind]:
    if isinstance(kind, TupleOf):
        return list(kind.fields)
    if isinstance(kind, RecordOf):
        return [each for _, each in kind.fields]
    if isinstance(kind, Maybe):
        return [bool, kind.kind]
    assert isinstance(kind, ListOf)
    return [kind.element] * ITEMS
