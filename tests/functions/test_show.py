from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from glowray.functions.show import LIMIT, cut, shown

atoms = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary()
values = st.recursive(
    atoms,
    lambda inner: (
        st.lists(inner)
        | st.lists(inner).map(tuple)
        | st.dictionaries(st.text() | st.integers(), inner)
        | st.sets(st.integers(), max_size=1)
    ),
    max_leaves=30,
)


@given(values)
def test_it_is_the_repr_where_that_is_short(value: Any) -> None:
    if len(repr(value)) <= LIMIT:
        assert shown(value) == repr(value)


@given(values, st.integers(1, 300))
def test_it_is_never_longer_than_the_limit(value: Any, limit: int) -> None:
    text = shown(value, limit)
    assert len(text) <= limit
    assert text.endswith("…") or text == repr(value)


@given(values)
def test_a_cut_text_is_the_beginning_of_the_repr(value: Any) -> None:
    text = shown(value, 20)
    # repr() looks at the whole str to choose its quotes. shown() looks only at the beginning, so texts with quotes may
    # differ.
    if text != repr(value) and "'" not in repr(value) and '"' not in repr(value):
        assert repr(value).startswith(text[:-1])


def test_a_repr_that_raises() -> None:
    class Bad:
        def __repr__(self) -> str:
            raise ValueError("no")

    name = "test_a_repr_that_raises.<locals>.Bad"
    assert shown((1, Bad())) == f"(1, <{name}, whose repr raises ValueError>)"


def test_addresses_are_left_out() -> None:
    class Plain: ...

    text = shown([Plain()])
    assert " at 0x" not in text
    assert text.endswith("test_addresses_are_left_out.<locals>.Plain object>]")


def test_sets_are_in_the_order_of_their_texts() -> None:
    assert shown({"c", "a", "b"}) == "{'a', 'b', 'c'}"
    assert shown(frozenset({"b", "a"})) == "frozenset({'a', 'b'})"
    assert shown(set()) == "set()"


def test_what_holds_itself_ends() -> None:
    ring: list[Any] = [1]
    ring.append(ring)
    assert shown(ring) == "[1, ...]"


def test_only_what_is_shown_is_looked_at() -> None:
    class Watched:
        looked = 0

        def __repr__(self) -> str:
            Watched.looked += 1
            return "w" * 50

    shown([Watched()] * 1000)
    assert Watched.looked <= 5


def test_cut() -> None:
    assert cut("abc", 3) == "abc"
    assert cut("abcd", 3) == "ab…"
