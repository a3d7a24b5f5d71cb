"""Test that keys are numbered in order of first appearance, for every method of numbering."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glowray.kernels.keys.key_numbers import key_numbers
from glowray.native.interface import Loops
from glowray.rows.codec.chunk import Chunk
from glowray.rows.texts.taken_texts import TakenTexts
from glowray.rows.types.kinds import TupleOf
from glowray.rows.types.shape_kinds import shape_of
from glowray.vectorize.columns.vectors.block_vectors import vector_chunk
from tests.effort import examples
from tests.loops import using, with_each


def first_seen(rows: list[Any]) -> tuple[list[Any], list[int]]:
    known: dict[Any, int] = {}
    numbers = [known.setdefault(row, len(known)) for row in rows]
    return list(known), numbers


def numbered(kind: Any, chunks: list[Chunk]) -> tuple[Chunk, list[Any]]:
    numbers = key_numbers(kind)
    for chunk in chunks:
        numbers.add(chunk)
    groups = numbers.groups()
    assert len(numbers.keys()) == len(numbers)
    return numbers.keys(), groups


def in_a_row(numbers: list[Any], chunks: list[Chunk]) -> list[int]:
    assert list(map(len, numbers)) == list(map(len, chunks))
    return list(np.concatenate(numbers).tolist())


@settings(max_examples=examples(40), deadline=None)
@given(
    seed=st.integers(0, 2**32), count=st.integers(1, 40_000), spread=st.integers(1, 170_000),
    least=st.sampled_from([0, -17, 2**62, -(2**63), 2**63 - 170_001]),
)  # fmt: skip
def test_ints_close_together_and_far_apart(seed: int, count: int, spread: int, least: int) -> None:
    keys = np.random.default_rng(seed).integers(0, spread, count) + np.int64(least)
    half = count // 2
    chunks = [Chunk(shape_of(int), [pa.array(part)], len(part)) for part in (keys[:half], keys[half:])]
    found, numbers = numbered(int, chunks)
    assert (found.rows(), in_a_row(numbers, chunks)) == first_seen(keys.tolist())


@pytest.mark.parametrize(
    "rows", [[-(2**63), 2**63 - 1, -(2**63)] * 2000, list(range(70_000)), [7] * 9000, [0, 8999] * 3]
)
def test_ends_of_the_range(rows: list[int]) -> None:
    chunks = [Chunk.from_rows(rows)]
    found, numbers = numbered(int, chunks)
    assert (found.rows(), in_a_row(numbers, chunks)) == first_seen(rows)


@with_each
@given(rows=st.lists(st.one_of(st.sampled_from("abc"), st.text(st.characters(exclude_categories=["Cs"])))))
def test_texts(loops: Loops, rows: list[str]) -> None:
    chunks = [Chunk.from_rows(["b"]), Chunk(shape_of(str), [pa.array(rows, pa.large_string())], len(rows))]
    with using(loops):
        found, numbers = numbered(str, chunks)
    assert (found.rows(), in_a_row(numbers, chunks)) == first_seen(["b", *rows])


@given(rows=st.lists(st.one_of(st.just(float("nan")), st.sampled_from([0.0, -0.0, 1.5])), min_size=1))
def test_floats(rows: list[float]) -> None:
    chunks = [Chunk.from_rows([0.0]), Chunk.from_rows(rows)]
    _, numbers = numbered(float, chunks)
    assert (
        in_a_row(numbers, chunks) == first_seen(list(map(str, [0.0, *(row + 0 for row in rows)])))[1]
    )  # -0.0 + 0 is 0.0


KEYS: list[tuple[Any, st.SearchStrategy[Any]]] = [
    (str, st.sampled_from(["a", "b", "nightingale", ""])),
    (int, st.sampled_from([0, 1, -1, 2**62])),
    (bool, st.booleans()),
    (TupleOf((int, str)), st.tuples(st.integers(0, 1), st.sampled_from("ab"))),
    (TupleOf((str, str)), st.tuples(st.sampled_from(["", "a", "nightingale"]), st.sampled_from(["", "a", "ab"]))),
    (
        TupleOf((TupleOf((str, bool)), int)),
        st.tuples(
            st.tuples(st.sampled_from("ab"), st.booleans()),
            st.sampled_from([0, 127, 128, -129, 2**15, -(2**31) - 1, 2**63 - 1, -(2**63)]),
        ),
    ),
    (TupleOf((float, str)), st.tuples(st.sampled_from([0.5, 2.0]), st.sampled_from("ab"))),
]


@with_each
@pytest.mark.parametrize(("kind", "values"), KEYS)
@given(data=st.data())
def test_a_key_keeps_its_number(loops: Loops, kind: Any, values: st.SearchStrategy[Any], data: st.DataObject) -> None:
    some = st.lists(st.lists(values, min_size=1), min_size=1, max_size=3)
    known: dict[Any, int] = {}
    with using(loops):
        numbers = key_numbers(kind)
        for batch in data.draw(st.lists(some, min_size=1, max_size=3)):
            for rows in batch:
                numbers.add(Chunk.from_rows(rows))
            expected = [[known.setdefault(row, len(known)) for row in rows] for rows in batch]
            assert [own.tolist() for own in numbers.groups()] == expected
            assert (len(numbers), numbers.keys().rows()) == (len(known), list(known))


@with_each
def test_fields_that_need_more_and_more_bytes(loops: Loops) -> None:
    rows = [(f"text {n}", n * n) for n in range(400)]
    chunks = [Chunk.from_rows(rows[start : start + 100] + rows[:start]) for start in range(0, 400, 100)]
    with using(loops):
        found, numbers = numbered(TupleOf((str, int)), chunks)
    assert found.rows() == rows
    assert in_a_row(numbers, chunks) == first_seen([row for chunk in chunks for row in chunk.rows()])[1]


@with_each
@given(
    column=st.lists(st.text("abß", max_size=10), min_size=1, max_size=8),
    batches=st.lists(
        st.tuples(st.booleans(), st.lists(st.integers(0, 7), min_size=1, max_size=6)), min_size=1, max_size=6
    ),
)
def test_texts_that_are_taken_of_a_column_again_and_again(
    loops: Loops, column: list[str], batches: list[tuple[bool, list[int]]]
) -> None:
    arrays = [pa.array(texts, pa.large_string()) for texts in (column, column[::-1])]
    rows: list[str] = []
    chunks: list[Chunk] = []
    with using(loops):
        numbers = key_numbers(str)
        for other, drawn in batches:
            places = np.array(drawn, np.int64) % len(column)
            rows += arrays[other].take(pa.array(places)).to_pylist()
            chunks.append(vector_chunk(str, TakenTexts(arrays[other], places), len(places)))
            numbers.add(chunks[-1])
        groups = numbers.groups()
        assert in_a_row(groups, chunks) == first_seen(rows)[1]
        assert numbers.keys().rows() == first_seen(rows)[0]
