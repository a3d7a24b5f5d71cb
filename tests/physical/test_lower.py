"""Test that plans are cut into stages without recursion, in an order that does not depend on their length."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

import glowray as gr
from glowray.action.perform import Action, prepare
from glowray.dataset import Dataset
from glowray.engine.inline import InlineEngine
from glowray.engine.task.payload import Payload
from glowray.engine.task.protocol import Done, Task
from glowray.kernels.ends.exchange import OneBlock
from glowray.optimize import optimize
from glowray.physical.lower import lowering
from glowray.physical.pipeline import MOST_BRANCHES, MOST_NESTED, MOST_UNIONS
from glowray.physical.stages.stage import StagePlan

Rows = Dataset[Any]


def stages(rows: Rows) -> list[StagePlan]:
    (node,) = optimize([rows._node])
    lowered = lowering([node])
    lowered.target(node, OneBlock())
    return lowered.stages


def flow() -> gr.Flow:
    return gr.Flow(engine="inline")


def test_a_stage_comes_after_those_it_reads_the_first_side_first() -> None:
    left = flow().from_items([("l", 1)], partitions=2).reduce_by_key(max)
    right = flow().from_range(3, partitions=2).repartition(2).map(lambda n: (n, n))
    found = stages(left.co_group(right))
    assert [stage.name for stage in found] == [
        "from_items→combine",
        "merge",
        "from_range",
        "repartition→map",
        "co_group",
    ]
    for stage in found:
        assert all(read.number < stage.number for read in stage.upstream)


def test_ten_thousand_steps_are_one_branch() -> None:
    rows: Rows = flow().from_range(3, partitions=2)
    for _ in range(10_000):
        rows = rows.map(abs)
    (stage,) = stages(rows)
    assert len(stage.branches[0].steps) == 10_000
    assert stage.name == "from_range→" + "map→" * 7 + "… 9990 more …→map→map→map"


@pytest.mark.slow
def test_ten_thousand_unions_are_one_stage() -> None:
    rows: Rows = flow().from_range(1, partitions=1)
    for _ in range(10_000):
        rows = rows.union(flow().from_range(1, partitions=1))
    (stage,) = stages(rows)
    assert stage.num_tasks == len(stage.branches) == 10_001
    assert stage.branch_of(7_000) is stage.branches[7_000]
    assert stage.name == "from_range"


def test_what_doubles_has_few_branches_for_many_partitions() -> None:
    rows: Rows = flow().from_range(1, partitions=1)
    for _ in range(40):
        rows = rows.union(rows)
    found = stages(rows)
    assert found[-1].num_tasks == 2**40
    assert sum(len(stage.branches) for stage in found) < 40 * MOST_BRANCHES


@pytest.mark.slow
def test_what_doubles_has_its_rows_in_order() -> None:
    rows: Rows = flow().from_items(["a", "b"], partitions=2)
    for _ in range(8):
        rows = rows.union(rows)
    assert rows.map_partitions(lambda index, rows: [(index, *rows)]).collect() == [
        (place, "ab"[place % 2]) for place in range(512)
    ]


@pytest.mark.parametrize("partitions", [1, 2])
def test_a_stage_nests_so_many_steps_and_no_more(partitions: int) -> None:
    rows: Rows = flow().from_range(4, partitions=partitions)
    for _ in range(3 * MOST_NESTED):
        rows = rows.map(lambda n: n + 1).map_partitions(lambda rows: (n * 1 for n in rows))
    found = stages(rows)
    assert 1 < len(found) <= 4
    assert all(branch.nested <= 2 * MOST_NESTED for stage in found for branch in stage.branches)
    assert rows.collect() == [n + 3 * MOST_NESTED for n in range(4)]


def looped(rounds: int, other: Callable[[int], Rows]) -> Rows:
    rows: Rows = flow().from_items([-1], partitions=1)
    for place in range(rounds):
        rows = rows.map(lambda n: n + 1).union(other(place))
    return rows


@pytest.mark.slow
@pytest.mark.parametrize("rounds", [500, 1_000, 2_000])
def test_a_loop_of_map_and_union_repeats_no_step_often(rounds: int) -> None:
    other = flow().from_items([0], partitions=1)
    found = stages(looped(rounds, lambda place: other))
    assert found[-1].num_tasks == rounds + 1
    assert sum(len(branch.steps) for stage in found for branch in stage.branches) <= rounds * MOST_UNIONS


class PickleCounting(InlineEngine):
    """Counts the bytes of all fragments, each once."""

    def __init__(self) -> None:
        self.pickled_bytes = 0

    def run(self, tasks: Iterable[Task]) -> Iterator[Done]:
        counted: Payload | None = None
        for task in tasks:
            if task.payload is not counted:
                counted = task.payload
                self.pickled_bytes += len(counted.data)
            yield from super().run([task])


@pytest.mark.slow
def test_a_loop_of_map_and_union_pickles_so_many_bytes_a_round() -> None:
    found: list[int] = []
    for rounds in (2 * MOST_UNIONS, 4 * MOST_UNIONS):
        engine = PickleCounting()
        rows: Rows = gr.Flow(engine=engine).from_items([-1], partitions=1)
        other: Rows = rows.flow.from_items([0], partitions=1)
        for _ in range(rounds):
            rows = rows.map(lambda n: n + 1).union(other)
        assert len(rows.collect()) == rounds + 1
        found.append(engine.pickled_bytes)
    assert found[1] < 2.5 * found[0]


@pytest.mark.slow
def test_a_loop_of_map_and_union_gives_each_row_its_rounds() -> None:
    rounds = 2 * MOST_UNIONS + 5
    rows = looped(rounds, lambda place: flow().from_items([0], partitions=1))
    assert rows.collect() == [rounds - 1, *range(rounds - 1, -1, -1)]


def test_stages_run_in_waves_as_soon_as_they_can() -> None:
    """Run a thousand stages in a row. Each stage is asked once for its inputs."""
    rows: Rows = flow().from_items([("a", 1)], partitions=2)
    for _ in range(300):
        rows = rows.map(lambda key, n: (key, n + 1)).reduce_by_key(max)
    found = stages(rows)
    assert len(found) == 301
    assert [[read.number for read in stage.upstream] for stage in found] == [[], *([n] for n in range(1, 301))]


def test_a_run_changes_no_plan() -> None:
    """Plans of stages are frozen. The state of a run lives elsewhere, so a plan can run again."""
    rows = flow().from_items([("a", 1), ("b", 2)], partitions=2).reduce_by_key(max).cache()
    prepared = prepare(rows.flow.settings, [rows.sort()._node])
    before = [dict(vars(stage)) for stage in prepared.stages]
    results = []
    for _ in range(2):
        with Action(rows.flow.settings, rows.flow.outcome, prepared) as action:
            action.run()
            results.append(action.recorder.fetch(action.engine, action.targets[0], range(2)))
    assert [[row for block in blocks for row in block.rows()] for blocks in results] == [[("a", 1), ("b", 2)]] * 2
    fields = [field.name for field in dataclasses.fields(StagePlan)]
    for stage, was in zip(prepared.stages, before, strict=True):
        assert {name: getattr(stage, name) for name in fields} == {name: was[name] for name in fields}
        with pytest.raises(dataclasses.FrozenInstanceError):
            stage.exchange = OneBlock()  # type: ignore[misc]
