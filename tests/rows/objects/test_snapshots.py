"""Test that a snapshot never changes, is shown like its row, and runs no code of the row's class."""

from __future__ import annotations

import collections
import copy
import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glowray.rows.objects.snapshots import snapshot

atoms = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary()
rows = st.recursive(
    atoms,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text(max_size=3), inner, max_size=4)
    ),
    max_leaves=12,
)


def changeable(value: Any) -> list[Any]:
    """Return all lists and dicts in a row."""
    if isinstance(value, list | tuple | dict):
        items = value.values() if isinstance(value, dict) else value
        return [*([] if isinstance(value, tuple) else [value]), *(each for item in items for each in changeable(item))]
    return []


@given(rows)
def test_a_snapshot_outlives_every_change(row: Any) -> None:
    wanted, kept = copy.deepcopy(row), snapshot(row)
    assert kept == wanted and type(kept) is type(wanted)
    for each in changeable(row):
        each.clear()
    assert kept == wanted


@dataclasses.dataclass
class Plain:
    n: int
    tags: list[int]

    def __copy__(self) -> Any:
        raise AssertionError("the user's code ran")

    __deepcopy__ = __reduce__ = __reduce_ex__ = __copy__  # type: ignore[assignment]


class Slotted:
    __slots__ = ("missing", "n", "tags")

    def __init__(self, n: int, tags: list[int]) -> None:
        self.n, self.tags = n, tags

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Slotted) and (self.n, self.tags) == (other.n, other.tags)

    __hash__ = None  # type: ignore[assignment]


Named = collections.namedtuple("Named", "n tags")
OBJECTS: dict[str, Callable[[], Any]] = {
    "dataclass": lambda: Plain(1, [2]),
    "slots": lambda: Slotted(1, [2]),
    "named tuple": lambda: Named(1, [2]),
    "inside": lambda: {"a": [Plain(1, [2])]},
    "deque": lambda: collections.deque([[1]], maxlen=3),
    "counter": lambda: collections.Counter("aab"),
    "defaultdict": lambda: collections.defaultdict(list, {"a": [1]}),
    "ordered": lambda: collections.OrderedDict(a=[1]),
    "set": lambda: {1, 2},
    "bytearray": lambda: bytearray(b"ab"),
}


@pytest.mark.parametrize("name", OBJECTS)
def test_objects(name: str) -> None:
    row, wanted = OBJECTS[name](), OBJECTS[name]()
    kept = snapshot(row)
    assert type(kept) is type(wanted) and kept is not row
    for each in [getattr(row, "tags", None), *(row if isinstance(row, collections.deque) else [])]:
        if each is not None:
            each.append("changed")
    if isinstance(row, dict):
        for value in row.values():
            if isinstance(value, list):
                value.append("changed")
    if hasattr(row, "n") and not isinstance(row, tuple):
        row.n = "changed"
    if hasattr(row, "clear"):
        row.clear()
    assert kept == wanted


def test_arrays() -> None:
    row = np.arange(3)
    kept = snapshot((row, 1))
    row[:] = 7
    assert kept[0].tolist() == [0, 1, 2]


def test_a_row_that_holds_itself() -> None:
    row: list[Any] = [1]
    row.append(row)
    kept = snapshot(row)
    row[0] = 2
    assert kept[0] == 1 and kept[1] is kept


def test_what_cannot_be_copied_is_itself() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    for row in (deep, iter([1]), len, int):
        assert snapshot(row) is row


def test_lists_of_numbers_in_a_row_are_copied_once() -> None:
    """A list of immutable values is copied whole. Two references to it become two references to one copy."""
    shared = [1, 2.5, "a"]
    row = ("key", [shared, shared], {"n": 1, "tags": shared})
    kept = snapshot(row)
    shared.append("changed")
    assert kept == ("key", [[1, 2.5, "a"]] * 2, {"n": 1, "tags": [1, 2.5, "a"]})
    assert kept[1][0] is kept[1][1] is kept[2]["tags"]
