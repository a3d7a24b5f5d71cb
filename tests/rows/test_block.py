"""Test that blocks give back their rows, and hold typed every value that Arrow can hold."""

from __future__ import annotations

import copy
import datetime as dt
import pickle
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glowray.rows import Block
from tests.effort import examples
from tests.rows.hostile import VALUES, NoFields, Plain, Point, Slotted, rows, same, values


def shipped(block: Block) -> Block:
    """Return the block as another process gets it, with its buffers out of band."""
    buffers: list[pickle.PickleBuffer] = []
    data = pickle.dumps(block, protocol=5, buffer_callback=buffers.append)
    return pickle.loads(data, buffers=[bytes(buffer) for buffer in buffers])


def assert_same(block: Block, expected: list[Any]) -> None:
    got = block.rows()
    assert len(block) == len(expected)
    assert same(got, expected), f"not the same after {block.shape}"


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_each_hostile_value_alone_and_beside_none_comes_back(value: Any) -> None:
    for batch in (
        [value],
        [value, None],
        [(1, value), (2, value)],
        [[value], []],
        [{"a": value}],
        [(None, (value, 1)), None],
    ):
        assert_same(shipped(Block.from_rows(batch)), batch)


def test_all_hostile_values_share_one_batch() -> None:
    assert_same(shipped(Block.from_rows(VALUES)), VALUES)
    keyed = [(index, value) for index, value in enumerate(VALUES)]
    block = Block.from_rows(keyed)
    assert_same(shipped(block), keyed)
    assert block.pickled_values == len(VALUES)


@settings(max_examples=examples(300), deadline=None)
@given(rows)
def test_any_rows_come_back_from_memory_and_from_bytes(batch: list[Any]) -> None:
    block = Block.from_rows(batch)
    assert_same(block, batch)
    assert_same(shipped(block), batch)
    assert_same(pickle.loads(pickle.dumps(block, protocol=4)), batch)
    assert same([row for morsel in shipped(block).morsels(3) for row in morsel], batch)


@pytest.mark.slow
@settings(max_examples=examples(150), deadline=None)
@given(st.lists(rows, max_size=4), st.data())
def test_cutting_and_putting_together_is_that_of_lists(batches: list[list[Any]], data: st.DataObject) -> None:
    block = Block.concat(shipped(Block.from_rows(batch)) for batch in batches)
    expected = [row for batch in batches for row in batch]
    assert_same(block, expected)
    start, stop = data.draw(st.integers(-9, 20)), data.draw(st.integers(-9, 20))
    assert_same(shipped(block.slice(start, stop)), expected[start:stop])
    places = data.draw(st.lists(st.integers(0, len(expected) - 1), max_size=12)) if expected else []
    assert_same(shipped(block.take(places)), [expected[place] for place in places])
    buckets = data.draw(st.lists(st.integers(0, 2), min_size=len(expected), max_size=len(expected)))
    parts = block.split(np.array(buckets, np.int64), 3)
    assert parts.keys() == set(buckets)
    for bucket, part in parts.items():
        chosen = [row for row, own in zip(expected, buckets, strict=True) if own == bucket]
        assert_same(shipped(part), chosen)
        assert_same(Block.concat([part, shipped(part)]), chosen * 2)


@given(st.lists(values, min_size=1, max_size=5))
@settings(max_examples=examples(60), deadline=None)
def test_decoded_rows_are_the_readers_own(batch: list[Any]) -> None:
    block = Block.from_rows([(1, [value], {"a": value}) for value in batch])
    before = copy.copy(block.rows())
    for row in block.rows():
        row[1].append("changed")
        row[2]["a"] = "changed"
    assert same(block.rows(), before)


def test_sets_that_are_held_pickled_are_fresh_each_time() -> None:
    block = Block.from_rows([{1}, {2}])
    block.rows()[0].add(5)
    shipped(block).rows()[0].add(6)
    assert block.rows() == [{1}, {2}]


