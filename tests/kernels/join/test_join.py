"""Test that a join over columns gives the rows of plain Python, in order, for hostile keys and values in any blocks."""

from __future__ import annotations

import itertools
import pickle
from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glowray.kernels.join import join as join_kernel
from glowray.kernels.join import matching_row_numbers as product_kernel
from glowray.kernels.join.join import join
from glowray.kernels.keys import rows_of_equal_keys as groups_kernel
from glowray.native.interface import Loops
from glowray.rows import Block
from glowray.rows.codec.chunk import Chunk
from glowray.rows.keys import canonical_key, key_codes
from tests.effort import examples
from tests.loops import using, with_each
from tests.oracle.exact import assert_rows
from tests.rows.hostile import columns_of_one_type, values
from tests.rows.keys.key_strategies import keys, nested, typed_columns

Row = tuple[Any, Any]
hows = st.sampled_from(["inner", "left", "right", "outer", "semi", "anti"])

few_keys = st.one_of(
    typed_columns.flatmap(nested),
    typed_columns,
    st.just(keys),
    st.just(st.sampled_from([1, 1.0, True, None, "a", b"a", 0.0, -0.0, float("nan"), (1, float("nan")), "é" * 9])),
).flatmap(lambda column: st.lists(column, min_size=1, max_size=4))
"""A few keys, so that rows share them. They have one type or any."""


@st.composite
def some_sides(draw: Any, most: int = 3) -> list[list[list[Row]]]:
    """Draw the sides of a join, each as blocks of rows. Many keys match. Values have one type or any."""
    own_keys = draw(few_keys)
    sides = []
    for _ in range(draw(st.integers(2, most))):
        column = draw(st.one_of(columns_of_one_type(), st.just(values)))
        rows = st.lists(st.tuples(st.sampled_from(own_keys), column), max_size=6)
        sides.append(draw(st.lists(rows, max_size=3)))
    return sides


@st.composite
def text_sides(draw: Any) -> list[list[list[Row]]]:
    """Draw sides whose keys are str, and whose values are columns without None."""
    some = st.sampled_from(draw(st.lists(st.text("abß", max_size=10), min_size=1, max_size=4)))
    kinds = [st.integers(-9, 9), st.text("xy", max_size=9), st.dates(), st.tuples(st.booleans(), st.text("z"))]
    sides = []
    for _ in range(draw(st.integers(2, 3))):
        rows = st.lists(st.tuples(some, draw(st.sampled_from(kinds))), max_size=6)
        sides.append(draw(st.lists(rows, max_size=3)))
    return sides


def wanted(sides: list[list[Row]], how: str) -> list[Any]:
    """Return the rows that plain Python joins."""
    tables: list[dict[Any, list[Any]]] = [{} for _ in sides]
    shown: dict[Any, Any] = {}
    for table, side in zip(tables, sides, strict=True):
        for key, value in side:
            table.setdefault(canonical_key(key), []).append(value)
            shown.setdefault(canonical_key(key), key)
    if how in ("semi", "anti"):
        found = [(row, [canonical_key(row[0]) in table for table in tables[1:]]) for row in sides[0]]
        return [row for row, there in found if (all(there) if how == "semi" else not any(there))]
    must = {"inner": tables, "left": tables[:1], "right": tables[-1:], "outer": []}[how]
    rows: list[Any] = []
    for place, side in enumerate(sides):
        for key, value in side:
            name = canonical_key(key)
            if any(name in table for table in tables[:place]) or not all(name in table for table in must):
                continue
            later = [table.get(name, [None]) for table in tables[place + 1 :]]
            rows += [(shown[name], values) for values in itertools.product(*[[None]] * place, [value], *later)]
    return rows


def blocks_of(side: Iterable[list[Row]]) -> list[Block]:
    return [Block.from_rows(rows) for rows in side]


def joined(sides: list[list[list[Row]]], how: str) -> list[Any]:
    return [row for block in join(list(map(blocks_of, sides)), how, "join") for row in block.rows()]


def flat(sides: list[list[list[Row]]]) -> list[list[Row]]:
    return [[row for rows in side for row in rows] for side in sides]


@pytest.mark.slow
@with_each
@settings(max_examples=examples(200))
@given(how=hows, sides=some_sides())
def test_as_plain_python(loops: Loops, how: str, sides: list[list[list[Row]]]) -> None:
    with using(loops):
        assert_rows(joined(sides, how), wanted(flat(sides), how))


