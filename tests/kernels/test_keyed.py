"""Tables from keys to entries: one entry for equal keys, shown as the first of them."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glowray.errors import KeyTypeError
from glowray.kernels.keyed import MISSING, KeyTable, keyed_row
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
