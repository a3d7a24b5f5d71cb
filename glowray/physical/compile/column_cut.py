"""Chooses how many steps of a segment run over columns: as many as cost least, by a table of measured costs.

Costs are nanoseconds a row; only their ratio matters. They are never measured during a job, so a function runs at the
same level on every machine.
"""

from __future__ import annotations

from collections.abc import Sequence

from glowray.kernels.base.steps import RowStep
from glowray.kernels.operators.columns import ColumnStep
from glowray.rows.types.kinds import Kind, ListOf, Maybe, Opaque, RecordOf, TupleOf
from glowray.vectorize.costs import COSTS, INTO_COLUMN, OUT_OF_COLUMN

ITEMS = 10
"""Items a row that a step such as flat_map is assumed to make."""

FOLD = (30, 90)
"""Cost of folding a keyed row: as columns, and into a dict."""

OPAQUE = (60, 150)
"""Cost of putting a value that no program looks into in a column, and of taking it out."""

WORTH = 0.9
"""Columns go further only if the cost falls below this part of it, because each kernel call has a fixed cost too."""

UNKNOWN = (10, 20)
"""Cost of a construct that the table lacks: as columns, and in Python."""


def cheapest_cut(
    rows: Sequence[RowStep], steps: Sequence[ColumnStep], kinds: Sequence[Kind], takes_blocks: bool, folds: bool
) -> int:
    """Return how many of the column steps to run; the other row steps run in Python.

    Args:
        rows: all row steps of the segment.
        steps: the first of them, as column steps.
        kinds: the kind of rows before each column step, and after the last.
        takes_blocks: whether the next operator takes the segment's rows as columns.
        folds: whether that operator folds them.
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
    """Return the cost of making columns of Python's values of a kind."""
    if isinstance(kind, Opaque):
        return OPAQUE[0]
    return INTO_COLUMN.get(kind, 30) if isinstance(kind, type) else sum(map(into_column, _parts(kind)))


def out_of_column(kind: Kind) -> float:
    """Return the cost of making Python's values of columns of a kind."""
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
