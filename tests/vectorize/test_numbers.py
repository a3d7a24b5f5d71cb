"""Test numbers as columns: values, types, and the rows left to Python, at the edges of 64 bits and beyond."""

from __future__ import annotations

import functools
import itertools
import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glowray.rows.types.kinds import Kind
from glowray.vectorize.columns.translation.translator import translate
from glowray.vectorize.columns.vectors import intervals
from glowray.vectorize.columns.vectors.column_program import ArrowProgram
from glowray.vectorize.definition.function_lookup import know
from glowray.vectorize.definition.known_function import Refused
from tests.effort import examples
from tests.vectorize.agreement import BOOLS, EDGES, FLOATS, INTS, Function, agrees, by_kinds, check
from tests.vectorize.running import define

NEAR = st.one_of(*(st.integers(edge - 3, edge + 3) for edge in (0, 2**31, 2**53, -(2**53), 2**62, 3037000500)))
TOP, BOTTOM = st.integers(2**63 - 9, 2**63 - 1), st.integers(-(2**63), -(2**63) + 9)
RANGES = [INTS, NEAR, TOP, BOTTOM, st.integers(-9, 9), st.integers(0, 2**31), st.integers(-(2**40), -1), st.just(2**61)]
"""Ranges of values. The range of a column is found from its minimum and maximum."""

CONSTANTS = [*EDGES, 2, 3, -2, -3, 8, -8, 10, 64, 1000, 2**32, 2**62 - 1, -(2**62), 2**63 - 2, -(2**63) + 1]
OPERATORS = ["+", "-", "*", "//", "%", "/", "&", "|", "^", "<", "==", ">="]


def program(function: Callable[..., Any], *kinds: Kind) -> ArrowProgram:
    made = translate(know(function), kinds)  # type: ignore[arg-type]
    assert not isinstance(made, Refused), made.reason
    return made


@functools.cache
def of_constants(operation: str, turned: bool) -> list[tuple[Callable[[int], Any], ArrowProgram]]:
    shape = f"constant {operation} x" if turned else f"x {operation} constant"
    functions = [define(f"f = lambda x: {shape}", "f", constant=each) for each in CONSTANTS]
    return [(function, program(function, int)) for function in functions]


@pytest.mark.slow
@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("operation", OPERATORS)
@settings(max_examples=examples(15), deadline=None)
@given(rows=st.sampled_from(RANGES).flatmap(lambda values: st.lists(values, min_size=1, max_size=6)))
def test_ints_and_constants(operation: str, turned: bool, rows: list[int]) -> None:
    for function, made in of_constants(operation, turned):
        check(function, made, [rows])


OF_TWO = [define(f"f = lambda x, y: x {operation} y", "f") for operation in OPERATORS]
FIVE = st.sampled_from([*RANGES, BOOLS]).flatmap(lambda values: st.lists(values, min_size=5, max_size=5))


@settings(max_examples=examples(100), deadline=None)
@given(columns=st.lists(FIVE, min_size=2, max_size=2))
def test_two_columns(columns: list[list[int]]) -> None:
    for function in OF_TWO:
        agrees(function, [type(column[0]) for column in columns], list(zip(*columns, strict=True)))


@settings(max_examples=examples(200), deadline=None)
@given(one=st.lists(st.one_of(INTS, TOP, BOTTOM), min_size=4, max_size=4), other=st.one_of(INTS, TOP, BOTTOM))
def test_sums_that_fit_stay_columns(one: list[int], other: int) -> None:
    for function in (lambda x, y: x + y, lambda x, y: x - y):
        for column in ([other] * 4, [other, other, -1, other]):
            made = program(function, int, int)
            fitting = sum(-(2**63) <= function(x, y) < 2**63 for x, y in zip(one, column, strict=True))
            assert check(function, made, [one, column]) == fitting


