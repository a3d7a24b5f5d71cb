"""Test flow.stats: numbers for each stage that the rows explain."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import glowray as gr
from glowray.engine.task.payload import Payload
from glowray.engine.task.protocol import Done, Slot, Task
from glowray.kernels import TaskReport
from glowray.kernels.ends.exchange import OneBlock
from glowray.kernels.ends.sources import Blocks
from glowray.physical.stages.stage import Branch, StagePlan, StageRun, runs_of
from glowray.physical.stages.wires import Same
from glowray.rows import Block
from glowray.watch.run.stats import Stats, StatsWatcher
from tests.engine.doubles import Lab


def test_tasks_rows_and_bytes(engine: Lab) -> None:
    flow = engine.flow("counted")
    rows = flow.from_items([(n % 2, n) for n in range(8)], partitions=4)
    assert len(rows.reduce_by_key(max).collect()) == 2
    stats = flow.stats
    combine, merge = stats.stages
    count = 8 if engine.tiny else 4
    assert (combine.tasks, combine.done, merge.tasks, merge.done) == (count, count, count, count)
    assert (combine.rows_in, combine.rows_out) == (8, 8), "no partition has a key twice"
    assert (merge.rows_in, merge.rows_out) == (8, 2)
    assert combine.bytes > 0
    assert stats.tasks == 2 * count
    assert stats.driver_bytes == merge.driver_bytes > 0
    assert stats.exchange_driver_bytes == 0
    assert stats.engine == engine.kind


def test_in_one_line(engine: Lab) -> None:
    flow = engine.flow("one line")
    flow.from_items([1, 2, 3], partitions=1).filter(lambda n: n > 1).collect()
    line = str(flow.stats)
    count = "3 tasks" if engine.tiny else "1 task"
    assert line.startswith(f"one line: 1 stage, {count}, 3 rows in, 2 out, ")
    assert line.endswith(f" s, {engine.kind}, native: compiled")


def test_skew(engine: Lab) -> None:
    flow = engine.flow()
    flow.from_items([("a", n) for n in range(64)], partitions=2).partition_by_key(4).collect()
    assert flow.stats.stages[-1].skew == 4.0, "all rows in one of four partitions"
    flow.from_items([]).collect()
    assert flow.stats.stages[-1].skew == 0.0


def test_the_last_action_counts(engine: Lab) -> None:
    flow = engine.flow()
    rows = flow.from_items([3, 1, 2], partitions=2)
    rows.sort().collect()
    before = flow.stats
    rows.count()
    assert len(before.stages) > len(flow.stats.stages) == 1


def test_a_failed_action_counts_too(engine: Lab) -> None:
    flow = engine.flow()
    try:
        flow.from_items([1, 0], partitions=2).map(lambda n: 1 / n).collect()
    except ZeroDivisionError:
        assert flow.stats.stages[0].tasks == 2
        assert flow.stats.stages[0].done >= 1
    else:
        raise AssertionError("nothing was raised")


def test_rows_in_are_those_that_were_read(engine: Lab) -> None:
    flow = engine.flow()
    pairs = flow.from_items([(n % 2, n) for n in range(8)], partitions=2)
    pairs.group_by_key().collect()
    assert [(stage.rows_in, stage.rows_out) for stage in flow.stats.stages] == [(8, 8), (8, 2)]
    flow.from_source(lambda index: (n for n in range(5)), 3).filter(lambda n: n < 2).collect()
    assert [(stage.rows_in, stage.rows_out) for stage in flow.stats.stages] == [(15, 6)]


def test_what_was_written(engine: Lab, tmp_path: Path) -> None:
    flow = engine.flow()
    written = flow.from_items(["a", "bc"], partitions=1).write_text(tmp_path / "out")
    (stage,) = flow.stats.stages
    assert (stage.rows_in, stage.rows_out, stage.bytes) == (2, written.rows, written.bytes) == (2, 2, 5)


def test_tasks_that_nobody_needed_are_not_counted(engine: Lab) -> None:
    flow = engine.flow()
    assert flow.from_range(64, partitions=64).take(2) == [0, 1]
    assert flow.stats.stages[0].tasks == 64
    assert flow.stats.stages[0].done == flow.stats.tasks - 1 < 8


def test_seconds_of_what_was_cut_short(engine: Lab) -> None:
    flow = engine.flow()
    for _ in flow.from_range(4, partitions=4):
        break
    assert flow.stats.seconds >= flow.stats.stages[0].seconds > 0


def test_skew_shows_in_rows_where_no_bytes_go_on(engine: Lab) -> None:
    flow = engine.flow()
    flow.from_source(lambda index: range(9 * (index == 1)), 3).count()
    assert flow.stats.stages[0].skew == 3.0


@pytest.mark.ray
def test_retries_are_reported(ray_lab: Lab, tmp_path: Path) -> None:
    def die_once(row: int) -> int:
        marker = tmp_path / str(row)
        if row and not marker.exists():
            marker.touch()
            os._exit(1)
        return row

    flow = ray_lab.flow()
    assert flow.from_range(2, partitions=2).map(die_once).collect() == [0, 1]
    assert flow.stats.retries == 1
    assert flow.stats.stages[0].done == 2
    assert ", 1 retried," in str(flow.stats)


def report(rows: int, remote: bool, *slots: Slot) -> tuple[StageRun, Done]:
    read = StagePlan(0, (), OneBlock())
    plan = StagePlan(1, (Branch(Blocks("read", ""), 1, (Same(read),)),), OneBlock())
    task = Task("read", (1, 0), Payload(b""), 0, (slots,), 1)
    return runs_of([read, plan])[plan], Done(task, TaskReport(0, rows_in=rows, remote=remote), [])


@pytest.mark.parametrize(("remote", "times"), [(True, 1), (False, 0)])
def test_blocks_of_the_driver_that_tasks_elsewhere_read_went_through_it(remote: bool, times: int) -> None:
    block = Block.from_rows(list(range(100)))
    stage, done = report(100, remote, Slot(block), Slot(block, 0, 5))
    watcher = StatsWatcher(Stats())
    watcher.stage_started(stage)
    watcher.task_done(stage, done)
    assert watcher.stats.exchange_driver_bytes == watcher.stats.driver_bytes == times * block.nbytes


def test_as_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    flow = gr.Flow("shown", engine="inline")
    flow.from_range(8, partitions=4).first()
    flow.stats.show()
    heading, first, *_, summary = capsys.readouterr().out.splitlines()
    assert heading.split()[:6] == ["stage", "tasks", "rows", "in", "rows", "out"]
    assert first.split()[:4] == ["1", "from_range→limit", "1", "of"], "nothing is cut off"
    assert summary == str(flow.stats)
