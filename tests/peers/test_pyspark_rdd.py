"""Test the documented examples of PySpark's RDD (4.x) with glowray's verbs: rows, partitions, order.

Data and results come from PySpark's documentation. The modules beside this one have its actions and its keyed rows. A
docstring of a test tells a difference, or why glowray has no single verb for the method.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

import glowray as gr
from glowray.dataset import Dataset
from tests.oracle.exact import assert_rows

PAIRS = [("a", 1), ("b", 2), ("1", 3), ("d", 4), ("2", 5)]
BY_KEY = [("1", 3), ("2", 5), ("a", 1), ("b", 2), ("d", 4)]


def glom(rows: Dataset[Any]) -> list[list[Any]]:
    """Return the rows of each partition as a list, like PySpark's glom() and collect()."""
    return rows.map_partitions(lambda part: [list(part)]).collect()


def total(rows: Iterator[int]) -> Iterator[int]:
    yield sum(rows)


def index_only(index: int, rows: Iterator[Any]) -> Iterator[int]:
    yield index


# The dataset itself: its flow, its name, its stored rows


def test_id_and_context(flow: gr.Flow) -> None:
    """A Dataset is a plain value and needs no id(). PySpark's context is glowray's flow."""
    assert flow.from_range(5).flow is flow


def test_name_and_set_name() -> None:
    """setName() changes an RDD. A Dataset is immutable, so name a flow when you make it, and a step at its verb."""
    rows = gr.Flow("I am an RDD", engine="inline").from_items([1, 2])
    assert rows.flow.name == "I am an RDD"
    assert "map(as text)" in rows.map(str, name="as text").explain()


def test_to_debug_string(flow: gr.Flow) -> None:
    """toDebugString() gives bytes about the RDDs of the JVM. explain() gives the plan as the user wrote it."""
    plan = flow.from_range(5).map(abs).explain()
    assert "from_range" in plan
    assert "map(abs)" in plan


def test_cache_persist_unpersist(flow: gr.Flow) -> None:
    """cache() marks the RDD itself. Here it gives another Dataset, because a Dataset never changes.

    There are no storage levels and no is_cached: blocks live in the engine's store, which spills by itself.
    """
    made = gr.counter("made")

    def note(n: int) -> int:
        made.add(1)
        return n

    rows = flow.from_range(5).map(note)
    cached = rows.cache()
    assert cached is not rows
    for computed in (5, 0):
        assert cached.collect() == [0, 1, 2, 3, 4]
        assert flow.counters["made"] == computed
    cached.uncache()
    assert cached.count() == 5
    assert flow.counters["made"] == 5


def test_checkpoint_and_local_checkpoint(flow: gr.Flow, tmp_path: Any) -> None:
    """PySpark's checkpoint() marks an RDD, and the next action writes. Here it writes at once, to the caller's path.

    localCheckpoint() cuts the lineage to blocks that may be lost. Use cache(), which keeps the lineage.
    """
    kept = flow.from_range(5).map(abs).checkpoint(tmp_path / "kept")
    assert (tmp_path / "kept").is_dir()
    assert kept.count() == 5
    assert "map(abs)" not in kept.explain()


# Verbs on a row, or a partition, at a time


def test_map(flow: gr.Flow) -> None:
    assert sorted(flow.from_items(["b", "a", "c"]).map(lambda x: (x, 1)).collect()) == [("a", 1), ("b", 1), ("c", 1)]


def test_flat_map(flow: gr.Flow) -> None:
    rows = flow.from_items([2, 3, 4])
    assert sorted(rows.flat_map(lambda x: range(1, x)).collect()) == [1, 1, 1, 2, 2, 3]
    twice = rows.flat_map(lambda x: [(x, x), (x, x)])
    assert sorted(twice.collect()) == [(2, 2), (2, 2), (3, 3), (3, 3), (4, 4), (4, 4)]


def test_filter(flow: gr.Flow) -> None:
    assert flow.from_items([1, 2, 3, 4, 5]).filter(lambda x: x % 2 == 0).collect() == [2, 4]


def test_map_partitions(sliced: gr.Flow) -> None:
    assert sliced.from_items([1, 2, 3, 4], 2).map_partitions(total).collect() == [3, 7]


def test_map_partitions_with_index_and_with_split(sliced: gr.Flow) -> None:
    """No verb: a function of two parameters gets the partition's index first."""
    assert sliced.from_items([1, 2, 3, 4], 4).map_partitions(index_only).sum() == 6


def test_barrier(sliced: gr.Flow) -> None:
    """No barrier(): it starts all tasks of a stage together, for libraries whose tasks talk. Tasks of glowray never
    talk.
    """
    assert sliced.from_items([1, 2, 3, 4], 2).map_partitions(total).collect() == [3, 7]
    assert sliced.from_items([1, 2, 3, 4], 4).map_partitions(index_only).sum() == 6