ONE: list[tuple[Callable[..., Any], Kind]] = [
    (lambda x: x**2, int),
    (lambda x: x**0, int),
    (lambda x: x**1, int),
    (lambda x: x**3 - x**2, int),
    (lambda x: x**7, int),
    (lambda x: x**62, int),
    (lambda x: x << 1, int),
    (lambda x: x << 0, int),
    (lambda x: (x << 62) + x, int),
    (lambda x: x >> 3, int),
    (lambda x: x >> 62, int),
    (lambda x: x >> 1000, int),
    (lambda x: ~x, int),
    (lambda x: +x, int),
    (lambda x: +x, bool),
    (lambda x: +x, float),
    (lambda x: round(x), int),
    (lambda x: round(x), bool),
    (lambda x: round(x), float),
    (lambda x: int(x) + 1, float),
    (lambda x: float(x) * 2, int),
    (lambda x: -(-x + 1), int),
    (lambda x: abs(abs(x) - 5), int),
    (lambda x: -abs(x) * 3, float),
    (lambda x: divmod(x, 7), int),
    (lambda x: divmod(x, -8), int),
    (lambda x: divmod(-9, x)[1], int),
    (lambda x: divmod(x, 0), int),
    (lambda x: divmod(x, True), bool),
    (lambda x: (x > 3) + (x > 5) + 1, int),
    (lambda x: (x > 3) * x, int),
    (lambda x: x + True, int),
    (lambda x: x // False, int),
    (lambda x: x / 3 + 1, int),
    (lambda x: (x + 1) * (x - 1) + x, int),
    (lambda x: (x % 10) * (x % 10) * (x // 10), int),
    (lambda x: min(x, 5) + max(x, -5), int),
    (lambda x: 100 // (x % 5), int),
    (lambda x: x * 2 if x > 0 else -x, int),
    (lambda x: x % 7 if x % 2 else x // 2, int),
    (lambda x: (x - 2**62 + 1) - 60 * 60, int),
    (lambda x: x < 2.5, int),
    (lambda x: x == 2.0**63, int),
    (lambda x: 1 / x - x / 2, float),
    (lambda x: (x + 1) + (x + 1), float),
]


@pytest.mark.parametrize(("kinds", "functions"), by_kinds((function, [kind]) for function, kind in ONE))
@settings(max_examples=examples(100), deadline=None)
@given(data=st.data())
def test_functions_of_one_number(kinds: tuple[Kind, ...], functions: list[Function], data: st.DataObject) -> None:
    values: Any = {int: st.sampled_from(RANGES), float: st.just(FLOATS), bool: st.just(BOOLS)}[kinds[0]]
    rows = data.draw(values.flatmap(lambda each: st.lists(st.tuples(each), max_size=6)))
    for function in functions:
        agrees(function, kinds, rows)


def repeat_and_add(x: int) -> int:
    y = x + 1
    z = y * 2
    return (y + z) * (y - z) + y


@given(rows=st.lists(st.integers(-(2**30), 2**30), min_size=1))
def test_a_name_keeps_its_value(rows: list[int]) -> None:
    """A vector is overwritten only if no name refers to it any more."""
    made = program(repeat_and_add, int)
    column = np.array(rows)
    assert made.run([column], len(rows)).vector.tolist() == [repeat_and_add(row) for row in rows]
    assert column.tolist() == rows


@given(value=st.one_of(INTS, TOP), others=st.lists(INTS, min_size=3, max_size=3))
def test_one_value_in_memory_for_all_rows(value: int, others: list[int]) -> None:
    for function in (lambda x, y: x * 3 + y, lambda x, y: y % x, lambda x, y: x + 1):
        computed = program(function, int, int).run([np.broadcast_to(np.int64(value), 3), np.array(others)], 3)
        for row, other in enumerate(others):
            if computed.ok is None or computed.ok[row]:
                assert computed.vector[row] == function(value, other)


@pytest.mark.parametrize(
    ("function", "kinds"),
    [
        (lambda x: x**-1, [int]),
        (lambda x: 2**x, [int]),
        (lambda x: x**True, [int]),
        (lambda x: x << 63, [int]),
        (lambda x: x >> -1, [int]),
        (lambda x: x >> 1, [float]),
        (lambda x, y: x << y, [int, int]),
        (lambda x: ~x, [bool]),
        (lambda x: divmod(x, 2), [float]),
        (lambda x: x | 1, [float]),
    ],
)
def test_what_is_left_to_python(function: Callable[..., Any], kinds: list[Kind]) -> None:
    assert isinstance(translate(know(function), kinds), Refused)  # type: ignore[arg-type]


PAIRS = st.tuples(st.integers(-12, 12), st.integers(0, 6)).map(lambda pair: (pair[0], pair[0] + pair[1]))
TWO: dict[str, tuple[Any, Any]] = {
    "added": (intervals.added, operator.add),
    "subtracted": (intervals.subtracted, operator.sub),
    "multiplied": (intervals.multiplied, operator.mul),
    "floor_divided": (intervals.floor_divided, operator.floordiv),
    "remainder": (intervals.remainder, operator.mod),
    "least_of": (intervals.least_of, min),
    "greatest_of": (intervals.greatest_of, max),
}


@pytest.mark.parametrize("name", TWO)
@given(one=PAIRS, other=PAIRS)
def test_intervals_hold_all_results(name: str, one: tuple[int, int], other: tuple[int, int]) -> None:
    interval, operation = TWO[name]
    least, greatest = interval(one, other)
    divides = name in ("floor_divided", "remainder")
    for x, y in itertools.product(range(one[0], one[1] + 1), range(other[0], other[1] + 1)):
        assert (divides and not y) or least <= operation(x, y) <= greatest


@given(one=PAIRS, exponent=st.integers(0, 5))
def test_intervals_of_one_operand(one: tuple[int, int], exponent: int) -> None:
    values = range(one[0], one[1] + 1)
    assert intervals.negated(one) == (min(-x for x in values), max(-x for x in values))
    assert intervals.absolute(one) == (min(map(abs, values)), max(map(abs, values)))
    assert intervals.power(one, exponent) == (min(x**exponent for x in values), max(x**exponent for x in values))
