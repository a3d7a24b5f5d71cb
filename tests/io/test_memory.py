"""Test that rows from memory come once each, in order, in slices of even size."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glowray.io import Reader
from glowray.io.memory import items_reader, len_of, range_reader, source_reader


def rows_of(reader: Reader) -> list[list[Any]]:
    return [[row for morsel in reader.read(index) for row in morsel] for index in range(reader.num_partitions)]


@given(items=st.lists(st.one_of(st.integers(), st.text(), st.none(), st.tuples(st.booleans()))), n=st.integers(1, 12))
def test_items_come_back_in_even_contiguous_slices(items: list[Any], n: int) -> None:
    parts = rows_of(pickle.loads(pickle.dumps(items_reader(iter(items), n))))
    assert [row for part in parts for row in part] == items
    assert len(parts) == n
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


def test_items_are_copies() -> None:
    items = [[1], [2]]
    reader = items_reader(items)
    items[0].append(9)
    for rows in rows_of(reader):
        rows[0].append(7)
    assert rows_of(reader) == [[[1]], [[2]]]


NUMBERS = st.one_of(st.integers(-50, 50), st.integers(2**62, 2**66), st.integers(-(2**66), -(2**62)))


@given(
    start=NUMBERS,
    length=st.integers(0, 300),
    step=st.integers(-7, 7).filter(bool),
    past=st.integers(0, 6),
    n=st.integers(1, 9),
)
def test_ranges_are_those_of_python(start: int, length: int, step: int, past: int, n: int) -> None:
    stop = start + length * step - (past % abs(step)) * (1 if step > 0 else -1)
    parts = rows_of(range_reader(start, stop, step, partitions=n))
    assert [row for part in parts for row in part] == list(range(start, stop, step))
    assert len(parts) == n
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


@given(st.integers(-(10**6), 10**6), st.integers(-(10**6), 10**6), st.integers(-9, 9).filter(bool))
def test_the_length_of_a_range(start: int, stop: int, step: int) -> None:
    assert len_of(start, stop, step) == len(range(start, stop, step))


def test_morsels_of_a_long_range_meet() -> None:
    reader = range_reader(0, -1_000_000, -3, partitions=2)
    morsels = [morsel for index in range(2) for morsel in reader.read(index)]
    assert len(morsels) > 4
    assert [number for morsel in morsels for number in morsel] == list(range(0, -1_000_000, -3))


@pytest.mark.parametrize(
    ("rows", "partitions"), [(0, 1), (1, 1), (5, 5), (9, 8), (16_000_000, 8), (16_000_001, 9), (10**30, 5 * 10**23)]
)
def test_default_partitions_of_a_range(rows: int, partitions: int) -> None:
    assert range_reader(rows).num_partitions == partitions


def test_default_partitions_of_items() -> None:
    assert items_reader([]).num_partitions == 1
    assert items_reader("abc").num_partitions == 3
    assert items_reader(range(70_000)).num_partitions == 8
    assert items_reader([0] * (8 * 65_536 + 1)).num_partitions == 9


def test_wrong_use_is_found_at_once() -> None:
    for partitions in (0, -1):
        with pytest.raises(ValueError, match="at least 1"):
            items_reader([], partitions)
    for partitions in (True, 1.0, "2"):
        with pytest.raises(TypeError, match="must be an int"):
            range_reader(3, partitions=partitions)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="must not be 0"):
        range_reader(0, 1, 0)
    with pytest.raises(TypeError):
        range_reader(1.5)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="needs a function"):
        source_reader(3, 1)  # type: ignore[arg-type]


def test_a_source_yields_only_what_is_asked_for() -> None:
    def rows(index: int) -> Any:
        yield index
        raise RuntimeError("read ahead")

    morsel = iter(next(source_reader(rows, 2).read(1)))
    assert next(morsel) == 1
    with pytest.raises(TypeError, match="gave None for partition 0"):
        list(source_reader(lambda index: None, 1).read(0))  # type: ignore[arg-type,return-value]
