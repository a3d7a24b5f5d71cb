"""Test that words of typed keys are ordered as Python orders the keys."""

from __future__ import annotations

import datetime as dt
from collections import namedtuple
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glowray.kernels.sort.key_order import totals
from glowray.rows.codec.chunk import Chunk
from glowray.rows.keys.sort_words import TEXT_WORDS, sort_levels

Pair = namedtuple("Pair", "a b")

# Few distinct characters, zeros among them, and lengths around the ends of words.
texts = st.text("a\0bé\U0001f40d", max_size=20)
long_texts = st.builds(lambda n, end: "x" * n + end, st.integers(8 * TEXT_WORDS - 3, 8 * TEXT_WORDS + 3), texts)
floats = st.one_of(st.floats(), st.sampled_from([0.0, -0.0, 5e-324, -5e-324, float("nan"), -float("nan"), 2.0**53]))
integers = st.one_of(st.integers(-3, 3), st.integers(-(2**63), 2**63 - 1))
times = st.datetimes().map(lambda time: time.replace(fold=0))

KINDS: dict[str, st.SearchStrategy[Any]] = {
    "int": integers,
    "float": floats,
    "bool": st.booleans(),
    "str": st.one_of(texts, long_texts),
    "bytes": st.one_of(st.binary(max_size=18), st.sampled_from([b"", b"\0", b"\0\0", b"a", b"a\0"])),
    "date": st.dates(),
    "datetime": times,
    "datetime in UTC": times.map(lambda time: time.replace(tzinfo=dt.UTC)),
    "time": st.times().map(lambda time: time.replace(fold=0)),
    "timedelta": st.timedeltas(dt.timedelta(-(10**8)), dt.timedelta(10**8)),
    "UUID": st.integers(0, 2**128 - 1).map(lambda number: UUID(int=number)),
    "Decimal": st.integers(-(10**25), 10**25).filter(bool).map(lambda number: Decimal(number).scaleb(-3)),
}
tuples = st.sampled_from(sorted(KINDS)).flatmap(
    lambda name: st.lists(st.tuples(st.one_of(KINDS[name], st.shared(KINDS[name])), integers), min_size=1, max_size=8)
)


def words(keys: list[Any], reverse: bool, rows: Any = None) -> list[tuple[int, ...]] | None:
    levels = sort_levels(Chunk.from_rows(keys), reverse)
    if levels is None:
        return None
    return list(zip(*(level(rows).tolist() for level in levels), strict=True))


def check(keys: list[Any], reverse: bool) -> None:
    got = words(keys, reverse)
    assert got is not None
    order = totals(keys, reverse)
    for one, other, key, against in zip(got, got[1:], order, order[1:], strict=False):
        before, after = (against, key) if reverse else (key, against)
        assert (one < other) == bool(before < after)
        assert (one == other) == bool(key == against)


@pytest.mark.parametrize("name", sorted(KINDS))
def test_words_have_the_order_of_keys(name: str) -> None:
    @given(st.lists(KINDS[name], min_size=1, max_size=12), st.booleans())
    def run(keys: list[Any], reverse: bool) -> None:
        check(keys, reverse)

    run()


@pytest.mark.parametrize("reverse", [False, True])
def test_zeros_at_the_end_of_short_texts_count_beside_long_ones(reverse: bool) -> None:
    check(["", "\0", "\0\0", "a", "a\0", "a" * 200, "a" * 128, "a" * 127 + "\0", "a" * 127, ""], reverse)


@given(tuples, st.booleans())
def test_words_of_tuples(keys: list[Any], reverse: bool) -> None:
    check(keys, reverse)
    check([Pair(*key) for key in keys], reverse)
    check([(7, (key, "x")) for key in keys], reverse)


@pytest.mark.parametrize("reverse", [False, True])
def test_words_of_some_rows_are_those_of_all(reverse: bool) -> None:
    import numpy as np

    keys = [(f"{n:012}", n / 3, n % 2 == 0) for n in range(40)]
    rows = np.array([3, 39, 3, 0])
    every = words(keys, reverse)
    assert every is not None
    assert words(keys, reverse, rows) == [every[row] for row in rows.tolist()]


def test_words_of_a_slice_are_those_of_its_rows() -> None:
    chunk = Chunk.from_rows(["ab" * n for n in range(30)] + ["z"])
    levels = sort_levels(chunk.slice(5, 31), False)
    assert levels is not None
    found = list(zip(*(level(None).tolist() for level in levels), strict=True))
    assert found == sorted(found) and len(set(found)) == 26


@pytest.mark.parametrize(
    "keys",
    [[1, None], [1, 2.5], [2**63], [{"a": 1}], [[1], [2]], [(1, None)], [None], ["\ud800"], [b"a", "a"], [()], [1j]],
    ids=repr,
)
def test_keys_that_python_compares_have_none(keys: list[Any]) -> None:
    assert words(keys, False) is None
