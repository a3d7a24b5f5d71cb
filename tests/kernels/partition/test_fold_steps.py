"""Test that folding a partition as columns equals folding its rows, also if Python must continue half-way."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glowray.functions import Function
from glowray.functions.combiner import Zero
from glowray.kernels.base.context import TaskContext
from glowray.kernels.base.morsels import Morsel, as_rows
from glowray.kernels.compiled.guarded_fold import GuardedFold
from glowray.kernels.partition.fold_steps import ReducedColumns, ReduceStep
from glowray.physical.compile.columns import columns_of
from glowray.rows import Block
from glowray.rows.types.kinds import Kind
from tests.effort import examples
from tests.vectorize.agreement import FLOATS, INTS, TEXTS
from tests.vectorize.running import spelled

NONE = object()
FOLDS: list[tuple[Callable[[Any, Any], Any], Kind, Any, st.SearchStrategy[Any]]] = [
    (operator.add, int, NONE, INTS),
    (operator.add, int, 0, INTS),
    (operator.add, float, 0, FLOATS),
    (operator.add, float, NONE, FLOATS),
    (max, int, NONE, INTS),
    (lambda a, b: min(a, b), float, 0.5, FLOATS),
    (lambda a, b: max(a, b), str, NONE, TEXTS),
    (lambda a, b: min(b, a), str, "b", TEXTS),
    (lambda a, b: a + len(b), str, 1, TEXTS),
    (lambda a, b: (a[0] + b, a[1] + 1), float, (0, 0), FLOATS),
    (lambda a, b: (a[0] + b, a[1] + 1), int, (0, 0), INTS),
    (lambda a, b: a or b > 9, int, False, st.integers(0, 20)),
    (lambda a, b: b, float, NONE, FLOATS),
    (lambda a, b: a, int, NONE, INTS),
]


def outcome(make: Callable[[], Iterator[Any]]) -> Any:
    try:
        return [spelled(row) for row in make()]
    except Exception as error:
        return type(error), str(error)


@pytest.mark.parametrize(("function", "kind", "zero", "values"), FOLDS)
@settings(max_examples=examples(60), deadline=None)
@given(data=st.data())
def test_columns_fold_as_rows_do(
    function: Callable[[Any, Any], Any], kind: Kind, zero: Any, values: Any, data: st.DataObject
) -> None:
    step = ReduceStep(
        "reduce", "", Function.of(function, "reduce", spreads=False), None if zero is NONE else Zero(zero)
    )
    fold = columns_of([], step, kind, takes_blocks=True).fold
    assert fold is not None
    others = st.sampled_from([2**70, 1.5, True, None])  # rows of other kinds in between
    pieces = data.draw(st.lists(st.lists(values, max_size=6), max_size=4))
    if data.draw(st.booleans()):
        pieces.insert(data.draw(st.integers(0, len(pieces))), [data.draw(others)])
    morsels: list[Morsel] = [
        Block.from_rows(rows) if data.draw(st.booleans()) else rows for rows in pieces
    ]  # fmt: skip
    rows = [row for each in pieces for row in each]

    def as_columns() -> Iterator[Any]:
        for morsel in as_rows(
            GuardedFold(step, partial(ReducedColumns, kind, fold), step).run(iter(morsels), TaskContext(0))
        ):
            yield from morsel

    def as_loop() -> Iterator[Any]:
        if rows:
            yield functools.reduce(function, rows) if zero is NONE else functools.reduce(function, rows, zero)

    assert outcome(as_columns) == outcome(as_loop)
