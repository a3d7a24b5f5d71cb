"""Test wires: which rows of which blocks each task of a later stage reads."""

from __future__ import annotations

from itertools import accumulate, pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from glowray.kernels import TaskReport
from glowray.kernels.ends.exchange import OneBlock
from glowray.kernels.ends.sources import Blocks
from glowray.physical.stages.stage import Branch, StagePlan, StageRun, Wire, runs_of
from glowray.physical.stages.wires import All, Crossed, Even, Head, Onward, Same, Shuffled
from glowray.rows.types.kinds import TupleOf

lengths = st.lists(st.integers(0, 9), min_size=1, max_size=8)


def ran(rows: list[list[int]]) -> StageRun:
    """Return a stage after its run: rows[task][output] rows in block "task.output"."""
    plan = StagePlan(1, (Branch(Blocks("read", ""), len(rows)),), OneBlock())
    stage = runs_of([plan])[plan]
    stage.reports = [TaskReport(task, rows=counts, sizes=counts) for task, counts in enumerate(rows)]
    stage.refs = [[f"{task}.{output}" for output in range(len(counts))] for task, counts in enumerate(rows)]
    return stage


def one_block(counts: list[int]) -> StageRun:
    return ran([[count] for count in counts])


def read(wire: Wire, task: int, *ran: StageRun) -> Any:
    """Return the slots that a task reads by a wire."""
    return wire.slots(task, {run.plan: run for run in ran})


def places(slots: Any, counts: list[int]) -> list[int]:
    """Return the positions of the slots' rows among all rows."""
    starts = [0, *accumulate(counts)]
    found: list[int] = []
    for slot in slots:
        task = int(slot.ref.split(".")[0])
        start, stop = (0, counts[task]) if slot.start is None else (slot.start, slot.stop)
        assert 0 <= start <= stop <= counts[task]
        found.extend(range(starts[task] + start, starts[task] + stop))
    return found


@given(lengths, st.integers(1, 9))
def test_even_slices_take_every_row_once_in_order(counts: list[int], tasks: int) -> None:
    run = one_block(counts)
    wire = Even(run.plan, tasks)
    parts = [places(read(wire, task, run), counts) for task in range(tasks)]
    assert [place for part in parts for place in part] == list(range(sum(counts)))
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


@given(lengths, lengths)
def test_slices_like_those_of_another_stage(counts: list[int], like: list[int]) -> None:
    run, other = one_block(counts), one_block(like)
    wire = Even(run.plan, len(like), like=other.plan)
    parts = [places(read(wire, task, run, other), counts) for task in range(len(like))]
    assert [place for part in parts for place in part] == list(range(sum(counts)))
    for task, (start, stop) in enumerate(pairwise([0, *accumulate(like)])):
        if task < len(like) - 1:
            assert parts[task] == list(range(sum(counts)))[start:stop]


@given(lengths, st.integers(0, 30), st.integers(0, 8))
def test_the_head_is_the_first_rows(counts: list[int], n: int, ran_tasks: int) -> None:
    stage = one_block(counts)
    done = counts[:ran_tasks]
    if sum(done) >= n:  # a stage stops early only after it has its rows
        for task in range(ran_tasks, len(counts)):
            stage.reports[task] = stage.refs[task] = None
    assert places(read(Head(stage.plan, n), 0, stage), counts) == list(range(min(n, sum(counts))))


@given(st.lists(st.lists(st.integers(0, 2), min_size=3, max_size=3), min_size=1, max_size=5))
def test_shuffled_blocks_come_in_order_of_partition_without_the_empty(rows: list[list[int]]) -> None:
    run = ran(rows)
    wire = Shuffled(run.plan)
    for task in range(3):
        assert [slot.ref for slot in read(wire, task, run)] == [
            f"{s}.{task}" for s, counts in enumerate(rows) if counts[task]
        ]


def test_same_all_and_crossed() -> None:
    stage = one_block([1, 1, 1])
    assert [slot.ref for slot in read(Same(stage.plan), 2, stage)] == ["2.0"]
    assert [slot.ref for slot in read(All(stage.plan), 0, stage)] == ["0.0", "1.0", "2.0"]
    other = one_block([1, 1])
    left, right = Crossed(stage.plan, 2, left=True), Crossed(other.plan, 2, left=False)
    pairs = [(read(left, task, stage)[0].ref, read(right, task, other)[0].ref) for task in range(6)]
    assert pairs == [(f"{a}.0", f"{b}.0") for a in range(3) for b in range(2)]


@given(st.lists(st.sampled_from([str, int, bool, float, None]), min_size=1, max_size=5))
def test_blocks_before_are_read_where_their_keys_may_look_different(keys: list[Any]) -> None:
    stage = one_block([1] * len(keys))
    for report, key in zip(stage.reports, keys, strict=True):
        assert report is not None
        report.kinds = [(None if key is None else TupleOf((key, str)),)]
    are_alike = len(set(keys)) == 1 and keys[0] in (str, int, bool)
    for task in range(len(keys)):
        found = places(read(Onward(stage.plan), task, stage), [1] * len(keys))
        assert found == ([task] if are_alike else list(range(task + 1)))


def test_tasks_without_rows_have_no_keys() -> None:
    stage = one_block([0, 0])
    for report in stage.reports:
        assert report is not None
        report.kinds = [()]
    assert [len(read(Onward(stage.plan), task, stage)) for task in range(2)] == [1, 1]
