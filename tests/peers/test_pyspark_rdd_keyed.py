"""Test the documented examples of PySpark's RDD (4.x) with glowray's verbs: keyed rows.

A docstring of a test tells a difference, or why glowray has no single verb for the method.
"""

from __future__ import annotations

from operator import add, itemgetter
from typing import Any

import glowray as gr
from glowray.dataset import Dataset
from tests.oracle.exact import assert_rows

ONES = [("a", 1), ("b", 1), ("a", 1)]
TWO = [("a", 1), ("b", 1), ("a", 2)]


def count_value(counts: tuple[int, int], n: int) -> tuple[int, int]:
    return counts[0] + n, counts[1] + 1


def add_counts(left: tuple[int, int], right: tuple[int, int]) -> tuple[int, int]:
    return left[0] + right[0], left[1] + right[1]


def append(values: list[Any], value: Any) -> list[Any]:
    values.append(value)
    return values


def extend(left: list[Any], right: list[Any]) -> list[Any]:
    left.extend(right)
    return left


# Keys and values


def test_keys_and_values(flow: gr.Flow) -> None:
    rows = flow.from_items([(1, 2), (3, 4)])
    assert rows.keys().collect() == [1, 3]
    assert rows.values().collect() == [2, 4]


def test_collect_as_map(flow: gr.Flow) -> None:
    found = flow.from_items([(1, 2), (3, 4)]).to_dict()
    assert (found[1], found[3]) == (2, 4)


def test_map_values(flow: gr.Flow) -> None:
    rows = flow.from_items([("a", ["apple", "banana", "lemon"]), ("b", ["grapes"])])
    assert rows.map_values(lambda x: len(x)).collect() == [("a", 3), ("b", 1)]


def test_flat_map_values(flow: gr.Flow) -> None:
    rows = flow.from_items([("a", ["x", "y", "z"]), ("b", ["p", "r"])])
    assert rows.flat_map_values(lambda x: x).collect() == [("a", "x"), ("a", "y"), ("a", "z"), ("b", "p"), ("b", "r")]


def test_key_by(flow: gr.Flow) -> None:
    squares = flow.from_items(range(3)).key_by(lambda x: x * x)
    pairs = flow.from_items(zip(range(5), range(5), strict=True))
    assert sorted(squares.co_group(pairs).collect()) == [
        (0, ([0], [0])),
        (1, ([1], [1])),
        (2, ([], [2])),
        (3, ([], [3])),
        (4, ([2], [4])),
    ]


def test_lookup(sliced: gr.Flow) -> None:
    """No verb: use a filter() on the key, and values()."""
    rows = sliced.from_items(zip(range(1000), range(1000), strict=True), 10)
    for pairs in (rows, rows.sort(lambda key, value: key)):
        assert pairs.filter(lambda key, value: key == 42).values().collect() == [42]
        assert pairs.filter(lambda key, value: key == 1024).values().collect() == []
    groups = sliced.from_items([(("a", "b"), "c")]).group_by_key()
    assert groups.filter(lambda key, values: key == ("a", "b")).values().collect() == [["c"]]


def test_portable_hash(flow: gr.Flow) -> None:
    """portable_hash() is for writing partitioners. Here None and tuples with None are plain keys, in any process."""
    rows = flow.from_items([(None, 1), ((None, 1), 2), (None, 4)])
    assert rows.reduce_by_key(add).to_dict() == {None: 5, (None, 1): 2}


# Folds and counts by key


def test_reduce_by_key(flow: gr.Flow) -> None:
    assert sorted(flow.from_items(ONES).reduce_by_key(add).collect()) == [("a", 2), ("b", 1)]


def test_reduce_by_key_locally(flow: gr.Flow) -> None:
    """No verb: use reduce_by_key(f).to_dict(). Workers merge the partial dicts, not the driver."""
    assert flow.from_items(ONES).reduce_by_key(add).to_dict() == {"a": 2, "b": 1}


def test_count_by_key(flow: gr.Flow) -> None:
    """count_by_key() gives a Dataset, because a driver may not hold all keys. Use to_dict() for few."""
    assert sorted(flow.from_items(ONES).count_by_key().collect()) == [("a", 2), ("b", 1)]
    assert flow.from_items(ONES).count_by_key().to_dict() == {"a": 2, "b": 1}


def test_combine_by_key(flow: gr.Flow) -> None:
    """No verb: use aggregate_by_key() from a zero. The zero is copied for each key, so append() may change it."""
    lists: Dataset[tuple[str, list[int]]] = flow.from_items(TWO).aggregate_by_key([], append, extend)
    assert sorted(lists.collect()) == [("a", [1, 2]), ("b", [1])]


def test_combine_by_key_without_a_zero(flow: gr.Flow) -> None:
    """If only a value can begin an accumulator, make it with map_values() and merge with reduce_by_key()."""
    lists = flow.from_items(TWO).map_values(lambda value: [value]).reduce_by_key(extend)
    assert sorted(lists.collect()) == [("a", [1, 2]), ("b", [1])]


def test_aggregate_by_key(flow: gr.Flow) -> None:
    counted = flow.from_items(TWO).aggregate_by_key((0, 0), count_value, add_counts)
    assert sorted(counted.collect()) == [("a", (3, 2)), ("b", (1, 1))]