@pytest.mark.slow
@given(hows, some_sides(), st.integers(1, 5))
def test_in_batches_of_any_size_and_without_copies(how: str, sides: list[list[list[Row]]], batch: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(product_kernel, "BATCH", batch)
        patch.setattr(join_kernel, "BATCH", batch)
        patch.setattr(join_kernel, "COPIED", 0)
        assert_rows(joined(sides, how), wanted(flat(sides), how))


@given(hows, some_sides())
def test_when_the_codes_of_different_keys_collide(how: str, sides: list[list[list[Row]]]) -> None:
    hashed = key_codes._hashed
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(key_codes, "_hashed", lambda parts: hashed(parts) & 1 if len(parts) > 1 else hashed(parts))
        assert_rows(joined(sides, how), wanted(flat(sides), how))


@pytest.mark.slow
@with_each
@given(how=hows, sides=some_sides())
def test_long_text_and_short(loops: Loops, how: str, sides: list[list[list[Row]]]) -> None:
    with pytest.MonkeyPatch.context() as patch, using(loops):
        patch.setattr(loops, "codes", lambda *_: False)
        assert_rows(joined(sides, how), wanted(flat(sides), how))


@with_each
@given(how=hows, sides=text_sides())
def test_text_is_numbered_or_sorted(loops: Loops, how: str, sides: list[list[list[Row]]]) -> None:
    with using(loops):
        assert_rows(joined(sides, how), wanted(flat(sides), how))


@given(sides=text_sides(), rows=st.lists(st.integers(0, 30), max_size=8), data=st.data())
def test_what_is_not_taken_yet_is_as_good_as_taken(
    sides: list[list[list[Row]]], rows: list[int], data: st.DataObject
) -> None:
    expected = Block.from_rows(wanted(flat(sides), "inner"))
    whole = [Block.concat(join(list(map(blocks_of, sides)), "inner", "join")) for _ in range(6)]
    assert len(whole[0]) == len(expected)
    places = np.array([row for row in rows if row < len(expected)], np.int64)
    start = data.draw(st.integers(0, 9))
    assert_rows(whole[0].take(places).take(np.arange(len(places))[::-1]).rows(), expected.take(places[::-1]).rows())
    assert_rows(whole[1].slice(start, 20).rows(), expected.slice(start, 20).rows())
    assert whole[2].key_hashes().tolist() == expected.key_hashes().tolist()
    buckets = np.arange(len(expected)) % 3
    filled, others = whole[3].split(buckets, 3), expected.split(buckets, 3)
    assert filled.keys() == others.keys()
    for bucket, part in filled.items():
        assert_rows(part.rows(), others[bucket].rows())
    assert_rows(pickle.loads(pickle.dumps(whole[4], protocol=5)).rows(), expected.rows())
    assert (whole[5].nbytes > 0) == (len(expected) > 0)


@given(st.lists(st.integers(0, 3), max_size=40), st.lists(st.sampled_from([0, 1, 2, 1 << 63, (1 << 63) + 1, 1 << 40])))
def test_rows_of_a_code_stand_together_in_their_order(low: list[int], codes: list[int]) -> None:
    for each in (low, codes):
        order, new = groups_kernel._together(np.array(each, np.uint64))
        assert order.tolist() == sorted(range(len(each)), key=lambda row: (each[row], row))
        ordered = [each[row] for row in order]
        assert new.tolist() == [place == 0 or ordered[place - 1] != code for place, code in enumerate(ordered)]


def test_values_that_stand_in_several_rows_are_several_values() -> None:
    sides = [[[("a", [1, 2.5]), ("a", {1: [2]})]], [[("a", {"x"}), ("a", {"y"})]]]
    rows = joined(sides, "inner")
    for _, (left, right) in rows:
        left.clear()
        right.clear()
    fresh = joined(sides, "inner")
    fresh[0][1][0].append("mine")
    fresh[0][1][1].add("mine")
    assert [row[1] for row in fresh[1:]] == [([1, 2.5], {"y"}), ({1: [2]}, {"x"}), ({1: [2]}, {"y"})]


@pytest.mark.parametrize("how", ["inner", "left", "right", "outer", "semi", "anti"])
@pytest.mark.parametrize("key", [7, "be", "longer than a word", b"", 2.5, None, (1, "a"), (2.5, None)])
def test_typed_rows_never_become_objects(monkeypatch: pytest.MonkeyPatch, how: str, key: Any) -> None:
    left, right = Block.from_rows([(key, 1), (key, 2)]), Block.from_rows([(key, ("x", 1.5))])

    def decoded(chunk: Chunk) -> list[Any]:
        raise AssertionError(f"{chunk} was decoded")

    with monkeypatch.context() as patch:
        patch.setattr(Chunk, "rows", decoded)
        blocks = list(join([[left], [right]], how, "join"))
    assert sum(map(len, blocks)) == (0 if how == "anti" else 2)
    assert not any(block.pickled_values for block in blocks)


def test_rows_that_are_not_keyed_are_refused() -> None:
    with pytest.raises(TypeError, match=r"join\(\) needs rows that are 2-tuples \(key, value\), got \[1, 2\] \(list\)"):
        joined([[[("a", 1)]], [[[1, 2]]]], "inner")  # type: ignore[list-item]


def test_a_product_of_one_key_comes_in_pieces() -> None:
    many = [("a", number) for number in range(3_000)]
    pieces = join([blocks_of([many]), blocks_of([many])], "inner", "join")
    first = next(pieces)
    assert first.rows()[3_001] == ("a", (1, 1))
    assert len(first) < 100_000
