"""Test that unpacking a row known to be a plain tuple gives the same as unpacking it after a type check."""

from __future__ import annotations

import copy
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glowray.vectorize.loops.chain import row_loop
from glowray.vectorize.loops.step_code import Link
from tests.vectorize.loops.body.test_expand import HOSTILE
from tests.vectorize.running import called, step, woven


class Pair(NamedTuple):
    a: Any
    b: Any


def appended(x: Any) -> Any:
    found = []
    found.append((1, x) if x else (x, x))
    return found


def built(x: Any) -> Any:
    found = []
    for n in range(3):
        if n == x:
            continue
        found.append((n, x))
    return found


def of_two_widths(x: Any) -> Any:
    found: list[Any] = []
    found.append((x, 1))
    found.append((x, 1, 2) if x == 1 else Pair(x, 1))
    found.append((x,) if x == 2 else (x, x))
    return found


def with_others(x: Any) -> Any:
    found = []
    found.append((x, 1))
    found += [x] if x == 1 else []
    return found


def given_away(x: Any) -> Any:
    found = []
    found.append((x, 1))
    change(found, x)
    return found


def change(rows: list[Any], x: Any) -> None:
    if x == 2:
        rows[0] = Pair(x, 3)
    elif x == 1:
        rows.append(7)


def begun_twice(x: Any) -> Any:
    found = []
    if x == 1:
        found = [x]
    found.append((x, 2))
    return found


def a_parameter(x: Any, found: Any = ()) -> Any:
    found = list(found)
    found.append((x, 2))
    return found


def perhaps_given(found: Any) -> Any:
    if not isinstance(found, list):
        found = []
    found.append((1, 2))
    return found


class Closed(list[Any]):
    """A list that ignores append()."""

    def append(self, row: Any) -> None:
        pass


def a_default(x: Any, found: Any = Closed([7])) -> Any:  # noqa: B008
    if x == 1:
        found = []
    found.append((x, 2))
    return found


def starred(x: Any) -> Any:
    found = []
    found.append((x, *[x] * (x == 1)))
    return found


SURE: list[Any] = [
    built,
    lambda x: [(x, n // x) for n in range(2)],
    lambda x: zip([x, 1], [2, x], strict=False),
    lambda x: enumerate([x, 1]),
    lambda x: [(x, 1), (2, x)],
]
UNSURE: list[Any] = [
    of_two_widths, with_others, given_away, begun_twice, a_parameter, perhaps_given, a_default, starred, appended,
    lambda x: [(x, 1), (x,) if x == 1 else (x, x)],
    lambda x: zip(*[[x, 1]] * (1 if x == 1 else 2), strict=False),
    lambda x: [Pair(x, 1), [x, 2][: 1 if x == 1 else 2]],
]  # fmt: skip
ROWS = st.lists(st.one_of(st.integers(0, 3), HOSTILE, st.lists(st.tuples(HOSTILE, HOSTILE), max_size=2)), max_size=4)


def check(steps: list[Link], rows: list[Any]) -> None:
    """Compare like `assert_same`, each with its own copy of the rows, because some functions change rows."""
    assert repr(woven(steps, copy.deepcopy(rows))) == repr(called(steps, copy.deepcopy(rows)))


@given(call=st.sampled_from(SURE + UNSURE), rows=ROWS)
def test_rows_taken_apart_are_those_that_were_made(call: Any, rows: list[Any]) -> None:
    check([step("flat_map", call), step("map", lambda a, b: (b, a), spread=2)], rows)
    check([step("flat_map", call), step("filter", lambda a, b: a is not None, spread=2)], rows)
    keyed = [("key", row) for row in rows]
    check([step("flat_map_values", call), step("map", lambda k, a, b: (k, b, a), spread=3)], keyed)


@pytest.mark.parametrize("call", SURE + UNSURE)
def test_only_rows_that_are_sure_are_not_looked_at(call: Any) -> None:
    made, _ = row_loop([step("flat_map", call), step("map", lambda a, b: a, spread=2)])
    (loop,) = (each for each in made.code().co_consts if hasattr(each, "co_names"))
    is_looked_at = any(name.startswith("fields·") for name in loop.co_names)
    assert is_looked_at == any(call is each for each in UNSURE)
