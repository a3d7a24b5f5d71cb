"""Test examples that the law does not draw: spread, order, defaults, actions that give one value."""

from __future__ import annotations

import math
import queue
from collections.abc import Iterator
from typing import Any

import pytest

import glowray as gr
from tests.engine.doubles import Lab
from tests.oracle.exact import assert_rows

NAN = float("nan")


def test_spread_of_rows(engine: Lab) -> None:
    rows = engine.flow().from_items([("a", 1), ("b", 2)])
    assert rows.map(lambda word, n: word * n).collect() == ["a", "bb"]
    assert rows.filter(lambda word, n: n > 1).collect() == [("b", 2)]
    assert rows.flat_map(lambda word, n: [word] * n).collect() == ["a", "b", "b"]
    assert rows.key_by(lambda word, n: n).keys().collect() == [1, 2]
    assert sorted(rows.group_by(lambda word, n: n).keys().collect()) == [1, 2]
    assert rows.sort(lambda word, n: -n).keys().collect() == ["b", "a"]
    assert rows.top(1, lambda word, n: n).collect() == [("b", 2)]
    assert rows.map(lambda row: len(row)).collect() == [2, 2]
    assert rows.map(lambda word, *rest: (word, rest)).collect() == [(("a", 1), ()), (("b", 2), ())]
    assert rows.map(gr.spread(max), on_error="skip").collect() == []
    assert rows.map(gr.whole(str)).collect() == ["('a', 1)", "('b', 2)"]


def test_spread_of_list_rows(engine: Lab) -> None:
    rows = engine.flow().from_items(["a;1", "b;2"]).map(lambda line: line.split(";"))
    assert rows.map(lambda word, n: word * int(n)).collect() == ["a", "bb"]
    assert rows.filter(lambda word, n: n > "1").collect() == [["b", "2"]]
    assert rows.flat_map(lambda word, n: [word] * int(n)).collect() == ["a", "b", "b"]
    assert rows.key_by(lambda word, n: n).collect() == [("1", ["a", "1"]), ("2", ["b", "2"])]
    assert sorted(rows.group_by(lambda word, n: n).collect()) == [("1", [["a", "1"]]), ("2", [["b", "2"]])]
    assert rows.sort(lambda word, n: -int(n)).collect() == [["b", "2"], ["a", "1"]]
    assert rows.top(1, lambda word, n: n).collect() == [["b", "2"]]
    assert rows.distinct(lambda word, n: len(word)).collect() == [["a", "1"]]
    assert rows.map(gr.spread(max)).collect() == ["a", "b"]
    keyed = rows.key_by(lambda word, n: n)
    assert keyed.map_values(lambda word, n: word + n).collect() == [("1", "a1"), ("2", "b2")]
    assert keyed.flat_map_values(lambda word, n: [word, n]).collect() == [
        ("1", "a"), ("1", "1"), ("2", "b"), ("2", "2"),
    ]  # fmt: skip
    seen: list[str] = []
    rows.output(lambda word, n: seen.append(word + n))
    rows.flow.run()
    assert seen == ["a1", "b2"]


def test_a_list_is_no_keyed_row(engine: Lab) -> None:
    flow = engine.flow()
    with pytest.raises(TypeError, match=r"takes 3 parameters, but the row \['k', \(1, 2\)\] has 2 fields"):
        flow.from_items([["k", (1, 2)]]).map(lambda key, a, b: a).collect()
    with pytest.raises(TypeError, match=r"takes 3 parameters, but the row \('k', \[1, 2\]\) has 2 fields"):
        flow.from_items([("k", [1, 2])]).map(lambda key, a, b: a).collect()
    with pytest.raises(TypeError, match=r"map_values\(\) needs rows that are 2-tuples"):
        flow.from_items([["k", 1]]).map_values(lambda value: value).collect()


def test_spread_of_keyed_rows_and_values(engine: Lab) -> None:
    flow = engine.flow()
    joined = flow.from_items([("k", 1)]).join(flow.from_items([("k", 2)]), flow.from_items([("k", 3)]))
    assert joined.map(lambda key, a, b, c: (key, a + b + c)).collect() == [("k", 6)]
    assert joined.map(lambda key, values: values).collect() == [(1, 2, 3)]
    assert joined.map_values(lambda a, b, c: a * b * c).collect() == [("k", 6)]
    assert joined.flat_map_values(lambda a, b, c: [a, c]).collect() == [("k", 1), ("k", 3)]


def test_reducers_are_never_spread(engine: Lab) -> None:
    rows = engine.flow().from_items([(1, 2), (3, 4), (5, 6)], partitions=2)
    assert rows.reduce(lambda a, b: (a[0] + b[0], a[1] + b[1])).collect() == [(9, 12)]
    assert rows.map_partitions(lambda index, part: part).collect() == [(1, 2), (3, 4), (5, 6)]


