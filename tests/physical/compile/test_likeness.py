"""Test that equal branches and steps share one loop, and different ones do not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import glowray as gr
from glowray.dataset import Dataset
from glowray.physical.compile import loop_code
from glowray.vectorize.loops.chain import Chain
from tests.engine.doubles import Lab

Rows = Dataset[Any]


@pytest.fixture
def woven(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return the number of steps of each chain that is woven."""
    lengths: list[int] = []

    def counted(steps: Any, weaver: Any) -> Chain:
        lengths.append(len(steps))
        return Chain(steps, weaver)

    monkeypatch.setattr(loop_code, "Chain", counted)
    return lengths


def add_one(n: int) -> int:
    return n + 1


def union_of(flow: gr.Flow, count: int, build: Callable[[Rows, int], Rows]) -> Rows:
    first, *others = (build(flow.from_items([(place, 1)], partitions=1), place) for place in range(count))
    return first.union(*others)


def test_the_branches_of_a_union_are_woven_once(woven: list[int]) -> None:
    flow = gr.Flow(engine="inline")

    def loops(count: int) -> int:
        woven.clear()
        rows = union_of(flow, count, lambda ds, place: ds).map(lambda key, n: (key % 3, n)).reduce_by_key(max)
        assert sorted(rows.collect()) == [(0, 1), (1, 1), (2, 1)]
        return len(woven)

    assert loops(40) == loops(4)


@pytest.mark.slow
def test_a_long_chain_of_one_code_is_woven_piece_by_piece_once(woven: list[int]) -> None:
    rows: Rows = gr.Flow(engine="inline").from_range(3, partitions=2)
    for _ in range(2_000):
        rows = rows.map(lambda n: n + 1)
    assert rows.collect() == [2000, 2001, 2002]
    assert sum(woven) < 400


def test_what_a_function_captures_keeps_it_apart(engine: Lab) -> None:
    rows: Rows = engine.flow().from_range(2, partitions=2)
    for place in range(130):
        rows = rows.map(lambda n, place=place: n + place)
        rows = rows.map((lambda by: lambda n: n + by)(place))
    assert rows.collect() == [2 * sum(range(130)), 2 * sum(range(130)) + 1]


@pytest.mark.slow
def test_what_a_step_does_with_failing_rows_keeps_it_apart(engine: Lab) -> None:
    flow = engine.flow()
    rows: Rows = flow.from_range(3, partitions=1)
    for place in range(90):
        rows = rows.map(
            lambda n: n + 0 if n != 1 else n // 0, name=f"step {place}", on_error="skip" if place else "raise"
        )
    with pytest.raises(ZeroDivisionError) as caught:
        rows.collect()
    assert "step 0" in "".join(caught.value.__notes__)
    rows = flow.from_range(3, partitions=1)
    for place in range(90):
        rows = rows.map(lambda n: n + 0 if n != 1 else n // 0, name=f"step {place}", on_error="skip")
    assert rows.collect() == [0, 2]
    assert flow.skipped == {"step 0": 1}


@pytest.mark.slow
def test_the_step_that_fails_is_named_among_many_of_one_code(engine: Lab) -> None:
    rows: Rows = engine.flow().from_range(1, partitions=1)
    for place in range(200):
        rows = rows.map(lambda n: n + 1 if n != 150 else n // 0, name=f"step {place}")
    with pytest.raises(ZeroDivisionError) as caught:
        rows.collect()
    notes = "".join(caught.value.__notes__)
    assert "step 150" in notes and "150" in notes


def test_unions_keep_the_order_and_the_values_of_each_branch(engine: Lab) -> None:
    rows = union_of(engine.flow(), 12, lambda ds, place: ds if place % 3 else ds.map(lambda k, n: (k, n + place)))
    assert rows.map(lambda key, n: (key, n * 2)).collect() == [
        (place, 2 if place % 3 else 2 * (1 + place)) for place in range(12)
    ]


def test_files_with_other_columns_are_read_as_they_are(tmp_path: Path, engine: Lab) -> None:
    flow = engine.flow()
    for place, text in enumerate(["a,b,c\n1,2,3\n", "a,b,c\n4,5,6\n", "c,a\n7,8\n", "a,b\n9,x\n"]):
        (tmp_path / f"{place}.csv").write_text(text)
    parts = [flow.read_csv(tmp_path / f"{place}.csv") for place in range(4)]
    rows = parts[0].union(*parts[1:]).map(lambda row: row["a"])
    assert [str(value) for value in rows.collect()] == ["1", "4", "8", "9"]