def test_fold_by_key(flow: gr.Flow) -> None:
    """No verb: use aggregate_by_key(zero, f, f)."""
    assert sorted(flow.from_items(ONES).aggregate_by_key(0, add, add).collect()) == [("a", 2), ("b", 1)]


# Groups and joins


def test_group_by(flow: gr.Flow) -> None:
    """Each group is in input order. PySpark leaves the order open."""
    groups = flow.from_items([1, 1, 2, 3, 5, 8]).group_by(lambda x: x % 2)
    assert_rows(groups.collect(), [(0, [2, 8]), (1, [1, 1, 3, 5])], ordered=False)


def test_group_by_key(flow: gr.Flow) -> None:
    """Values are a list in input order, so no iterable must be turned into one."""
    groups = flow.from_items(ONES).group_by_key()
    assert sorted(groups.map_values(len).collect()) == [("a", 2), ("b", 1)]
    assert_rows(groups.collect(), [("a", [1, 1]), ("b", [1])], ordered=False)


def test_cogroup(flow: gr.Flow) -> None:
    left, right = flow.from_items([("a", 1), ("b", 4)]), flow.from_items([("a", 2)])
    assert_rows(left.co_group(right).collect(), [("a", ([1], [2])), ("b", ([4], []))], ordered=False)


def test_group_with(flow: gr.Flow) -> None:
    """No verb: co_group() takes several datasets."""
    one, two = flow.from_items([("a", 5), ("b", 6)]), flow.from_items([("a", 1), ("b", 4)])
    three, four = flow.from_items([("a", 2)]), flow.from_items([("b", 42)])
    grouped = one.co_group(two, three, four).collect()
    assert_rows(grouped, [("a", ([5], [1], [2], [])), ("b", ([6], [4], [], [42]))], ordered=False)


def test_join(flow: gr.Flow) -> None:
    left, right = flow.from_items([("a", 1), ("b", 4)]), flow.from_items([("a", 2), ("a", 3)])
    assert left.join(right).collect() == [("a", (1, 2)), ("a", (1, 3))]


def test_left_outer_join(flow: gr.Flow) -> None:
    left, right = flow.from_items([("a", 1), ("b", 4)]), flow.from_items([("a", 2)])
    assert sorted(left.join(right, how="left").collect()) == [("a", (1, 2)), ("b", (4, None))]


def test_right_outer_join(flow: gr.Flow) -> None:
    left, right = flow.from_items([("a", 2)]), flow.from_items([("a", 1), ("b", 4)])
    assert sorted(left.join(right, how="right").collect()) == [("a", (2, 1)), ("b", (None, 4))]


def test_full_outer_join(flow: gr.Flow) -> None:
    left, right = flow.from_items([("a", 1), ("b", 4)]), flow.from_items([("a", 2), ("c", 8)])
    joined = left.join(right, how="outer")
    assert sorted(joined.collect()) == [("a", (1, 2)), ("b", (4, None)), ("c", (None, 8))]


def test_subtract_by_key(flow: gr.Flow) -> None:
    """No verb: use join(how="anti")."""
    left = flow.from_items([("a", 1), ("b", 4), ("b", 5), ("a", 2)])
    right = flow.from_items([("a", 3), ("c", None)])
    assert left.join(right, how="anti").collect() == [("b", 4), ("b", 5)]


def test_sample_by_key(sliced: gr.Flow) -> None:
    """Rows are drawn without replacement only. The fractions come first."""
    pairs = sliced.from_items("ab").cartesian(sliced.from_range(1000))
    drawn = pairs.sample_by_key({"a": 0.2, "b": 0.1}, 2).group_by_key().to_dict()
    assert 100 < len(drawn["a"]) < 300
    assert 50 < len(drawn["b"]) < 150
    assert max(drawn["a"]) <= 999 and min(drawn["a"]) >= 0
    assert set(drawn["b"]) <= set(range(1000))


# Partitions by key


def test_partition_by(sliced: gr.Flow) -> None:
    """partition_by_key() uses the key's own hash, so users write no partition function."""
    pairs = sliced.from_items([1, 2, 3, 4, 2, 4, 1]).map(lambda x: (x, x)).partition_by_key(2)
    first, second = pairs.map_partitions(lambda rows: [list(rows)]).collect()
    assert set(first) & set(second) == set()
    assert sorted(first + second) == [(1, 1), (1, 1), (2, 2), (2, 2), (3, 3), (4, 4), (4, 4)]


def test_repartition_and_sort_within_partitions(sliced: gr.Flow) -> None:
    """Use partition_by_key(sort=True), which sorts ascending. The caller does not choose which keys share a partition.

    Give keys that must meet one common key. They are then a group.
    """
    rows = sliced.from_items([(0, 5), (3, 8), (2, 6), (0, 8), (3, 8), (1, 3)])
    parts = rows.partition_by_key(2, sort=True).map_partitions(lambda part: [list(part)])
    first, second = parts.collect()
    assert sorted(first + second) == [(0, 5), (0, 8), (1, 3), (2, 6), (3, 8), (3, 8)]
    assert {key for key, _ in first} & {key for key, _ in second} == set()
    for part in (first, second):
        assert part == sorted(part, key=itemgetter(0))
    halves = rows.key_by(lambda key, value: key % 2).group_by_key()
    by_first = halves.map_values(lambda part: sorted(part, key=itemgetter(0)))
    assert by_first.to_dict() == {0: [(0, 5), (0, 8), (2, 6)], 1: [(1, 3), (3, 8), (3, 8)]}