SIMPLE: dict[str, Any] = {
    "str": "a", "int": 1, "float": 1.5, "bool": True, "bytes": b"a", "date": dt.date(2024, 1, 1),
    "datetime": dt.datetime(2024, 1, 1),
    "time": dt.time(1), "timedelta": dt.timedelta(1), "Decimal": Decimal("1.10"),
    "datetime[UTC]": dt.datetime(2024, 1, 1, tzinfo=dt.UTC),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("kind", SIMPLE)
def test_columns_of_one_type_are_typed_at_every_level(kind: str) -> None:
    value = SIMPLE[kind]
    for optional in (value, None):
        for batch in (
            [value, optional],
            [(value, 1), (optional, 2)],
            [("k", (value, {"x": value})), ("l", (optional, None)), None],
            [{"x": value, "y": [value, optional]}, {"x": optional, "y": None}],
            [Point(value, 1), Point(optional, 2), None],
            [("k", Plain(Slotted(value), (optional,)))],
            [("k", [value]), ("l", [optional, value]), ("m", [])],
            [("k", [(value, {"x": 1})]), ("l", [None])],
        ):
            block = Block.from_rows(batch)
            assert block.pickled_values == 0, block.shape
            assert_same(shipped(block), batch)


@pytest.mark.parametrize(
    ("batch", "pickled"),
    [
        ([1, 2.5], 2),
        ([True, 2], 2),
        ([(1, {1}), (2, {2})], 2),
        ([(1, (2, {1}))], 1),
        ([{"a": 1}, {"a": 1, "b": 2}], 2),
        ([{"a": 1, "b": 2}, {"b": 2, "a": 1}], 2),
        ([(2**70, 1)], 1),
        ([Plain(1, {2}), Plain(1, {3})], 2),
        ([[{1}]], 1),
        ([Decimal("1.1"), Decimal("1.10")], 2),
        ([NoFields(), None], 0),
        ([(), ()], 0),
        ([(1, 2), (1, 2, 3)], 0),
    ],
)
def test_only_what_arrow_cannot_hold_is_pickled(batch: list[Any], pickled: int) -> None:
    assert Block.from_rows(batch).pickled_values == pickled


def test_the_shape_is_told_in_words() -> None:
    batch = [("a", (1, None)), ("b", None)]
    assert Block.from_rows(batch).shape == "(str, (int, None)?)"
    assert Block.from_rows([Point([1], {"a": 2.5})]).shape == "Point(x: list[int], y: {a: float})"
    assert Block.concat([Block.from_rows([1]), Block.from_rows(["a"]), Block.from_rows([2])]).shape == "int | str"
    assert Block().shape == "no rows"


def test_small_blocks_of_one_shape_become_one_chunk() -> None:
    block = Block.concat(Block.from_rows([(index, "a")]) for index in range(20))
    assert len(block.chunks) == 1
    assert_same(block, [(index, "a") for index in range(20)])


def test_a_slice_travels_alone() -> None:
    block = Block.from_rows([("word" * 10, [index], True, {index}) for index in range(10_000)])
    buffers: list[pickle.PickleBuffer] = []
    data = pickle.dumps(block.slice(5_003, 5_013), protocol=5, buffer_callback=buffers.append)
    assert sum(len(buffer.raw()) for buffer in buffers) < 3_000
    assert len(data) < 2_000
    assert block.slice(5_003, 5_013).nbytes < 3_000


def test_buffers_are_mapped_and_not_copied() -> None:
    batch = [(float(index), "a") for index in range(1_000)]
    buffers: list[pickle.PickleBuffer] = []
    data = pickle.dumps(Block.from_rows(batch), protocol=5, buffer_callback=buffers.append)
    received = bytes(buffers[0])
    block = pickle.loads(data, buffers=[received])
    address = np.frombuffer(received, np.uint8).ctypes.data
    assert address <= block.chunks[0].columns[0].buffers()[1].address < address + len(received)
    assert_same(block, batch)


def test_columns_are_reached_by_path() -> None:
    chunk = Block.from_rows([("a", (1, 2.5)), ("b", (2, 3.5))]).chunks[0]
    assert chunk.select((1, 1)).rows() == [2.5, 3.5]
    assert chunk.select((1,)).rows() == [(1, 2.5), (2, 3.5)]
    with pytest.raises(LookupError, match="no field"):
        chunk.select((0, 0))


def test_wide_and_deep_rows_stay_whole() -> None:
    wide = [tuple(range(3_000)), tuple(range(3_000))]
    deep: Any = 1
    for _ in range(100):
        deep = (deep, "a")
    loop: list[Any] = []
    loop.append(loop)
    assert_same(shipped(Block.from_rows(wide)), wide)
    assert_same(shipped(Block.from_rows([deep, deep])), [deep, deep])
    (back,) = shipped(Block.from_rows([loop])).rows()
    assert back[0] is back


def test_indices_outside_of_the_block_are_refused() -> None:
    for index in (-1, 2):
        with pytest.raises(IndexError, match="outside of the block's 2 rows"):
            Block.from_rows([1, 2]).take([index])
