"""Test shuffles through object stores: a slice for each node, gathered where slices are small, and runs in place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

import glowray as gr
from glowray.dataset import Dataset
from glowray.engine.inline import InlineEngine
from glowray.engine.task.protocol import Done, Slot, Task
from glowray.kernels.ends.buckets import Buckets
from glowray.optimize.rules import RULES
from glowray.physical import shuffle
from glowray.physical.planning import Rules
from tests.oracle.exact import assert_rows


class SharedStores(InlineEngine):
    """An engine of some nodes whose stores hold up to a size. It keeps what each task gave and read."""

    may_share_store = True

    def __init__(self, limit: int, nodes: int = 1) -> None:
        self.limit, self.nodes = limit, nodes
        self.done: list[Done] = []

    def shared_bytes(self) -> int:
        return self.limit

    def store_nodes(self) -> list[str]:
        return [f"node {number}" for number in range(self.nodes)]

    def run(self, tasks: Iterable[Task]) -> Iterator[Done]:
        for done in super().run(tasks):
            self.done.append(done)
            yield done

    def of_stage(self, number: int, gathers: bool = False) -> list[Done]:
        """Return the tasks of a stage, or those that gather its slices."""
        stage = [done for done in self.done if done.task.identity[0] == number]
        return [done for done in stage if done.task.name.endswith("gather") == gathers]


def objects(done: list[Done]) -> int:
    """Return the number of objects that tasks gave."""
    return sum(len(each.blocks or ()) for each in done)


def references(done: list[Done]) -> int:
    """Return the number of references that tasks read."""
    return sum(len(side) for each in done for side in each.task.inputs)


@pytest.fixture(params=[False, True], ids=["", "gathered"])
def gathers(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Gather slices of any number, several at once, if the parameter is true."""
    if request.param:
        monkeypatch.setattr(shuffle, "MANY_READS", 0)
        monkeypatch.setattr(shuffle, "GATHERED_BYTES", 3000)
    return bool(request.param)


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


ROWS: dict[str, list[Any]] = {
    "typed": [(f"key {n * 7919 % 101}", n) for n in range(300)],
    "floats": [(n * 7919 % 101, n / 7) for n in range(300)],
    "pickled": [(n % 11, timedelta(n) if n % 2 else complex(n)) for n in range(100)],
    "several shapes": [(n % 11, n if n < 120 else str(n)) for n in range(200)],
    "shapes by task": [(n % 11, n if n < 50 else n / 7) for n in range(200)],
    "few keys": [(n % 2, n) for n in range(50)],
}


@pytest.mark.parametrize("rows", ROWS.values(), ids=ROWS)
@pytest.mark.parametrize("nodes", [1, 2, 3])
@pytest.mark.parametrize("limit", [400, 1 << 20])
def test_slices_change_no_row(rows: list[Any], nodes: int, limit: int, gathers: bool) -> None:
    """The rows of a bucket come in order of task, then as the task gave them."""
    for verb in [lambda pairs: pairs.partition_by_key(7), lambda pairs: pairs.group_by_key()]:
        assert_rows(by_key(SharedStores(limit, nodes), rows, verb), by_key(InlineEngine(), rows, verb))


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("nodes", [1, 2])
def test_verbs_by_key_give_the_same_rows_on_nodes(verb: Any, nodes: int, gathers: bool) -> None:
    rows = ROWS["typed"]
    assert_rows(by_key(SharedStores(1 << 20, nodes), rows, verb), by_key(InlineEngine(), rows, verb))


@pytest.mark.parametrize("logical", [RULES, ()], ids=["", "combined after"])
def test_floats_are_added_in_the_same_order(logical: Any, gathers: bool) -> None:
    """If rows are not combined before the shuffle, a reader folds those of each task, and then the results."""
    rows = [(n % 5, 0.1 * n * (-1) ** n) for n in range(400)]

    def sums(engine: InlineEngine) -> list[Any]:
        flow = gr.Flow(engine=engine)
        flow.settings = replace(flow.settings, rules=Rules(logical=logical))
        return flow.from_items(rows, partitions=4).reduce_by_key(lambda a, b: a + b).collect()

    assert sums(SharedStores(1 << 20, 2)) == sums(InlineEngine())


@pytest.mark.parametrize("nodes", [1, 2, 3])
@pytest.mark.parametrize("count", [2, 40, 90])
def test_a_task_gives_an_object_a_node(nodes: int, count: int) -> None:
    """The objects, and the references that the driver holds, do not grow with the number of buckets."""
    engine = SharedStores(1 << 20, nodes)
    by_partition(engine, count)
    maps = engine.of_stage(1)
    assert objects(maps) == len(maps) * min(nodes, count)
    assert {done.task.near for done in engine.of_stage(2)} == set(engine.store_nodes()[:count])


def test_rows_beyond_the_stores_are_cut_finer(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = SharedStores(400, 2)
    by_partition(engine, 40)
    assert objects(engine.of_stage(1)) == 20 * 40
    monkeypatch.setattr(shuffle, "MANY_OBJECTS", 20 * 13)
    engine = SharedStores(400, 2)
    by_partition(engine, 40)
    assert objects(engine.of_stage(1)) == 20 * 12


@pytest.mark.parametrize("count", [20, 60])
def test_readers_read_gathered_slices(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each reader reads one object in place of one a task."""
    monkeypatch.setattr(shuffle, "MANY_READS", 0)
    engine = SharedStores(1 << 20, 2)
    by_partition(engine, count)
    gathered = engine.of_stage(1, gathers=True)
    assert references(gathered) == objects(engine.of_stage(1)) == 20 * 2
    assert [done.task.near for done in gathered] == engine.store_nodes()
    assert objects(gathered) == 2 and references(engine.of_stage(2)) == count
    for done in gathered:
        (buckets,) = done.blocks or ()
        assert isinstance(buckets, Buckets) and all(len(buckets.blocks(bucket)) <= 1 for bucket in range(count))


def by_partition(engine: InlineEngine, count: int) -> list[Any]:
    pairs = gr.Flow(engine=engine).from_range(2000, partitions=20).map(lambda n: (n * 7919 % 1009, n))
    return pairs.partition_by_key(count).collect()


def sorted_by(engine: SharedStores, rows: list[Any], **order: Any) -> list[Any]:
    return gr.Flow(engine=engine).from_items(rows, partitions=4).sort(**order).collect()


@pytest.mark.parametrize("reverse", [False, True])
def test_ranges_stay_in_the_runs(reverse: bool) -> None:
    rows = [(n * 7919 % 101, n) for n in range(1000)]
    engine = SharedStores(24_000)
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


@pytest.mark.parametrize("limit", [10, 1 << 30])
@pytest.mark.parametrize("nodes", [1, 2])
@pytest.mark.parametrize("rows", [list(range(100, 0, -1)), [(n % 7, {n}) for n in range(50)]], ids=["typed", "pickled"])
def test_ranges_are_slices_of_nodes(limit: int, nodes: int, rows: list[Any], gathers: bool) -> None:
    """Ranges are read in place on one node only, and not if reading a part of a run means to unpickle all of it."""

    def key(row: Any) -> Any:
        return row[0] if isinstance(row, tuple) else row

    engine = SharedStores(limit, nodes)
    got = gr.Flow(engine=engine).from_items(rows, partitions=4).sort(key=key).collect()
    assert_rows(got, sorted(rows, key=key))
    in_place = limit > 10 and nodes == 1 and isinstance(rows[0], int) and not gathers
    expected = 0 if in_place else nodes if limit > 10 else 4
    assert [len(done.blocks or ()) for done in engine.of_stage(3)] == [expected] * 4
