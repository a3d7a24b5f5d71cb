"""Test sample, sample_by_key, random_split and take_sample: seed and position choose rows, in the given shares."""

from __future__ import annotations

import itertools
import math
import re
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

import glowray as gr
from glowray.dataset import Dataset
from tests.engine.doubles import Lab
from tests.oracle.exact import assert_rows

SIZE = 4000

DRAWS: dict[str, Callable[[Dataset[Any], int | None], list[Any]]] = {
    "sample": lambda rows, seed: rows.sample(0.3, seed).collect(),
    "with replacement": lambda rows, seed: rows.sample(0.7, seed, replace=True).collect(),
    "by key": lambda rows, seed: rows.key_by(lambda n: n % 3).sample_by_key({0: 0.1, 1: 0.5, 2: 1}, seed).collect(),
    "split": lambda rows, seed: [part.collect() for part in rows.random_split([3, 0, 1], seed)],
    "take": lambda rows, seed: rows.take_sample(7, seed),
}


@pytest.mark.slow
@pytest.mark.parametrize("verb", DRAWS)
def test_partitions_do_not_matter(engine: Lab, verb: str) -> None:
    flow = engine.flow()
    draws = [DRAWS[verb](flow.from_range(100, partitions=n), 5) for n in (1, 2, 7)]
    assert draws[0] == draws[1] == draws[2]
    assert draws[0] != DRAWS[verb](flow.from_range(100), 6)


@pytest.mark.parametrize("verb", DRAWS)
def test_a_seed_that_is_not_given_is_drawn_at_the_call(verb: str) -> None:
    rows = gr.Flow(engine="inline").from_range(500)
    assert DRAWS[verb](rows, None) != DRAWS[verb](rows, None)


@pytest.mark.slow
def test_a_drawn_seed_stays_for_all_actions(engine: Lab) -> None:
    rows = engine.flow().from_range(200, partitions=3)
    train, test = rows.random_split([1, 1])
    assert sorted(train.collect() + test.collect()) == list(range(200))
    often = rows.sample(1.0, replace=True)
    assert often.collect() == often.collect()


def near(count: int, chance: float, size: int = SIZE) -> bool:
    """Return whether a count is within five standard deviations of the expected count."""
    return abs(count - size * chance) < 5 * math.sqrt(size * chance * (1 - chance)) + 1


@pytest.fixture
def rows() -> Dataset[int]:
    return gr.Flow(engine="inline").from_range(SIZE, partitions=3)


@pytest.mark.parametrize("mean", [0.0, 0.01, 1.0, 3.5, 50.0])
def test_numbers_of_draws_are_poissons(rows: Dataset[int], mean: float) -> None:
    found = Counter(rows.sample(mean, 1, replace=True).collect())
    times = Counter(found[n] for n in range(SIZE))
    for count in range(80):
        chance = math.exp(count * math.log(mean) - mean - math.lgamma(count + 1)) if mean else float(count == 0)
        assert near(times[count], chance), count


def test_rows_that_are_drawn_twice_are_copies(engine: Lab) -> None:
    def push(row: list[int]) -> list[int]:
        row.append(0)
        return row

    rows = engine.flow().from_items([[1], [2]]).sample(3.0, seed=2, replace=True).map(push).collect()
    assert len(rows) > 2
    assert {len(row) for row in rows} == {2}


def test_the_chances_of_keys(rows: Dataset[int]) -> None:
    drawn = rows.key_by(lambda n: n % 2).sample_by_key({0: 0.9, 1: 0.2}, seed=3)
    counts = dict(drawn.count_by_key().collect())
    assert near(counts[0], 0.9, SIZE // 2)
    assert near(counts[1], 0.2, SIZE // 2)
    values = drawn.values().collect()
    assert values == sorted(set(values))


def test_equal_keys_have_one_fraction(engine: Lab) -> None:
    keys = [1, 1.0, True, math.nan, -math.nan, (math.nan, 1), None]
    rows = engine.flow().from_items([(key, place) for place, key in enumerate(keys)])
    fractions = {1: 1.0, math.nan: 0.0, (math.nan, True): 1.0, None: 1}
    assert rows.sample_by_key(fractions, 1).values().collect() == [0, 1, 2, 5, 6]


def test_keys_without_a_fraction(engine: Lab) -> None:
    rows = engine.flow().from_items([("a", 1), ("b", 2)])
    with pytest.raises(KeyError, match=r"sample_by_key\(\) has no fraction for the key 'b'"):
        rows.sample_by_key({"a": 1.0}).collect()
    with pytest.raises(TypeError, match="2-tuple"):
        engine.flow().from_items(["ab"]).sample_by_key({"a": 1.0}).collect()


def test_a_split_deals_every_row_once(rows: Dataset[int]) -> None:
    parts = [part.collect() for part in rows.random_split([5, 0, 2, 3], seed=9)]
    assert sorted(itertools.chain.from_iterable(parts)) == list(range(SIZE))
    assert [part == sorted(part) for part in parts] == [True] * 4
    assert parts[1] == []
    assert [near(len(part), share) for part, share in zip(parts, (0.5, 0, 0.2, 0.3), strict=True)] == [True] * 4
    assert rows.random_split([0.1])[0].count() == SIZE
    assert rows.random_split([0.5, 1.5], seed=4)[0].collect() == rows.sample(0.25, seed=4).collect()


def test_splits_meet_again_in_one_action(engine: Lab) -> None:
    left, right = engine.flow().from_range(50, partitions=2).random_split([1, 2], 8)
    assert sorted(left.union(right).collect()) == list(range(50))


def test_take_sample(engine: Lab) -> None:
    rows = engine.flow().from_items("abcdef", partitions=3)
    drawn = rows.take_sample(4, seed=1)
    assert len(set(drawn)) == 4
    assert rows.take_sample(2, seed=1) == drawn[:2]
    assert sorted(rows.take_sample(100, seed=1)) == list("abcdef")
    assert rows.take_sample(0) == []
    assert_rows(engine.flow().from_items([]).take_sample(3), [])


@pytest.mark.slow
def test_all_places_are_drawn_alike() -> None:
    rows = gr.Flow(engine="inline").from_range(5).cache()
    firsts = Counter(rows.take_sample(1, seed)[0] for seed in range(200))
    assert all(near(firsts[n], 0.2, 200) for n in range(5))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda rows: rows.sample(1.5), "sample() needs a fraction from 0 to 1, got 1.5"),
        (lambda rows: rows.sample(-0.5, replace=True), "from 0 on that is finite, got -0.5"),
        (lambda rows: rows.sample(math.inf, replace=True), "got inf"),
        (lambda rows: rows.sample_by_key({1: 0.5, 2: 2}), "sample_by_key() needs a fraction from 0 to 1, got 2"),
        (lambda rows: rows.random_split([1, -1]), "random_split() needs a weight from 0 on that is finite, got -1"),
        (lambda rows: rows.random_split([1, math.nan]), "got nan"),
        (lambda rows: rows.random_split([]), "needs a weight greater than 0, got []"),
        (lambda rows: rows.random_split([0, 0.0]), "needs a weight greater than 0"),
        (lambda rows: rows.take_sample(-1), "at least 0, got -1"),
    ],
)
def test_wrong_chances(rows: Dataset[Any], call: Callable[[Dataset[Any]], Any], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        call(rows)
