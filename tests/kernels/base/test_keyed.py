"""Test tables from keys to entries: equal keys share an entry, which shows the first of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

import glowray as gr
from glowray.errors import KeyTypeError
from glowray.kernels.base.keyed import MISSING, KeyTable, keyed_row
from glowray.rows.keys import install_keys, registered_keys
from tests.oracle.exact import assert_rows
from tests.oracle.functions import KEYS
from tests.oracle.verbs import groups


@given(st.lists(st.sampled_from(KEYS), max_size=30))
def test_a_table_groups_as_python_does(keys: list[Any]) -> None:
    table = KeyTable()
    for place, key in enumerate(keys):
        entry = table.find(key)
        if entry is MISSING:
            table.entries[table.admit(key)] = [place]
        else:
            entry.append(place)
    wanted = groups((key, place) for place, key in enumerate(keys)).values()
    assert_rows([(key, entry) for key, entry in table.items()], list(wanted))


def test_keys_that_are_not_allowed() -> None:
    table = KeyTable()
    for key in ([], {}, object(), ([1],)):
        with pytest.raises(KeyTypeError):
            table.admit(key)
        with pytest.raises(KeyTypeError):
            table.find(key)


class Pair(NamedTuple):
    key: int
    value: int


def test_keyed_rows() -> None:
    pair = Pair(1, 2)
    assert keyed_row((1, 2), "join") == (1, 2)
    assert keyed_row(pair, "join") is pair
    for wrong in ([1, 2], (1,), (1, 2, 3), "ab", None, {"a": 1, "b": 2}):
        with pytest.raises(TypeError, match=r"join\(\) needs rows that are 2-tuples"):
            keyed_row(wrong, "join")
    with pytest.raises(TypeError) as caught:
        keyed_row("x" * 5000, "join")
    assert len(str(caught.value)) < 300


class Folded(str):
    """A text that equals any text with the same letters in any case, plain texts too."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and str.casefold(self) == str.casefold(other)

    def __hash__(self) -> int:
        return hash(str.casefold(self))


@pytest.fixture
def folded() -> Iterator[None]:
    before = registered_keys()
    gr.register_key(Folded, str.casefold)
    yield
    install_keys(before)


@pytest.mark.parametrize("partitions", [1, 2, 3])
def test_a_registered_key_is_never_one_of_another_type(folded: None, partitions: int) -> None:
    rows = [("a", 1), (Folded("A"), 2), (1, 3), (Folded("a"), 4), ("a", 5)]
    keyed = gr.Flow(engine="inline").from_items(rows, partitions=partitions)
    wanted = [("a", 6), ("A", 6), (1, 3)]
    assert sorted(map(repr, keyed.reduce_by_key(lambda a, b: a + b).collect())) == sorted(map(repr, wanted))
    for groups_of in (keyed.group_by_key(), keyed.local_group_by_key().reduce_by_key(lambda a, b: a + b)):
        assert sorted(map(sum, groups_of.values().collect())) == [3, 6, 6]
    assert keyed.join(keyed).count() == 4 + 4 + 1
    assert keyed.keys().distinct().count() == 3
