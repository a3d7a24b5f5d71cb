"""Test that a function may change its row or accumulator, and that the change never shows elsewhere."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import glowray as gr
from glowray.dataset import Dataset
from tests.engine.doubles import Lab


def spoil(row: list[int]) -> list[int]:
    row.append(99)
    return row


def spoil_and_keep(row: list[int]) -> bool:
    row.append(99)
    return True


def spoil_all(rows: Iterator[list[int]]) -> Iterator[list[int]]:
    for row in rows:
        row.clear()
        yield row


@pytest.mark.parametrize("row", [[1], [1, 2.5], {1: [2]}, {"a": [1]}, ([1], {})])
def test_items_are_read_at_the_call(engine: Lab, row: Any) -> None:
    row = copy.deepcopy(row)  # tests share the parameter, so copy it
    before = copy.deepcopy(row)
    rows = engine.flow().from_items([row])
    (row[0] if isinstance(row, tuple) else row).clear()
    assert rows.collect() == [before]
    assert rows.sort(lambda row: 0).repartition(2).collect() == [before]


SPOILERS: dict[str, Callable[[Dataset[Any]], Dataset[Any]]] = {
    "map": lambda ds: ds.map(spoil),
    "filter": lambda ds: ds.filter(spoil_and_keep),
    "map_partitions": lambda ds: ds.map_partitions(spoil_all),
    "key_by": lambda ds: ds.key_by(lambda row: row.append(1)),
    "sort": lambda ds: ds.sort(lambda row: spoil(row)[0]),
    "reduce": lambda ds: ds.reduce(lambda a, b: a.extend(b) or a),
}


@pytest.mark.parametrize("spoiler", SPOILERS)
def test_a_source_is_a_copy(engine: Lab, spoiler: str) -> None:
    given = [[1], [2], [3], [4]]
    rows = engine.flow().from_items(given, partitions=2)
    given[0].append(5)
    first = SPOILERS[spoiler](rows).collect()
    assert given == [[1, 5], [2], [3], [4]]
    assert rows.collect() == [[1], [2], [3], [4]]
    assert SPOILERS[spoiler](rows).collect() == first


@pytest.mark.parametrize("spoiler", SPOILERS)
def test_a_branch_is_a_copy(engine: Lab, spoiler: str) -> None:
    shared = engine.flow().from_items([1, 2, 3, 4], partitions=2).map(lambda n: [n])
    both = SPOILERS[spoiler](shared).map(lambda row: None).union(shared)
    assert [row for row in both.collect() if row is not None] == [[1], [2], [3], [4]]


@pytest.mark.parametrize("spoiler", SPOILERS)
def test_a_cache_is_a_copy(engine: Lab, spoiler: str) -> None:
    kept = engine.flow().from_items([1, 2, 3, 4], partitions=2).map(lambda n: [n]).cache()
    first = SPOILERS[spoiler](kept).collect()
    assert SPOILERS[spoiler](kept).collect() == first
    kept.collect()[0].append("driver")
    assert kept.collect() == [[1], [2], [3], [4]]


def test_every_zero_is_a_copy(engine: Lab) -> None:
    zero: list[Any] = [[]]

    def add(seen: list[Any], n: int) -> list[Any]:
        seen[0].append(n)
        return seen

    def merge(left: list[Any], right: list[Any]) -> list[Any]:
        left[0].extend(right[0])
        return left

    rows = engine.flow().from_items([("a", 1), ("b", 2), ("a", 3)], partitions=2)
    by_key = rows.aggregate_by_key(zero, add, merge)
    whole = rows.values().aggregate(zero, add, merge)
    for _ in range(2):
        assert sorted(by_key.collect()) == [("a", [[1, 3]]), ("b", [[2]])]
        assert whole.collect() == [[[1, 2, 3]]]
    assert zero == [[]]
    nothing = engine.flow().from_items([]).aggregate(zero, add, merge)
    nothing.collect()[0].append(1)
    assert nothing.collect() == [[[]]]


def test_captured_values_are_read_at_the_action_and_never_changed(engine: Lab) -> None:
    seen = [0]

    def remember(n: int) -> list[int]:
        seen.append(n)
        return list(seen)

    rows = engine.flow().from_items([1, 2], partitions=2).map(remember)
    seen.append(-1)
    assert rows.collect() == [[0, -1, 1], [0, -1, 2]]
    assert seen == [0, -1]
    seen[0] = 7
    assert rows.collect() == [[7, -1, 1], [7, -1, 2]]


def test_rows_of_a_product_are_copies_of_each_other(engine: Lab) -> None:
    flow = engine.flow()
    pairs = flow.from_items([[1]]).cartesian(flow.from_items([5, 6], partitions=1))
    assert pairs.map(lambda left, right: [*left, left.append(right)]).collect() == [[1, None], [1, None]]


@pytest.mark.parametrize("how", ["inner", "left", "right", "outer"])
def test_rows_of_a_join_are_copies_of_each_other(engine: Lab, how: str) -> None:
    flow = engine.flow()
    left = flow.from_items([("a", [1]), ("a", [2])])
    right = flow.from_items([("a", {"x": 5}), ("a", {"x": 6})])
    joined = left.join(right, how=how)

    def spoil_both(key: str, own: list[int], other: dict[str, int]) -> tuple[int, ...]:
        seen = (*own, *other.values())
        own.append(99)
        other["y"] = 99
        return seen

    assert sorted(joined.map(spoil_both).collect()) == [(1, 5), (1, 6), (2, 5), (2, 6)]


@pytest.mark.parametrize("item", [1, ["x"]], ids=str)
def test_records_of_one_exploded_record_are_copies_of_each_other(engine: Lab, item: object) -> None:
    rows = engine.flow().from_items([{"items": [item, item], "seen": []}])

    def spoil(row: dict[str, list[object]]) -> list[object]:
        row["seen"].append(row["items"])
        return row["seen"]

    assert rows.explode("items").map(spoil).collect() == [[item], [item]]


def calls(folder: Path) -> list[str]:
    return sorted(path.read_text() for path in folder.iterdir())


def counting(folder: Path) -> Callable[[Any], Any]:
    """Return a function that writes a file at each call."""

    def leave(row: Any) -> Any:
        import tempfile

        with tempfile.NamedTemporaryFile("w", dir=folder, delete=False) as file:
            file.write(repr(row))
        return row

    return leave


def test_a_shared_upstream_runs_once_in_an_action(engine: Lab, tmp_path: Path) -> None:
    shared = engine.flow().from_items([1, 2, 3], partitions=2).map(counting(tmp_path))
    odd, even = shared.filter(lambda n: n % 2), shared.filter(lambda n: n % 2 == 0)
    assert sorted(odd.union(even, shared).collect()) == [1, 1, 2, 2, 3, 3]
    assert calls(tmp_path) == ["1", "2", "3"]


JOINED: dict[str, Callable[[Dataset[Any]], Dataset[Any]]] = {
    "self join": lambda ds: ds.join(ds, ds),
    "zip": lambda ds: ds.zip(ds),
    "cartesian": lambda ds: ds.cartesian(ds),
    "subtract": lambda ds: ds.subtract(ds),
    "intersection": lambda ds: ds.intersection(ds),
    "sort": lambda ds: ds.sort(),
    "sample": lambda ds: ds.sample(0.5, 1),
    "zip_with_index": lambda ds: ds.zip_with_index(),
    "sample with replacement": lambda ds: ds.sample(2.0, 1, replace=True),
    "random_split": lambda ds: (lambda parts: parts[0].union(parts[1]))(ds.random_split([1, 1], 1)),
    "reverse": lambda ds: ds.reverse(),
    "take_while": lambda ds: ds.take_while(lambda row: True),
    "drop_while": lambda ds: ds.drop_while(lambda row: row[0] < 2),
    "sliding": lambda ds: ds.sliding(2),
    "top_by_key": lambda ds: ds.top_by_key(1),
    "reduce_by_key and back": lambda ds: ds.join(ds.reduce_by_key(max)),
    "top of a sort": lambda ds: ds.sort().limit(2).union(ds.sort()),
    "cached": lambda ds: (lambda kept: kept.union(kept.map(str)))(ds.cache()),
}


@pytest.mark.parametrize("verb", JOINED)
def test_a_function_runs_once_a_row(engine: Lab, tmp_path: Path, verb: str) -> None:
    rows = engine.flow().from_items([(1, 1), (2, 2), (1, 3)], partitions=2).map(counting(tmp_path))
    JOINED[verb](rows).collect()
    assert calls(tmp_path) == ["(1, 1)", "(1, 3)", "(2, 2)"]


def test_a_sort_key_is_computed_once_a_row(engine: Lab, tmp_path: Path) -> None:
    rows = engine.flow().from_items([3, 1, 2, 5, 4], partitions=3)
    assert rows.sort(counting(tmp_path)).collect() == [1, 2, 3, 4, 5]
    assert calls(tmp_path) == ["1", "2", "3", "4", "5"]


def test_top_computes_a_key_once_a_row(engine: Lab, tmp_path: Path) -> None:
    rows = engine.flow().from_items([3, 1, 2, 5, 4], partitions=3)
    assert rows.top(2, counting(tmp_path)).collect() == [5, 4]
    assert calls(tmp_path) == ["1", "2", "3", "4", "5"]


def test_a_cache_is_filled_once(engine: Lab, tmp_path: Path) -> None:
    kept = engine.flow().from_items([1, 2, 3], partitions=2).map(counting(tmp_path)).cache()
    assert (kept.sum(), kept.max(), kept.count(), kept.collect()) == (6, 3, 3, [1, 2, 3])
    assert len(calls(tmp_path)) == 3
    kept.uncache()
    assert kept.collect() == [1, 2, 3]
    assert len(calls(tmp_path)) == 6


def test_a_cache_that_failed_is_filled_by_the_next_action(engine: Lab, tmp_path: Path) -> None:
    gate = tmp_path / "open"

    def pass_gate(n: int) -> int:
        if n == 3 and not gate.exists():
            raise OSError("closed")
        return n

    kept = engine.flow().from_items([1, 2, 3], partitions=3).map(pass_gate).cache()
    with pytest.raises(OSError, match="closed"):
        kept.collect()
    gate.touch()
    assert kept.collect() == [1, 2, 3]


def test_outputs_share_their_upstream(engine: Lab, tmp_path: Path) -> None:
    flow = engine.flow()
    seen: list[int] = []
    shared = flow.from_items([1, 2, 3], partitions=2).map(counting(tmp_path))
    shared.filter(lambda n: n > 1).output(seen.append)
    shared.map(lambda n: -n).output(seen.append)
    flow.run()
    assert seen == [2, 3, -1, -2, -3]
    assert len(calls(tmp_path)) == 3


def test_datasets_of_two_flows_meet(engine: Lab) -> None:
    left, right = engine.flow("left"), engine.flow("right")
    rows = left.from_items([(1, "a")]).join(right.from_items([(1, "b")]))
    assert rows.collect() == [(1, ("a", "b"))]
    assert rows.flow is left
    assert (left.stats.name, len(right.stats.stages)) == ("left", 0)


@pytest.mark.parametrize("kind", ["inline", pytest.param("ray", marks=pytest.mark.ray)])
def test_a_changed_accumulator_does_not_leak_into_the_first_value(kind: str, request: pytest.FixtureRequest) -> None:
    if kind == "ray":
        request.getfixturevalue("local_ray")
    rows = gr.Flow(engine=kind).from_items([("a", [1]), ("a", [2]), ("a", [3])], partitions=2).cache()
    for _ in range(2):
        assert rows.reduce_by_key(lambda a, b: a.extend(b) or a).collect() == [("a", [1, 2, 3])]
        assert rows.collect() == [("a", [1]), ("a", [2]), ("a", [3])]