def test_a_fold_is_made_partition_by_partition() -> None:
    """The partitions define the association of a fold, on any engine. Sums of floats show it."""
    numbers = [0.1 * n for n in range(1, 24)]
    flow = gr.Flow(engine="inline")
    parts = flow.from_items(numbers, partitions=4).map_partitions(lambda rows: [list(rows)]).collect()
    partials = []
    for part in parts:
        total = part[0]
        for number in part[1:]:
            total = total + number
        partials.append(total)
    wanted = partials[0] + partials[1] + partials[2] + partials[3]
    assert flow.from_items(numbers, partitions=4).reduce(lambda a, b: a + b).collect() == [wanted]
    keyed = flow.from_items([("k", number) for number in numbers], partitions=4)
    assert keyed.reduce_by_key(lambda a, b: a + b).collect() == [("k", wanted)]


def test_nan_sorts_last(engine: Lab) -> None:
    rows = engine.flow().from_items([2.0, NAN, 1, (-NAN), 3], partitions=3)
    for reverse, wanted in ((False, [1, 2.0, 3]), (True, [3, 2.0, 1])):
        got = rows.sort(reverse=reverse).collect()
        assert got[:3] == wanted
        assert all(map(math.isnan, got[3:]))
    assert rows.top(2).collect() == [3, 2.0]
    assert rows.top(2, reverse=True).collect() == [1, 2.0]
    assert (rows.min(), rows.max()) == (1, 3)
    only = engine.flow().from_items([NAN])
    assert math.isnan(only.min())
    assert math.isnan(only.max())


def test_nan_is_one_key(engine: Lab) -> None:
    rows = engine.flow().from_items(
        [(NAN, 1), (float("nan"), 2), ((NAN, 1), 3), ((float("nan"), True), 4)], partitions=4
    )
    groups = rows.group_by_key().values().collect()
    assert sorted(groups) == [[1, 2], [3, 4]]


def test_equal_keys_of_different_types_show_as_the_first(engine: Lab) -> None:
    rows = engine.flow().from_items(
        [(True, "a"), (1, "b"), (1.0, "c"), ("1", "d"), (b"1", "e"), (None, "f")], partitions=3
    )
    assert_rows(
        rows.group_by_key().collect(),
        [(True, ["a", "b", "c"]), ("1", ["d"]), (b"1", ["e"]), (None, ["f"])],
        ordered=False,
    )


@pytest.mark.parametrize("how", ["inner", "left", "right", "outer", "semi", "anti"])
def test_joins_of_three(engine: Lab, how: str) -> None:
    flow = engine.flow()
    a = flow.from_items([("x", 1), ("y", 2), ("z", 3), ("x", 4)], partitions=3)
    b = flow.from_items([("x", "b"), ("y", "b")])
    c = flow.from_items([("x", "c"), ("w", "c")])
    wanted = {
        "inner": [("x", (1, "b", "c")), ("x", (4, "b", "c"))],
        "left": [("x", (1, "b", "c")), ("x", (4, "b", "c")), ("y", (2, "b", None)), ("z", (3, None, None))],
        "right": [("x", (1, "b", "c")), ("x", (4, "b", "c")), ("w", (None, None, "c"))],
        "outer": [
            *[("x", (1, "b", "c")), ("x", (4, "b", "c")), ("y", (2, "b", None))],
            *[("z", (3, None, None)), ("w", (None, None, "c"))],
        ],
        "semi": [("x", 1), ("x", 4)],
        "anti": [("z", 3)],
    }[how]
    assert_rows(a.join(b, c, how=how).collect(), wanted, ordered=False)


def test_a_present_none_is_not_an_absent_side(engine: Lab) -> None:
    flow = engine.flow()
    left, right = flow.from_items([("a", None)]), flow.from_items([("a", 1)])
    assert left.join(right).collect() == [("a", (None, 1))]
    assert left.join(right, how="semi").collect() == [("a", None)]
    assert left.join(right, how="anti").collect() == []


def test_actions_of_one_value(engine: Lab) -> None:
    flow = engine.flow()
    numbers = flow.from_items([3, 1, 2], partitions=2)
    assert (numbers.count(), numbers.sum(), numbers.min(), numbers.max(), numbers.mean()) == (3, 6, 1, 3, 2.0)
    assert numbers.max(key=lambda n: -n) == 1
    assert numbers.first() == 3
    assert numbers.take(9) == [3, 1, 2]
    assert not numbers.is_empty()
    assert flow.from_items([]).is_empty()
    assert flow.from_items([("a", 1), ("b", 2), ("a", 3)]).to_dict() == {"a": 3, "b": 2}
    assert flow.from_items([]).to_dict() == {}


def test_ties_of_min_and_max_are_the_first(engine: Lab) -> None:
    rows = engine.flow().from_items([("a", 1), ("b", 1), ("c", 0), ("d", 0)], partitions=3)
    assert rows.max(key=lambda name, n: n) == ("a", 1)
    assert rows.min(key=lambda name, n: n) == ("c", 0)
    assert rows.top(3, key=lambda name, n: n).collect() == [("a", 1), ("b", 1), ("c", 0)]


