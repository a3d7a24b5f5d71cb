"""Test ranges of a sort and partitions by key: given as blocks, or read in place if all tasks share a store."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

import glowray as gr
from glowray.dataset import Dataset
from glowray.engine.inline import InlineEngine
from glowray.engine.task.protocol import Done, Slot, Task
from tests.oracle.exact import assert_rows


class OneStore(InlineEngine):
    """An engine whose tasks share a store up to a size. It keeps what each task gave and read."""

    may_share_store = True

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.done: list[Done] = []

    def shared_bytes(self) -> int:
        return self.limit

    def run(self, tasks: Iterable[Task]) -> Iterator[Done]:
        for done in super().run(tasks):
            self.done.append(done)
            yield done

    def of_stage(self, number: int) -> list[Done]:
        return [done for done in self.done if done.task.identity[0] == number]


VERBS: list[Callable[[Dataset[Any]], Dataset[Any]]] = [
    lambda pairs: pairs.group_by_key(),
    lambda pairs: pairs.reduce_by_key(lambda a, b: a + b),
    lambda pairs: pairs.join(pairs.map_values(lambda v: v + 1)),
    lambda pairs: pairs.partition_by_key(3),
    lambda pairs: pairs.distinct(),
    lambda pairs: pairs.co_group(pairs.filter(lambda k, v: v < 0)),
]


def by_key(engine: InlineEngine, rows: list[Any], verb: Callable[[Dataset[Any]], Dataset[Any]]) -> list[Any]:
    return verb(gr.Flow(engine=engine).from_items(rows, partitions=4)).collect()


@pytest.mark.slow
@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("limit", [400, 1 << 20])
def test_partitions_by_key_stay_together(verb: Any, limit: int) -> None:
    """Up to a size, the partitions of one task are parts of one block. The rows and their order never change."""
    rows = [(f"key {n * 7919 % 101}", n) for n in range(300)]
    engine = OneStore(limit)
    assert_rows(by_key(engine, rows, verb), by_key(InlineEngine(), rows, verb))
    maps = engine.of_stage(1)
    assert [done.report.cuts is not None for done in maps] == [limit > 400] * 4
    for done in maps:
        assert done.blocks is not None
        assert len(done.blocks) == (1 if limit > 400 else len(done.report.rows))
        assert sum(map(len, done.blocks)) == sum(done.report.rows) == done.report.rows_out


@pytest.mark.parametrize("verb", VERBS[:1] + VERBS[2:4])
def test_pickled_partitions_by_key_stay_apart(verb: Any) -> None:
    rows: list[Any] = [(n % 11, [n, 2.5][n % 2]) for n in range(100)]
    engine = OneStore(1 << 20)
    assert_rows(by_key(engine, rows, verb), by_key(InlineEngine(), rows, verb))
    assert all(done.report.cuts is None for done in engine.of_stage(1))


def sorted_by(engine: OneStore, rows: list[Any], **order: Any) -> list[Any]:
    return gr.Flow(engine=engine).from_items(rows, partitions=4).sort(**order).collect()


@pytest.mark.parametrize("reverse", [False, True])
def test_ranges_stay_in_the_runs(reverse: bool) -> None:
    rows = [(n * 7919 % 101, n) for n in range(1000)]
    engine = OneStore(24_000)
    got = sorted_by(engine, rows, key=lambda key, _: key, reverse=reverse)
    assert_rows(got, sorted(rows, key=lambda row: row[0], reverse=reverse))
    runs, ranges, merges = engine.of_stage(1), engine.of_stage(3), engine.of_stage(4)
    assert sum(done.report.sizes[0] for done in runs) == engine.limit
    for run, cut in zip(runs, ranges, strict=True):
        assert cut.blocks == []
        assert cut.report.cuts is not None
        assert [stop - start for start, stop in cut.report.cuts] == cut.report.rows
        assert sum(cut.report.rows) == run.report.rows[0]
    read = [slot for done in merges for side in done.task.inputs for slot in side]
    assert all(isinstance(slot, Slot) and slot.start is not None for slot in read)
    assert {id(slot.ref) for slot in read} == {id(done.blocks[0]) for done in runs if done.blocks}


def test_ranges_of_more_than_a_store_holds_are_blocks() -> None:
    engine = OneStore(10)
    assert sorted_by(engine, list(range(100, 0, -1))) == list(range(1, 101))
    assert all(done.report.cuts is None and done.blocks for done in engine.of_stage(3))


def test_ranges_of_pickled_runs_are_blocks() -> None:
    """Reading a part of a pickled column reads all of it. Every merging task would have to unpickle every run."""
    engine = OneStore(1 << 30)
    rows = [(n % 7, {n}) for n in range(50)]
    assert_rows(sorted_by(engine, rows, key=lambda key, _: key), sorted(rows, key=lambda row: row[0]))
    assert all(done.report.cuts is None and done.blocks for done in engine.of_stage(3))
