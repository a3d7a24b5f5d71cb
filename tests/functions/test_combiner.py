"""Test that each use of a combiner's start has its own copy, as copy.deepcopy makes it."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from glowray.functions.combiner import Zero

_SHARED: list[Any] = []


class Text(str):
    """A str that has attributes."""


@pytest.mark.parametrize(
    "value",
    [
        0, (0, "a"), [], {}, set(), ([], 0), ({}, [1], {2}), [[]], {"a": []}, ((), []), ((0, []), 1),
        (_SHARED, _SHARED), (_SHARED, [_SHARED]), [Text("a")], {Text("a"): 1}, bytearray(b"a"), (frozenset({1}), []),
    ],
    ids=repr,
)  # fmt: skip
def test_starts_are_copies(value: Any) -> None:
    make = Zero(value).copier()
    first, second = make(), make()
    assert shape(first) == shape(second) == shape(copy.deepcopy(value))
    assert not ids(first) & (ids(second) | ids(value))


def shape(value: Any) -> tuple[str, str, list[int]]:
    """Return the type and text of a value, and which of its changeable parts are the same object."""
    parts = changeable(value)
    return type(value).__name__, repr(value), [[id(each) for each in parts].index(id(part)) for part in parts]


def ids(value: Any) -> set[int]:
    """Return the ids of all parts of a value that can change."""
    return set(map(id, changeable(value)))


def changeable(value: Any) -> list[Any]:
    """Return a value's parts that can change, the value among them."""
    if isinstance(value, Text):
        return [value]
    if not isinstance(value, tuple | list | dict | set | bytearray | frozenset):
        return []
    items = [*value, *value.values()] if isinstance(value, dict) else list(value)
    own = [] if isinstance(value, tuple | frozenset) else [value]
    return own + [each for item in items for each in changeable(item)]
