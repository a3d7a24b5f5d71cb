"""Test that an aggregation over columns equals add(accumulator, value) row by row."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glowray.dataset.actions.results import _add_counted
from glowray.dataset.verbs.keyed import count_one
from glowray.rows.types.kinds import Kind, TupleOf
from glowray.vectorize.columns.folds.accumulations import Accumulation, accumulation_of
from glowray.vectorize.definition.function_lookup import know
from glowray.vectorize.definition.known_function import Refused
from tests.effort import examples
from tests.vectorize.agreement import INTS, column, strategy
from tests.vectorize.running import spelled

PAIR = TupleOf((str, int))
total = 5


def named(acc: tuple[float, int], value: float) -> tuple[float, int]:
    amount, count = acc
    return amount + value / 2, count + 1


def of_a_pair(acc: tuple[int, int], row: tuple[str, int]) -> tuple[int, int]:
    text, number = row
    return acc[0] + len(text), acc[1] + number


SHAPES: list[tuple[Callable[[Any, Any], Any], Kind, Any]] = [
    (lambda acc, value: acc + value, int, 0),
    (lambda acc, value: acc + value, int, 2**62),
    (lambda acc, value: acc + value, float, 0),
    (lambda acc, value: acc + value, float, -0.0),
    (lambda acc, value: acc + value, float, 2**53 + 1),
    (lambda acc, value: acc + value, int, 0.5),
    (lambda acc, value: acc + value, bool, 0),
    (lambda acc, value: acc + value, bool, True),
    (lambda acc, value: value + acc, float, False),
    (lambda acc, value: acc + 1, str, 0),
    (lambda acc, value: acc + 1.5, str, 0),
    (count_one, PAIR, 0),
    (_add_counted, float, (0, 0)),
    (_add_counted, int, (0, 0)),
    (named, float, (0, 0)),
    (lambda acc, value: acc + len(value), str, 3),
    (lambda acc, value: acc + int(value), str, 0),
    (lambda acc, value: acc + value[1] * 2, PAIR, 0),
    (lambda acc, value: acc + (value > 3), int, 0),
    (lambda acc, value: acc + (1 if value > 0 else 0), float, 0),
    (lambda acc, value: acc + 100 // value, int, 0),
    (lambda acc, value: acc + total, int, 0),
    (lambda acc, value: max(acc, value), int, 0),
    (lambda acc, value: min(value, acc), float, 0.0),
    (lambda acc, value: max(acc, len(value)), str, 0),
    (lambda acc, value: value if value > acc else acc, str, ""),  # noqa: FURB136  (a shape of its own)
    (lambda acc, value: min(acc, value[0]), PAIR, "zzz"),
    (lambda acc, value: acc or value > 5, int, False),
    (lambda acc, value: acc and len(value) < 9, str, True),
    (lambda acc, value: acc or 100 // value > 5, int, False),
    (lambda acc, value: (acc[0] + value, acc[1] + value * value, acc[2] + 1), int, (0, 0, 0)),
    (lambda acc, value: (acc[0] + value, acc[1] + value * value), float, (0, 0.0)),
    (lambda acc, value: (min(acc[0], value), max(acc[1], value)), float, (math.inf, -math.inf)),
    (lambda acc, value: (acc[0], acc[1] + 1, value), str, ("kept", 0, "last")),
    (lambda acc, value: ((acc[0][0] + value,), acc[1] + 1), int, ((0,), 0)),
]


def accumulation(add: Callable[[Any, Any], Any], kind: Kind, zero: Any) -> Accumulation:
    made = accumulation_of(know(add, arguments=2), kind, zero)  # type: ignore[arg-type]
    assert isinstance(made, Accumulation), made.reason
    return made


@pytest.mark.parametrize(("add", "kind", "zero"), SHAPES)
@settings(max_examples=examples(40), deadline=None)
@given(data=st.data())
def test_columns_accumulate_as_calls_do(
    add: Callable[[Any, Any], Any], kind: Kind, zero: Any, data: st.DataObject
) -> None:  # fmt: skip
    made = accumulation(add, kind, zero)
    rows = data.draw(st.lists(strategy(kind), min_size=1, max_size=8))
    lifted = made.lifted(column(kind, rows), len(rows))
    if lifted is None:
        return
    folded = made.fold.fold_column(lifted, made.zero)
    if folded is not None:
        assert spelled(folded) == spelled(functools.reduce(add, rows, zero))


@pytest.mark.parametrize(("add", "kind", "zero"), SHAPES)
def test_ordinary_values_are_accumulated(add: Callable[[Any, Any], Any], kind: Kind, zero: Any) -> None:
    ordinary: dict[Any, list[Any]] = {int: [1, 2], float: [1.5, 2.5], str: ["12", "7"], bool: [True, True]}
    rows = ordinary[kind] if isinstance(kind, type) else [("a", 1), ("b", 2)]
    made = accumulation(add, kind, zero)
    lifted = made.lifted(column(kind, rows), len(rows))
    assert made.fold.fold_column(lifted, made.zero) == functools.reduce(add, rows, zero)


@pytest.mark.parametrize(
    ("add", "kind", "zero"),
    [
        (lambda acc, value: acc - value, int, 0),
        (lambda acc, value: acc + acc, int, 0),
        (lambda acc, value: acc + value * acc, int, 0),
        (lambda acc, value: acc + value, str, ""),
        (lambda acc, value: acc + value, str, 0),
        (lambda acc, value: acc + value, int, 2**63),
        (lambda acc, value: acc + value, int, None),
        (lambda acc, value: acc + value, int, 1j),
        (lambda acc, value: [*acc, value], int, []),
        (lambda acc, value: acc + [value], int, []),
        (lambda acc, value: max(acc, value), float, 0),
        (lambda acc, value: max(acc, value), int, 0.0),
        (lambda acc, value: max(acc, value), int, False),
        (lambda acc, value: acc or value, int, 0),
        (of_a_pair, PAIR, (0, 0)),
        (named, float, (0, 0, 0)),
        (lambda acc, value: (acc[1] + value, acc[0] + 1), int, (0, 0)),
        (lambda acc, value: (acc[0] + value, acc[1] + 1), int, (0, 0, 0)),
        (lambda acc, value: (acc[0] + value, acc[1] + acc[0]), int, (0, 0)),
        (lambda acc, value: (acc[0] + value,), int, 0),
        (lambda acc, value: acc + str(value), float, ""),
        (lambda total, value: total + (lambda: total)(), int, 0),
        (lambda acc, value, more=1: acc + value, int, 0),
    ],
)
def test_what_is_left_to_python(add: Callable[[Any, Any], Any], kind: Kind, zero: Any) -> None:
    assert isinstance(accumulation_of(know(add, arguments=2), kind, zero), Refused)  # type: ignore[arg-type]


@given(rows=st.lists(st.one_of(INTS, st.integers(2**62, 2**63 - 1)), min_size=1), start=st.one_of(st.none(), INTS))
def test_whole_sums_grow_as_pythons_do(rows: list[int], start: int | None) -> None:
    fold = accumulation(lambda acc, value: acc + value, int, 0).fold
    assert fold.fold_column(np.array(rows), start) == sum(rows, start or 0)


def test_a_zero_that_changes_nothing_is_left_out() -> None:
    assert accumulation(count_one, int, 0).starts() is None
    assert accumulation(count_one, int, 1).starts() == 1
    assert accumulation(lambda acc, value: acc + value, float, 0).starts() == 0.0
    assert accumulation(lambda acc, value: max(acc, value), int, 0).starts() == 0
