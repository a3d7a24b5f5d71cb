from __future__ import annotations

import collections
import dataclasses
import functools
import inspect
import operator
from typing import Any

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glowray.functions import Function, spread, spread_arguments, whole
from glowray.rows.objects import pickling

values = st.integers() | st.text(max_size=2) | st.none() | st.lists(st.integers(), max_size=2)
tuples = st.lists(values, max_size=5).map(tuple)
lists = st.lists(values, max_size=5)
keyed = st.tuples(values, tuples | lists)


def taking(count: int) -> Any:
    names = ", ".join(f"p{i}" for i in range(count))
    return eval(f"lambda {names}: ({names},)")


def applied(call: Any, row: Any, verb: str = "map") -> Any:
    function = Function.of(call, verb)
    return function.call(*function.arguments(row))


@given(st.integers(2, 6), tuples | lists | keyed | keyed.map(list) | values)
def test_spread_against_its_definition(count: int, row: Any) -> None:
    function = Function.of(taking(count), "map")
    assert function.spread == count
    flat = (row[0], *row[1]) if isinstance(row, tuple) and len(row) == 2 and isinstance(row[1], tuple) else None
    if isinstance(row, tuple | list) and len(row) == count:
        assert applied(taking(count), row) == tuple(row)
    elif flat is not None and len(flat) == count:
        assert applied(taking(count), row) == flat
    else:
        label = "λ at <string>:1"
        with pytest.raises(TypeError, match=rf"map\(\): {label} takes {count} parameters, but the row .* (has|is)"):
            function.arguments(row)


@given(tuples | keyed | values)
def test_functions_that_take_the_row_whole(row: Any) -> None:
    for call in (lambda row: row, lambda k, *rest: k, lambda k, n=1: k, lambda *rows: rows[0], whole(lambda row: row)):
        assert Function.of(call, "map").spread is None
        assert applied(call, row) is row


@dataclasses.dataclass
class Point:
    x: int
    y: int

    def scaled(self, by: int, times: int) -> int:
        return self.x * by * times


Pair = collections.namedtuple("Pair", "left right")


class Adder:
    def __call__(self, a: int, b: int) -> int:
        return a + b


@pytest.mark.parametrize(
    ("call", "row", "expected"),
    [
        (lambda word, n: word * n, ("ab", 2), "abab"),
        (lambda key, left, right: (key, left, right), ("k", (1, 2)), ("k", 1, 2)),
        (lambda key, value: value, ("k", (1, 2)), (1, 2)),
        (lambda a, b, c=7: (a, b, c), (1, 2), (1, 2, 7)),
        (lambda a, b, *rest: (a, b, rest), (1, 2), (1, 2, ())),
        (Point, (1, 2), Point(1, 2)),
        (Pair, (1, 2), Pair(1, 2)),
        (Point(3, 4).scaled, (2, 5), 30),
        (Adder(), (1, 2), 3),
        (functools.partial(lambda a, b, c: (a, b, c), 0), (1, 2), (0, 1, 2)),
        (functools.partial(lambda a, b: (a, b), 0), (1, 2), (0, (1, 2))),
        (lambda a, b: a + b, Pair(1, 2), 3),
        (lambda key, a, b: a + b, ("k", Pair(1, 2)), 3),
        (len, (1, 2, 3), 3),
        (operator.itemgetter(1), (1, 2), 2),
        (str, (1, 2), "(1, 2)"),
        (lambda word, n: word * n, ["ab", 2], "abab"),
        (lambda key, pair: pair, ["k", (1, 2)], (1, 2)),
        (lambda key, pair: pair, ("k", [1, 2]), [1, 2]),
        (spread(max), (3, 5), 5),
        (spread(max), [3, 5], 5),
        (spread(lambda k, *rest: rest), (1, 2, 3), (2, 3)),
        (spread(lambda k, n=1: (k, n)), ("a", 5), ("a", 5)),
        (spread(lambda k, n, m, scale=1: (k, n, m)), ("a", (5, 6)), ("a", 5, 6)),
        (spread(lambda row: row), (1,), 1),
        (spread(whole(max)), (3, 5), 5),
        (whole(spread(max)), (3, 5), 5),
    ],
)
def test_examples(call: Any, row: Any, expected: Any) -> None:
    assert applied(call, row) == expected


def test_a_ufunc_takes_the_row_whole() -> None:
    assert applied(numpy.sqrt, 9.0) == 3.0
    assert applied(spread(numpy.add), (1, 2)) == 3


@pytest.mark.parametrize(
    ("row", "end"),
    [
        (("a", 1), "takes 3 parameters, but the row ('a', 1) has 2 fields"),
        (("a",), "takes 3 parameters, but the row ('a',) has 1 field"),
        (("a", (1,)), "takes 3 parameters, but the row ('a', (1,)) has 2 fields, or 2 with its value's"),
        ("abc", "takes 3 parameters, but the row 'abc' is a str, not a tuple or list of 3 fields"),
        ([1, 2], "takes 3 parameters, but the row [1, 2] has 2 fields"),
        (["a", (1, 2)], "takes 3 parameters, but the row ['a', (1, 2)] has 2 fields"),
        (("a", [1, 2]), "takes 3 parameters, but the row ('a', [1, 2]) has 2 fields"),
        (5, "takes 3 parameters, but the row 5 is an int, not a tuple or list of 3 fields"),
        (None, "takes 3 parameters, but the row None is None, not a tuple or list of 3 fields"),
    ],
)
def test_a_row_of_another_length(row: Any, end: str) -> None:
    def three(a: Any, b: Any, c: Any) -> None: ...

    function = Function.of(three, "map")
    with pytest.raises(TypeError) as caught:
        spread_arguments(row, 3, function)
    assert str(caught.value) == f"map(): test_a_row_of_another_length.three {end}".replace(
        "test_a_row_of_another_length.", ""
    )


def test_a_value_of_another_length_is_called_a_value() -> None:
    function = Function.of(lambda a, b: a, "map_values", of_value=True)
    with pytest.raises(TypeError, match=r"but the value \(1, 2, 3\) has 3 fields"):
        function.arguments((1, 2, 3))


def test_spread_names_both_lengths() -> None:
    with pytest.raises(TypeError, match=r"λ a, b=1: a takes 1 to 2 parameters, but the row \(1, 2, 3\) has 3 fields"):
        spread(lambda a, b=1: a)((1, 2, 3))
    with pytest.raises(TypeError, match="needs tuple or list rows, but the row 'ab' is a str"):
        spread(max)("ab")


def test_wrappers_are_pickled_and_named_as_their_function() -> None:
    line = inspect.currentframe().f_lineno + 1  # type: ignore[union-attr]
    call = spread(lambda a, *rest: rest)
    function = Function.of(call, "map")
    assert (function.label, function.lineno) == ("λ a, *rest: rest", line)
    assert pickling.loads(pickling.dumps(call))((1, 2)) == (2,)
    assert pickling.loads(pickling.dumps(whole(len)))((1, 2)) == 2
    assert Function.of(whole(str.upper), "map").label == "str.upper"


@pytest.mark.parametrize("wrap", [spread, whole])
def test_wrappers_need_a_function(wrap: Any) -> None:
    with pytest.raises(TypeError, match=r"gr\.\w+\(\) needs a function, got 3 \(int\)"):
        wrap(3)


def test_a_spread_function_is_called_without_a_wrapper() -> None:
    def add(a: int, b: int) -> int:
        return a + b

    assert Function.of(spread(add), "map").call is add
    assert Function.of(whole(len), "map").call is len