def test_mean_of_large_ints_is_exact(engine: Lab) -> None:
    assert engine.flow().from_items([2**70, 2**70 + 2]).sum() == 2**71 + 2
    assert engine.flow().from_items([2**52, 2**52 + 2]).mean() == 2**52 + 1


@pytest.mark.slow
def test_a_drawn_seed_stays(engine: Lab) -> None:
    rows = engine.flow().from_range(200, partitions=3).sample(0.5)
    assert rows.collect() == rows.collect()
    assert 0 < rows.count() < 200


def test_a_sample_does_not_depend_on_partitions(engine: Lab) -> None:
    flow = engine.flow()
    samples = [flow.from_range(100, partitions=n).sample(0.3, seed=5).collect() for n in (1, 2, 7)]
    assert samples[0] == samples[1] == samples[2]
    assert flow.from_range(100).sample(0.0, seed=5).collect() == []
    assert flow.from_range(100).sample(1.0, seed=5).collect() == list(range(100))


def test_iteration_streams(engine: Lab) -> None:
    rows = iter(engine.flow().from_range(100, partitions=10))
    assert isinstance(rows, Iterator)
    assert [next(rows), next(rows)] == [0, 1]
    assert sum(rows) == sum(range(2, 100))


def test_two_iterations_at_once(engine: Lab) -> None:
    numbers = engine.flow().from_range(20, partitions=4)
    assert list(zip(numbers, numbers, strict=True)) == [(n, n) for n in range(20)]


def test_empty_everything(engine: Lab) -> None:
    flow = engine.flow()
    nothing = flow.from_items([], partitions=3)
    for made in (
        nothing.map(str),
        nothing.sort(),
        nothing.top(3),
        nothing.distinct(),
        nothing.group_by_key(),
        nothing.reduce_by_key(max),
        nothing.join(nothing),
        nothing.cartesian(flow.from_items([1])),
        nothing.zip(nothing),
        nothing.zip_with_index(),
        nothing.union(nothing),
        nothing.limit(2),
        nothing.repartition(4),
        nothing.reduce(max),
        nothing.sample(0.5),
        nothing.subtract(flow.from_items([1])),
        nothing.sample(2.0, replace=True),
        nothing.sample_by_key({}),
        *nothing.random_split([1, 2]),
        nothing.reverse(),
        nothing.take_while(bool),
        nothing.drop_while(bool),
        nothing.sliding(2),
        nothing.sum_by_key(),
        nothing.top_by_key(2),
        nothing.partition_by_key(2, sort=True),
        nothing.cache(),
        nothing.local_sort().merge_sorted(),
    ):
        assert made.collect() == []
    assert nothing.aggregate(7, max, max).collect() == [7]
    assert (nothing.count(), nothing.sum(), list(nothing), nothing.take(3)) == (0, 0, [], [])


def test_a_queue_is_fed_in_order_and_ended(engine: Lab) -> None:
    flow = engine.flow()
    rows: queue.Queue[Any] = queue.Queue()
    same = flow.from_range(5, partitions=2).output(rows)
    assert rows.empty()
    flow.run()
    assert [rows.get_nowait() for _ in range(6)] == [0, 1, 2, 3, 4, None]
    assert same.count() == 5


def test_a_queue_ends_when_the_job_fails(engine: Lab) -> None:
    flow = engine.flow()
    rows: queue.Queue[Any] = queue.Queue()
    flow.from_items([1, 0]).map(lambda n: 1 / n).output(rows)
    with pytest.raises(ZeroDivisionError):
        flow.run()
    assert rows.get_nowait() is None


def test_partition_functions_see_their_own_index_in_a_union(engine: Lab) -> None:
    flow = engine.flow()
    left, right = (
        flow.from_items(rows, partitions=2).map_partitions(lambda index, part: [(index, row) for row in part])
        for rows in ("ab", "cd")
    )
    assert left.union(right).collect() == [(0, "a"), (1, "b"), (0, "c"), (1, "d")]
    assert left.union(right).union(right).map_partitions(lambda index, part: [index]).collect() == list(range(6))
    sources = [flow.from_source(lambda index: [index], 2) for _ in range(2)]
    assert sources[0].union(*sources).collect() == [0, 1, 0, 1, 0, 1]


def test_semi_and_anti_joins_give_rows_as_they_are(engine: Lab) -> None:
    flow = engine.flow()
    left = flow.from_items([(1, "a"), (1.0, "b"), (True, "c"), (2.0, "d")], partitions=2)
    right = flow.from_items([(1, None)])
    assert sorted(map(repr, left.join(right, how="semi").collect())) == ["(1, 'a')", "(1.0, 'b')", "(True, 'c')"]
    assert left.join(right, how="anti").collect() == [(2.0, "d")]