def test_glom(sliced: gr.Flow) -> None:
    """No verb: map_partitions(lambda rows: [list(rows)])."""
    rows = sliced.from_items([1, 2, 3, 4], 2)
    assert sorted(rows.map_partitions(lambda part: [list(part)]).collect()) == [[1, 2], [3, 4]]


def test_pipe(flow: gr.Flow) -> None:
    assert flow.from_items(["1", "2", "", "3"]).pipe("cat").collect() == ["1", "2", "", "3"]


def test_pipe_checks_the_exit_code(flow: gr.Flow) -> None:
    """PySpark ignores a failed command unless checkCode is set. Here lost rows are always an error."""
    with pytest.raises(gr.GlowrayError, match="3"):
        flow.from_items(["1", "2"]).pipe("cat > /dev/null; exit 3").collect()


def test_foreach(flow: gr.Flow) -> None:
    printed = gr.counter("printed")
    flow.from_items([1, 2, 3, 4, 5]).for_each(lambda x: printed.add(x))
    assert flow.counters["printed"] == 15


def test_foreach_partition(flow: gr.Flow) -> None:
    """No verb: use map_partitions(f).count(), with f returning an empty iterable."""
    printed = gr.counter("printed")

    def show(rows: Iterator[int]) -> Iterable[Any]:
        for row in rows:
            printed.add(row)
        return ()

    assert flow.from_items([1, 2, 3, 4, 5]).map_partitions(show).count() == 0
    assert flow.counters["printed"] == 15


# Partitions


def test_get_num_partitions(sliced: gr.Flow) -> None:
    assert sliced.from_items([1, 2, 3, 4], 2).num_partitions == 2


def test_repartition(sliced: gr.Flow) -> None:
    """PySpark deals rows out in chunks, in no order. Here rows keep their order, and partitions have even lengths."""
    rows = sliced.from_items([1, 2, 3, 4, 5, 6, 7], 4)
    assert sorted(glom(rows)) == [[1], [2, 3], [4, 5], [6, 7]]
    assert glom(rows.repartition(2)) == [[1, 2, 3], [4, 5, 6, 7]]
    ten = glom(rows.repartition(10))
    assert len(ten) == 10
    assert [row for part in ten for row in part] == [1, 2, 3, 4, 5, 6, 7]


def test_coalesce(sliced: gr.Flow) -> None:
    """No verb: use repartition(n). It moves rows, so that the partitions become even."""
    rows = sliced.from_items([1, 2, 3, 4, 5], 3)
    assert glom(rows) == [[1], [2, 3], [4, 5]]
    assert glom(rows.repartition(1)) == [[1, 2, 3, 4, 5]]


# Samples


def test_sample(flow: gr.Flow) -> None:
    """Rows are drawn by position, so a seed gives the same rows however the input is cut. PySpark draws by partition.

    The fraction comes first. The parameter for drawing with replacement comes last.
    """
    drawn = flow.from_items(range(100)).sample(0.1, seed=81)
    assert 6 <= drawn.count() <= 14
    elsewhere = gr.Flow("another cut", engine="inline").from_items(range(100), partitions=7)
    assert drawn.collect() == elsewhere.sample(0.1, seed=81).collect()
    often = flow.from_items(range(100)).sample(2.0, seed=81, replace=True).collect()
    assert 150 < len(often) < 250
    assert len(set(often)) < len(often)


def test_random_split(sliced: gr.Flow) -> None:
    """Rows are drawn by position and stay in order. The two parts together are the whole."""
    first, second = sliced.from_items(range(500), 1).random_split([2, 3], 17)
    assert len(first.collect() + second.collect()) == 500
    assert sorted(first.collect() + second.collect()) == list(range(500))
    assert 150 < first.count() < 250
    assert 250 < second.count() < 350


def test_take_sample(flow: gr.Flow) -> None:
    """Rows are drawn without replacement only. A count above the number of rows gives all, even sys.maxsize."""
    rows = flow.from_items(range(10))
    assert len(set(rows.take_sample(5, 2))) == 5
    assert rows.take_sample(5, 2) == rows.take_sample(5, 2)
    assert len(rows.take_sample(15, 3)) == 10
    assert sorted(rows.take_sample(sys.maxsize, 3)) == list(range(10))
    assert rows.take_sample(0) == []


def test_take_sample_with_replacement(flow: gr.Flow) -> None:
    """No verb: draw positions, and join the numbered rows with them."""
    rows = flow.from_items(range(10))
    places = flow.from_items(random.Random(1).choices(range(rows.count()), k=20)).map(lambda place: (place, None))
    drawn = rows.zip_with_index().map(lambda row, place: (place, row)).join(places).map(lambda place, row, _: row)
    assert drawn.count() == 20
    assert set(drawn.collect()) <= set(range(10))


# Rows of several datasets, and rows as a set


def test_distinct(flow: gr.Flow) -> None:
    assert sorted(flow.from_items([1, 1, 2, 3]).distinct().collect()) == [1, 2, 3]


