"""Test that small partitions share a call of a worker, and that nothing but the number of calls changes."""

from __future__ import annotations

from collections.abc import Callable
from itertools import accumulate
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import glowray as gr
from glowray.dataset import Dataset
from glowray.engine.inline import InlineEngine
from glowray.physical import grouping, rules, shuffle
from tests.engine.group_engine import GroupEngine
from tests.oracle.exact import assert_rows
from tests.physical.test_node_slices import ROWS, VERBS


@pytest.fixture(autouse=True)
def any_stage_may_group(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "MANY_PARTITIONS", 2)


def by_key(engine: InlineEngine, rows: list[Any], verb: Callable[[Dataset[Any]], Dataset[Any]]) -> list[list[Any]]:
    """Return the rows of each partition."""
    pairs = gr.Flow(engine=engine).from_items(rows, partitions=6).map(lambda key, value: (key, value))
    return verb(pairs).map_partitions(lambda rows: [list(rows)]).collect()


@pytest.mark.parametrize("rows", ROWS.values(), ids=ROWS)
@pytest.mark.parametrize("nodes", [1, 2])
@pytest.mark.parametrize("limit", [400, 1 << 20])
@pytest.mark.parametrize("gathers", [False, True], ids=["", "gathered"])
def test_groups_change_no_partition(
    rows: list[Any], nodes: int, limit: int, gathers: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A limit of 400 bytes lets some tasks of a group give few slices and others many."""
    if gathers:
        monkeypatch.setattr(shuffle, "MANY_READS", 0)
    engine = GroupEngine(limit, nodes)
    for verb in [lambda pairs: pairs.partition_by_key(7), lambda pairs: pairs.group_by_key()]:
        assert_rows(by_key(engine, rows, verb), by_key(InlineEngine(), rows, verb))
    assert max(engine.groups) > 1


@pytest.mark.parametrize("verb", [*VERBS, lambda pairs: pairs.map(lambda key, value: (value, key)).sort()])
@pytest.mark.parametrize("nodes", [1, 2])
@pytest.mark.parametrize("memory", [None, 1000])
def test_verbs_give_the_same_partitions_in_groups(verb: Any, nodes: int, memory: int | None) -> None:
    """With little memory the rows of a group wait in files, and are not joined."""
    flow = gr.Flow(engine=GroupEngine(1 << 20, nodes), memory=memory)
    pairs = flow.from_items(ROWS["floats"], partitions=6).map(lambda key, value: (key, value))
    got = verb(pairs).map_partitions(lambda rows: [list(rows)]).collect()
    assert_rows(got, by_key(InlineEngine(), ROWS["floats"], verb))


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("nodes", [2, 3])
def test_verbs_after_a_shuffle_give_the_same_partitions(verb: Any, nodes: int) -> None:
    def given(engine: InlineEngine) -> list[list[Any]]:
        pairs = gr.Flow(engine=engine).from_items(ROWS["floats"], partitions=6).map(lambda key, value: (key, value))
        placed = pairs.partition_by_key(7).map(lambda key, value: (f"{key}"[-1], value))
        return verb(placed).map_partitions(lambda rows: [list(rows)]).collect()

    assert_rows(given(GroupEngine(1 << 20, nodes)), given(InlineEngine()))


@pytest.mark.parametrize("nodes", [1, 2, 3])
@pytest.mark.parametrize("limit", [100, 1 << 20])
def test_a_shuffle_after_a_shuffle_takes_each_row_once_in_order(nodes: int, limit: int) -> None:
    """The tasks of a node are no neighbours. Readers of an object with the rows of several would mix their order."""
    rows = [(n % 5, (n,)) for n in range(30)]
    answers = []
    for engine in (GroupEngine(limit, nodes), InlineEngine()):
        pairs = gr.Flow(engine=engine).from_items(rows, partitions=6).map(lambda key, value: (key, value))
        placed = pairs.partition_by_key(7).map(lambda key, value: (value[0] % 3, value))
        answers.append(placed.reduce_by_key(lambda a, b: ("+", a, b)).collect())
    assert_rows(*answers)


@pytest.mark.parametrize("nodes", [1, 2])
def test_a_group_gives_an_object_a_node(nodes: int) -> None:
    engine = GroupEngine(1 << 20, nodes, least=2)
    flow = gr.Flow(engine=engine)
    pairs = flow.from_range(2000, partitions=40).map(lambda n: (n % 97, n)).partition_by_key(60)
    assert pairs.map(lambda key, n: n).sum() == 1999 * 1000
    maps, reads = flow.stats.stages[:2]
    assert maps.groups == 2 and maps.group_bytes == 8000 and 2 <= reads.groups <= 6
    assert maps.tasks == maps.done == 40 and reads.tasks == reads.done == 60
    assert "in 2 calls of up to 7.8 KiB" in flow.from_range(1).explain(after=True)


@pytest.mark.parametrize("nodes", [1, 2])
def test_runs_with_and_without_pickled_values_are_cut_alike(nodes: int) -> None:
    """Ranges stay in place only if no run has pickled values, so that a group's tasks give the same objects."""
    rows = [(n * 7 % 12, {n} if n == 5 else n) for n in range(12)]
    got = gr.Flow(engine=GroupEngine(1 << 20, nodes)).from_items(rows, partitions=6).sort(lambda key, _: key).collect()
    assert_rows(got, sorted(rows, key=lambda row: row[0]))


def test_the_first_failure_of_a_group_is_raised_and_ends_it() -> None:
    calls: list[int] = []

    def inverse(n: int) -> float:
        calls.append(n)
        return 1 / (n - 5)

    with pytest.raises(ZeroDivisionError):
        gr.Flow(engine=GroupEngine()).from_range(20, partitions=10).map(gr.whole(inverse)).collect()
    rows = iter(gr.Flow(engine=GroupEngine()).from_range(20, partitions=10).map(gr.whole(inverse)))
    assert [next(rows) for _ in range(5)] == [1 / (n - 5) for n in range(5)]


def test_dropped_rows_and_counters_are_those_of_all_tasks() -> None:
    flow, seen = gr.Flow(engine=GroupEngine(), on_error="skip"), gr.counter("seen")

    def counted(n: int) -> float:
        seen.add(1)
        return 1 / (n % 4)

    assert len(flow.from_range(40, partitions=10).map(counted).collect()) == 30
    assert flow.counters["seen"] == 40 and sum(flow.skipped.values()) == 10


def test_kept_blocks_are_read_again() -> None:
    kept = gr.Flow(engine=GroupEngine()).from_range(40, partitions=10).filter(lambda n: n < 20).cache()
    assert kept.collect() == list(range(20))
    assert kept.zip_with_index().collect() == [(n, n) for n in range(20)]


@pytest.mark.parametrize(
    "asks", [{"num_cpus": 0.5}, {"labels": {"zone": "north"}}, {}], ids=["CPUs", "labels", "few partitions"]
)
def test_tasks_that_may_have_to_run_at_once_are_alone(asks: dict[str, Any]) -> None:
    engine = GroupEngine(least=1 if asks else 6)
    gr.Flow(engine=engine, **asks).from_range(40, partitions=10).map(str).collect()
    assert engine.groups == [1] * 10


@given(st.lists(st.integers(0, 1 << 26), min_size=1, max_size=40), st.integers(1, 50))
def test_each_partition_is_in_one_group_in_order(sizes: list[int], least: int) -> None:
    groups = list(grouping._neighbours(range(len(sizes)), sizes, least))
    assert [number for group in groups for number in group] == list(range(len(sizes)))
    assert all(len(group) == 1 or sum(sizes[n] for n in group) <= grouping.GROUP_BYTES for group in groups)


@pytest.mark.parametrize("rows", ROWS.values(), ids=ROWS)
@pytest.mark.parametrize("memory", [None, 1000])
def test_a_shuffle_of_many_objects_has_fewer_calls(
    rows: list[Any], memory: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """16 calls of 4 nodes would give 64 objects. With at most 32 objects there are 8 calls or a few more."""
    monkeypatch.setattr(grouping, "MANY_SLICES", 32)
    engine = GroupEngine(1 << 20, nodes=4, least=16)

    def given(flow: gr.Flow) -> list[list[Any]]:
        pairs = flow.from_range(len(rows), partitions=40).map(lambda n: rows[n])
        return pairs.partition_by_key(6).map_partitions(lambda rows: [list(rows)]).collect()

    got = given(gr.Flow(engine=engine, memory=memory))
    of_maps = next(place for place, total in enumerate(accumulate(engine.groups), 1) if total == 40)
    assert 5 <= of_maps <= 10
    assert_rows(got, given(gr.Flow(engine="inline")))


def test_readers_of_very_many_slices_get_larger_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shuffle, "MOST_SLICES", 4)
    sizes = [100 << 20] * 40
    units = list(shuffle.gathered_neighbours(sizes))
    assert len(units) == 4 and units[0] == (0, 10)
    assert list(shuffle.gathered_neighbours(sizes[:4])) == []
