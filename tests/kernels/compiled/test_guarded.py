"""Test a column program with its loop: rows that fail a guard come back in their place."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import glowray as gr
from glowray.dataset import Dataset
from glowray.kernels.compiled.guarded import Guarded
from glowray.kernels.compiled.row_loop import RowLoop
from glowray.physical.compile.weaving import weave
from glowray.physical.stages.stage import runs_of
from tests.effort import examples

LARGEST = 2**63 - 1
INTS = st.lists(st.integers(-9, 9) | st.sampled_from([LARGEST, LARGEST - 1, 2**62]), min_size=1, max_size=60)


def opaque(n: int) -> Any:
    return [n]


CHAINS: dict[str, Any] = {
    "columns": lambda ds: ds.map(lambda n: n + 3).filter(lambda n: n % 2),
    "columns, then a loop": lambda ds: ds.map(lambda n: n * 3).filter(lambda n: n % 2).map(opaque).map(repr),
    "more rows": lambda ds: ds.map(lambda n: str(n + 1)).flat_map(lambda s: s.split("1")),
    "a fold": lambda ds: ds.map(lambda n: (n % 3, n + 1)).reduce_by_key(lambda a, b: a + b),
    "whole partitions": lambda ds: ds.map(lambda n: n + 3).map_partitions(lambda rows: (row + 1 for row in rows)),
    "an order": lambda ds: ds.map(lambda n: n + 3).sort(),
}


def operators(rows: Dataset[Any]) -> list[type]:
    runs = runs_of(rows._view().stages).values()
    return [type(each) for run in runs for fragment in weave(run, True) for each in fragment.operators]


@pytest.mark.parametrize("chain", CHAINS.values(), ids=CHAINS)
@settings(max_examples=examples(50))
@given(rows=INTS)
def test_rows_that_python_computes_stand_where_they_stood(chain: Any, rows: list[int]) -> None:
    made = [chain(gr.Flow(engine="inline", vectorize=fast).from_items(rows, 2)).collect() for fast in (True, False)]
    assert made[0] == made[1]


@pytest.mark.parametrize("place", [0, 1, 5])
def test_the_rows_before_an_error_are_there(place: int) -> None:
    rows = [1, LARGEST, 3, LARGEST, 5, 6]
    rows[place] = 0
    made: list[int] = []
    with pytest.raises(ZeroDivisionError):
        made.extend(gr.Flow(engine="inline").from_items(rows, 1).map(lambda n: (n + 1) // n))
    taken = gr.Flow(engine="inline").from_items(rows, 1).map(lambda n: (n + 1) // n).take(place)
    assert taken == [(n + 1) // n for n in rows[:place]]


def test_what_is_left_to_python_is_a_loop_of_its_own() -> None:
    flow = gr.Flow(engine="inline")
    assert operators(CHAINS["columns"](flow.from_range(9))) == [Guarded]
    assert operators(CHAINS["columns, then a loop"](flow.from_range(9))) == [Guarded, RowLoop]
    assert operators(flow.from_source(lambda index: [index], 2).map(opaque)) == [RowLoop]
