"""Test the errors of rows that a verb cannot take: not keyed, not comparable, not picklable, no allowed key."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

import glowray as gr
from glowray.dataset import Dataset
from tests.dataset.errors_of import error_of
from tests.engine.doubles import Lab

NOT_KEYED: dict[str, Callable[[Dataset[int]], Dataset[Any]]] = {
    "group_by_key": lambda ds: ds.group_by_key(),
    "reduce_by_key": lambda ds: ds.reduce_by_key(max),
    "count_by_key": lambda ds: ds.count_by_key(),
    "partition_by_key": lambda ds: ds.partition_by_key(2),
    "join": lambda ds: ds.join(ds),
    "co_group": lambda ds: ds.co_group(ds),
    "keys": lambda ds: ds.keys(),
    "values": lambda ds: ds.values(),
    "map_values": lambda ds: ds.map_values(str),
    "local_group_by_key": lambda ds: ds.local_group_by_key(),
}


@pytest.mark.parametrize("partitions", [1, 3])
@pytest.mark.parametrize("verb", NOT_KEYED)
def test_rows_that_are_not_keyed_are_named(engine: Lab, verb: str, partitions: int) -> None:
    rows = engine.flow().from_items([(1, 2), "ab", (1, 2, 3)], partitions=partitions).map(lambda row: row)
    error = error_of(NOT_KEYED[verb](rows).collect)
    assert type(error) is TypeError
    assert str(error) == f"{verb}() needs rows that are 2-tuples (key, value), got 'ab' (str)"
    assert error.__notes__[0].startswith(f"in {verb}(")
    assert "row: 'ab'" in error.__notes__


@pytest.mark.parametrize("partitions", [1, 3])
@pytest.mark.parametrize("key", [[1], {}, set(), object(), bytearray(b"a"), ([],), threading.Event])
def test_keys_that_are_not_allowed_are_named(engine: Lab, key: Any, partitions: int) -> None:
    rows = engine.flow().from_items([("a", 1), ("a", 2)], partitions=partitions).map(lambda k, v: (key, v))
    for verb in (rows.group_by_key, rows.count_by_key, lambda: rows.reduce_by_key(max), rows.distinct):
        with pytest.raises(gr.KeyTypeError, match="cannot be a key"):
            verb().collect()


def test_rows_that_cannot_be_compared(engine: Lab) -> None:
    rows = engine.flow().from_items([1, "a", 2, None], partitions=2)
    for verb, run in (("sort", rows.sort().collect), ("top", rows.top(2).collect), ("min", rows.min)):
        error = error_of(run)
        assert type(error) is TypeError
        assert error.__notes__[0].startswith(f"in {verb}(")


def test_zip_of_different_lengths(engine: Lab) -> None:
    flow = engine.flow()
    for other in (range(3), range(5)):
        rows = flow.from_items(range(4), partitions=2).zip(flow.from_items(other, partitions=3))
        with pytest.raises(ValueError, match="zip\\(\\) needs two datasets of one length"):
            rows.map(lambda a, b: a).collect()
        assert rows.take(3) == [(0, 0), (1, 1), (2, 2)]


def generator_row(n: int) -> Any:
    return (x for x in ()) if n == 2 else n


@pytest.mark.parametrize(
    "run",
    [
        lambda ds: ds.collect(),
        lambda ds: ds.group_by(str).collect(),
        lambda ds: list(ds),
        lambda ds: ds.take(4),
        lambda ds: ds.repartition(2).collect(),
    ],
)
def test_a_row_that_cannot_be_pickled_is_named(engine: Lab, run: Callable[[Dataset[Any]], Any]) -> None:
    rows = engine.flow().from_items(range(4), partitions=2).map(generator_row)
    with pytest.raises(TypeError, match=r"a row must be picklable, but (map|group_by)\(\) gave one that is not"):
        run(rows)
    assert rows.take(2) == [0, 1]


def test_flat_map_needs_an_iterable(engine: Lab) -> None:
    error = error_of(engine.flow().from_items([5]).flat_map(lambda n: n).collect)
    assert type(error) is TypeError
    assert error.__notes__[0].startswith("in flat_map(")
    assert "row: 5" in error.__notes__


class Picky(Exception):
    """An exception whose pickle cannot be read: its arguments differ from those of its constructor."""

    def __init__(self, what: str, why: str) -> None:
        super().__init__(f"{what}: {why}")


@pytest.mark.parametrize("partitions", [1, 3])
def test_a_captured_thing_that_cannot_be_unpickled_is_named(engine: Lab, partitions: int) -> None:
    held = {"first": Picky("a", "b")}
    rows = engine.flow().from_items([1, 2, 3], partitions=partitions)
    mapped = rows.map(lambda n: held)
    for ending in (mapped.collect, lambda: list(mapped), mapped.first, mapped.count):
        with pytest.raises(
            TypeError, match=r"map\(\) cannot send λ n: held .*captures, held\['first'\] \(.*Picky"
        ) as caught:
            ending()
        assert "can be pickled, but not unpickled" in str(caught.value)
        assert isinstance(caught.value.__cause__, TypeError)
    with pytest.raises(TypeError, match=r"reduce\(\) cannot send .*held\['first'\]"):
        rows.reduce(lambda a, b: held).collect()


@pytest.mark.parametrize("partitions", [1, 3])
def test_a_key_that_cannot_be_one_is_told_of_with_its_row(engine: Lab, partitions: int) -> None:
    rows = engine.flow().from_items([("a", 1), ([2], 3)], partitions=partitions)
    plans = {
        "reduce_by_key": rows.reduce_by_key(max),
        "group_by_key": rows.group_by_key(),
        "count_by_key": rows.count_by_key(),
        "local_group_by_key": rows.local_group_by_key(),
    }
    for verb, plan in plans.items():
        with pytest.raises(gr.KeyTypeError, match=r"\[2\] cannot be a key: list has no equality") as caught:
            plan.collect()
        assert caught.value.__notes__[0] in (f"in {verb}()", f"in {verb}(max)")
        assert "row: ([2], 3)" in caught.value.__notes__
    with pytest.raises(TypeError, match=r"group_by_key\(\) needs rows that are 2-tuples") as refused:
        engine.flow().from_items([5], partitions=partitions).group_by_key().collect()
    assert refused.value.__context__ is None
