"""The ranges of a sort: given as blocks, or left in the runs where all tasks see one store."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pytest

import glowray as gr
from glowray.engine.inline import InlineEngine
from glowray.engine.protocol import Done, Slot, Task
from tests.oracle.exact import assert_rows


class OneStore(InlineEngine):
    """An engine whose tasks see all blocks where they lie, up to a size; keeps what tasks gave and read."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.asked: list[int] = []
        self.done: list[Done] = []

    def shares(self, size: int) -> bool:
        self.asked.append(size)
        return size <= self.limit

    def run(self, tasks: Iterable[Task]) -> Iterator[Done]:
        for done in super().run(tasks):
            self.done.append(done)
            yield done

    def of_stage(self, number: int) -> list[Done]:
        return [done for done in self.done if done.task.identity[0] == number]


def sorted_by(engine: OneStore, rows: list[Any], monkeypatch: pytest.MonkeyPatch, **order: Any) -> list[Any]:
    monkeypatch.setattr("glowray.action.perform.open_engine", lambda choice: engine)
    return gr.Flow(engine="inline").from_items(rows, partitions=4).sort(**order).collect()


@pytest.mark.parametrize("reverse", [False, True])
def test_ranges_stay_in_the_runs(monkeypatch: pytest.MonkeyPatch, reverse: bool) -> None:
    rows = [(n * 7919 % 101, n) for n in range(1000)]
    engine = OneStore(1 << 30)
    got = sorted_by(engine, rows, monkeypatch, key=lambda key, _: key, reverse=reverse)
    assert_rows(got, sorted(rows, key=lambda row: row[0], reverse=reverse))
    runs, ranges, merges = engine.of_stage(1), engine.of_stage(3), engine.of_stage(4)
    assert engine.asked == [sum(done.report.sizes[0] for done in runs)]
    for run, cut in zip(runs, ranges, strict=True):
        assert cut.blocks == []
        assert cut.report.cuts is not None
        assert [stop - start for start, stop in cut.report.cuts] == cut.report.rows
        assert sum(cut.report.rows) == run.report.rows[0]
    read = [slot for done in merges for side in done.task.inputs for slot in side]
    assert all(isinstance(slot, Slot) and slot.start is not None for slot in read)
    assert {id(slot.ref) for slot in read} == {id(done.blocks[0]) for done in runs if done.blocks}


def test_ranges_of_more_than_a_store_holds_are_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = OneStore(10)
    assert sorted_by(engine, list(range(100, 0, -1)), monkeypatch) == list(range(1, 101))
    assert all(done.report.cuts is None and done.blocks for done in engine.of_stage(3))


def test_ranges_of_pickled_runs_are_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A part of a pickled column is read with all of it: every merging task would unpickle every run."""
    engine = OneStore(1 << 30)
    rows = [(n % 7, {n}) for n in range(50)]
    assert_rows(sorted_by(engine, rows, monkeypatch, key=lambda key, _: key), sorted(rows, key=lambda row: row[0]))
    assert all(done.report.cuts is None and done.blocks for done in engine.of_stage(3))
