"""Test that groups too large for lists are the same groups, decoded as they are read."""

from __future__ import annotations

import ast
import json
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import glowray as gr
from glowray.io.spill import SpillFile
from glowray.kernels.base.context import HELD_BYTES
from glowray.kernels.group import group
from glowray.kernels.group.group import Group, grouped
from glowray.rows import Block
from glowray.rows.keys import canonical_key
from tests.effort import examples
from tests.kernels.join.test_join import blocks_of, flat, some_sides
from tests.oracle.exact import assert_rows


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every group count as a large one."""
    monkeypatch.setattr(group, "GROUP_BYTES", 0)
    monkeypatch.setattr(group, "MORSEL", 3)


def wanted(sides: list[list[Any]]) -> list[Any]:
    """Return the groups that plain Python makes."""
    found: dict[Any, Any] = {}
    for place, side in enumerate(sides):
        for key, value in side:
            _, groups = found.setdefault(canonical_key(key), (key, tuple([] for _ in sides)))
            groups[place].append(value)
    return list(found.values())


def lists(groups: Iterator[list[Any]]) -> list[Any]:
    return [(key, tuple(map(list, sides))) for morsel in groups for key, sides in morsel]


@pytest.mark.slow
@settings(max_examples=examples(200))
@given(
    some_sides(),
    st.sampled_from([3, group.MORSEL]),
    st.sampled_from([0, group.GROUP_BYTES]),
    st.sampled_from([0, 300, HELD_BYTES]),
)
def test_as_plain_python(sides: list[list[list[Any]]], morsel: int, large: int, limit: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(group, "GROUP_BYTES", large)
        patch.setattr(group, "MORSEL", morsel)
        file = SpillFile()
        found = lists(grouped(list(map(blocks_of, sides)), "co_group", limit, file))
        assert_rows(found, wanted(flat(sides)))
        assert (file.nbytes > 0) == bool(found) or limit


def in_memory(sides: list[list[Block]]) -> Iterator[list[Any]]:
    return grouped(sides, "group_by_key")


def in_runs(sides: list[list[Block]]) -> Iterator[list[Any]]:
    return grouped(sides, "group_by_key", 1)


@pytest.mark.parametrize("make", [in_memory, in_runs])
def test_a_group_is_a_sequence(tiny: None, make: Callable[[list[list[Block]]], Iterator[list[Any]]]) -> None:
    values = list(range(10))
    rows = Block.from_rows([("a", value) for value in values] + [("b", "other")])
    (key, (found,)), (_, (other,)) = [row for morsel in make([[rows]]) for row in morsel]
    assert key == "a"
    assert type(found) is Group
    assert list(found) == list(found) == values
    assert (len(found), found[0], found[-1], 7 in found, list(reversed(found))) == (10, 0, 9, True, values[::-1])
    assert list(found[2:8:3]) == [2, 5]
    assert found == values
    assert found != values[:-1]
    assert found == pickle.loads(pickle.dumps(found))
    assert list(pickle.loads(pickle.dumps(found[::-2]))) == [9, 7, 5, 3, 1]
    assert found.nbytes > 0
    assert list(other) == ["other"]
    with pytest.raises(IndexError):
        found[10]


def test_values_are_fresh_at_each_reading(tiny: None) -> None:
    found = Group(Block.from_rows([[1], [2]]), np.array([0, 1]))
    for value in found:
        value.append(0)
    assert list(found) == [[1], [2]]


@pytest.mark.parametrize("make", [in_memory, in_runs])
def test_objects_of_a_group(tiny: None, make: Callable[[list[list[Block]]], Iterator[list[Any]]]) -> None:
    """Pickled values are decoded at each read. Changing one must not change the group or another group."""
    rows = [Block.from_rows([("a", {n}), ("b", {n})]) for n in range(20)]
    (_, (found,)), (_, (others,)) = [row for morsel in make([rows]) for row in morsel]
    for value in found:
        value.add(-1)
    assert list(found) == list(others) == [{n} for n in range(20)]


@pytest.mark.slow
def test_a_group_goes_beside_the_pickle_of_its_row(tiny: None) -> None:
    ((_, (found,)),) = [
        row for morsel in grouped([[Block.from_rows([("a", n) for n in range(999)])]], "v") for row in morsel
    ]
    block = Block.from_rows([("a", found), ("b", {"a set, and": found})])
    assert block.rows() == [("a", found), ("b", {"a set, and": found})]
    assert block.rows()[0][1] is found  # the object itself, because a Group never changes
    assert block.nbytes > 8 * 999
    buffers: list[pickle.PickleBuffer] = []
    data = pickle.dumps(block, protocol=5, buffer_callback=buffers.append)
    assert len(data) < 2000
    copy = pickle.loads(data, buffers=buffers)
    assert copy.rows() == block.rows()
    again: list[pickle.PickleBuffer] = []
    pickle.dumps(copy, protocol=5, buffer_callback=again.append)
    addresses = [pa.py_buffer(buffer).address for buffer in buffers if len(buffer.raw()) > 8 * 999]
    assert addresses == [pa.py_buffer(buffer).address for buffer in again if len(buffer.raw()) > 8 * 999] != []
    assert pickle.loads(pickle.dumps(block, protocol=4)).rows() == block.rows()


@pytest.mark.parametrize("partitions", [1, 3])
def test_verbs_on_large_groups(tiny: None, partitions: int) -> None:
    rows = gr.Flow(engine="inline").from_items([(n % 3, n) for n in range(30)], partitions=partitions)
    groups = rows.group_by_key()
    assert {type(values) for _, values in groups.collect()} == {Group}
    expected = {key: list(range(key, 30, 3)) for key in range(3)}
    assert {key: list(values) for key, values in groups.collect()} == expected
    assert groups.map_values(lambda values: (sum(values), sum(values), len(values))).to_dict() == {
        key: (sum(values), sum(values), len(values)) for key, values in expected.items()
    }
    joined = rows.join(rows.filter(lambda key, n: n < 4))
    assert sorted(joined.collect()) == sorted(
        (a, (n, m)) for a, values in expected.items() for n in values for m in values if m < 4
    )


def test_a_failure_on_a_large_group_leaves_it_behind(tiny: None, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = gr.Flow(engine="inline").from_items([("a", "x" * 1000)] * 30_000, partitions=1)
    monkeypatch.setattr(Group, "__reduce__", lambda group: pytest.fail("a group was copied"))
    with pytest.raises(ZeroDivisionError) as caught:
        rows.group_by_key().map_values(lambda values: 1 // (len(values) - 30_000)).collect()
    assert [note[:20] for note in caught.value.__notes__[1:2]] == ["row: ('a', ['xxxxxxx"]
    assert "larger than" in str(caught.value.replay.hindrance())


def test_a_large_group_is_written_as_a_list(tiny: None, tmp_path: Path) -> None:
    groups = gr.Flow(engine="inline").from_items([("a", {"n": n}) for n in range(9)], partitions=1).group_by_key()
    records = groups.map(lambda key, values: {"key": key, "values": values})
    values = [{"n": n} for n in range(9)]
    assert {type(row["values"]) for row in records.collect()} == {Group}
    records.write_json(tmp_path / "json", single_file=True)
    assert json.loads((tmp_path / "json").read_text()) == {"key": "a", "values": values}
    records.map(lambda row: {"deep": [row]}).write_json(tmp_path / "deep", single_file=True)
    assert json.loads((tmp_path / "deep").read_text()) == {"deep": [{"key": "a", "values": values}]}
    groups.write_text(tmp_path / "text", single_file=True)
    assert ast.literal_eval((tmp_path / "text").read_text()) == ("a", values)
    assert records.to_arrow().to_pylist() == [{"key": "a", "values": values}]
    records.write_parquet(tmp_path / "parquet", single_file=True)
    assert gr.read_parquet(str(tmp_path / "parquet")).collect() == [{"key": "a", "values": values}]
    (row,) = groups.collect()
    assert repr(row) == "('a', <Group of 9 values>)"