def test_distinct_keeps_the_first(flow: gr.Flow) -> None:
    """PySpark leaves open which of several equal rows stays. Here the first one stays, with its type."""
    assert_rows(flow.from_items([1, 1.0, True, 2.0, 2]).distinct().collect(), [1, 2.0], ordered=False)


def test_union_and_plus(flow: gr.Flow) -> None:
    """Datasets have no operator `+`. Use union(), which takes several."""
    rows = flow.from_items([1, 1, 2, 3])
    assert rows.union(rows).collect() == [1, 1, 2, 3, 1, 1, 2, 3]


def test_intersection(flow: gr.Flow) -> None:
    left, right = flow.from_items([1, 10, 2, 3, 4, 5]), flow.from_items([1, 6, 2, 3, 7, 8])
    assert sorted(left.intersection(right).collect()) == [1, 2, 3]


def test_subtract(flow: gr.Flow) -> None:
    left = flow.from_items([("a", 1), ("b", 4), ("b", 5), ("a", 3)])
    right = flow.from_items([("a", 3), ("c", None)])
    assert sorted(left.subtract(right).collect()) == [("a", 1), ("b", 4), ("b", 5)]


def test_cartesian(flow: gr.Flow) -> None:
    rows = flow.from_items([1, 2])
    assert sorted(rows.cartesian(rows).collect()) == [(1, 1), (1, 2), (2, 1), (2, 2)]


def test_zip(flow: gr.Flow) -> None:
    left, right = flow.from_items(range(5)), flow.from_items(range(1000, 1005))
    assert left.zip(right).collect() == [(0, 1000), (1, 1001), (2, 1002), (3, 1003), (4, 1004)]


def test_zip_needs_equal_lengths_not_equal_partitions(sliced: gr.Flow) -> None:
    """PySpark requires partitions of equal lengths. Here only the numbers of rows must be equal."""
    left = sliced.from_items(range(5), 2)
    assert left.zip(sliced.from_items("abcde", 4)).collect() == list(zip(range(5), "abcde", strict=True))
    with pytest.raises(ValueError, match="shorter"):
        left.zip(sliced.from_items("abcd", 2)).collect()


def test_zip_with_index(sliced: gr.Flow) -> None:
    rows = sliced.from_items(["a", "b", "c", "d"], 3).zip_with_index()
    assert rows.collect() == [("a", 0), ("b", 1), ("c", 2), ("d", 3)]


def test_zip_with_unique_id(sliced: gr.Flow) -> None:
    """No verb: number the rows within each partition. As in PySpark, rows are not counted first."""
    rows = sliced.from_items(["a", "b", "c", "d", "e"], 3)
    n = rows.num_partitions
    unique = rows.map_partitions(lambda index, part: ((row, place * n + index) for place, row in enumerate(part)))
    assert unique.collect() == [("a", 0), ("b", 1), ("c", 4), ("d", 2), ("e", 5)]


# Order


def test_sort_by(flow: gr.Flow) -> None:
    rows = flow.from_items(PAIRS)
    assert rows.sort(lambda x: x[0]).collect() == BY_KEY
    assert rows.sort(lambda x: x[1]).collect() == PAIRS


def test_sort_by_key(flow: gr.Flow) -> None:
    """No verb: use sort(lambda key, value: key). It has no partition count, because the order is global with any."""
    rows = flow.from_items(PAIRS)
    assert rows.sort(lambda key, value: key).first() == ("1", 3)
    for n in (1, 2):
        assert rows.repartition(n).sort(lambda key, value: key).collect() == BY_KEY
    words = ["Mary", "had", "a", "little", "lamb", "whose", "fleece", "was", "white"]
    rhyme = flow.from_items(zip(words, range(1, 10), strict=True)).sort(lambda word, n: word.lower())
    assert rhyme.keys().collect() == ["a", "fleece", "had", "lamb", "little", "Mary", "was", "white", "whose"]
    assert rhyme.take(4) == [("a", 3), ("fleece", 7), ("had", 2), ("lamb", 5)]


def test_top(flow: gr.Flow) -> None:
    """top() gives a Dataset, not a list, so more verbs may follow."""
    rows = flow.from_items([10, 4, 2, 12, 3])
    assert rows.top(1).collect() == [12]
    assert flow.from_items([2, 3, 4, 5, 6], 2).top(2).collect() == [6, 5]
    assert rows.top(3, key=str).collect() == [4, 3, 2]


def test_take_ordered(flow: gr.Flow) -> None:
    """No verb: use top(n, reverse=True)."""
    rows = flow.from_items([10, 1, 2, 9, 3, 4, 5, 6, 7], 2)
    assert rows.top(6, reverse=True).collect() == [1, 2, 3, 4, 5, 6]
    assert rows.top(6, key=lambda x: -x, reverse=True).collect() == [10, 9, 7, 6, 5, 4]
    assert flow.from_items([]).top(3, reverse=True).collect() == []
