"""Folds over columns are the reducer's own left fold."""

from __future__ import annotations

import functools
import operator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glowray.vectorize.arrow.frame import rows_of
from glowray.vectorize.arrow.kinds import RecordOf, TupleOf
from glowray.vectorize.arrow.reducers import Fold, fold_of
from glowray.vectorize.know import know
from glowray.vectorize.known import Refused

from .running import spelled
from .test_arrow import BOOLS, FLOATS, INTS, TEXTS, column


def least(a: int, b: int) -> int:
    """The smaller."""
    return min(a, b)


def merge(left: tuple[int, float], right: tuple[int, float]) -> tuple[int, float]:
    """Fields by name."""
    count, best = left
    more, other = right
    return count + more, max(best, other)


PAIR = TupleOf((int, float))
NAMED = TupleOf((str, int))
NESTED = RecordOf((("name", str), ("at", RecordOf((("day", int),)))))
ROWS = st.tuples(TEXTS, st.integers(0, 3)).map(lambda pair: {"name": pair[0], "at": {"day": pair[1]}})
REDUCERS: list[tuple[Any, Any, Any]] = [
    (lambda a, b: a + b, int, INTS),
    (lambda a, b: b + a, float, FLOATS),
    (operator.add, int, st.integers(-9, 9)),
    (min, float, FLOATS),
    (max, int, INTS),
    (lambda a, b: max(b, a), float, st.floats(allow_nan=False)),
    (least, int, INTS),
    (lambda a, b: max(a, b), float, FLOATS),
    (lambda a, b: a and b, bool, BOOLS),
    (lambda a, b: a or b, bool, BOOLS),
    (lambda a, b: (a[0] + b[0], max(a[1], b[1])), PAIR, st.tuples(INTS, FLOATS)),
    (merge, PAIR, st.tuples(INTS, FLOATS)),
    (max, str, TEXTS),
    (lambda a, b: b if b < a else a, str, TEXTS),  # noqa: FURB136  (a shape of its own)
    (lambda a, b: a if a[1] > b[1] else b, NAMED, st.tuples(TEXTS, st.integers(0, 3))),
    (lambda a, b: a if a[1] >= b[1] else b, NAMED, st.tuples(TEXTS, st.integers(0, 3))),
    (lambda a, b: b if a[1] < b[1] else a, NAMED, st.tuples(TEXTS, st.integers(0, 3))),
    (lambda a, b: b if b[1] <= a[1] else a, NAMED, st.tuples(TEXTS, st.integers(0, 3))),
    (lambda a, b: a if b[1] < a[1] else b, PAIR, st.tuples(INTS, FLOATS)),
    (lambda a, b: a if a[-1] <= b[-1] else b, PAIR, st.tuples(INTS, st.sampled_from([0.0, -0.0, 1.0]))),
    (lambda a, b: b if a[0] > b[0] else a, NAMED, st.tuples(TEXTS, INTS)),
    (lambda a, b: max(a, b, key=lambda row: row[0]), NAMED, st.tuples(st.sampled_from(["a", "é", ""]), INTS)),
    (lambda a, b: min(b, a, key=lambda row: row[0]), NAMED, st.tuples(st.sampled_from(["a", "é", ""]), INTS)),
    (lambda a, b: a if a["at"]["day"] >= b["at"]["day"] else b, NESTED, ROWS),
    (lambda a, b: a, str, TEXTS),
    (lambda a, b: b, PAIR, st.tuples(INTS, FLOATS)),
    (lambda a, b: (a[0], b[1]), NAMED, st.tuples(TEXTS, INTS)),
    (lambda a, b: a + b, float, st.just(-0.0)),
    (lambda a, b: a + b, int, st.integers(2**50, 2**54)),
]


@pytest.mark.parametrize(("reducer", "kind", "values"), REDUCERS)
@given(data=st.data())
def test_folds_agree_with_reduce(reducer: Any, kind: Any, values: Any, data: st.DataObject) -> None:
    fold = fold_of(know(reducer, arguments=2))  # type: ignore[arg-type]
    assert isinstance(fold, Fold) and fold.fits(kind)
    rows = data.draw(st.lists(values, min_size=1, max_size=12))
    groups = [index % 3 for index in range(len(rows))]
    count = max(groups) + 1
    made = fold.run(column(kind, rows), np.array(groups), count)
    if made is not None:
        expected = [functools.reduce(reducer, rows[start::3]) for start in range(count)]
        assert spelled(rows_of(kind, made)) == spelled(expected)
    start, rest = (rows[0], rows[1:]) if data.draw(st.booleans()) else (None, rows)
    whole = fold.fold_column(column(kind, rest), start) if rest else None
    if whole is not None:
        assert spelled(whole) == spelled(functools.reduce(reducer, rows))


def test_ordinary_values_are_folded() -> None:
    for reducer, kind, _ in REDUCERS:
        fold = fold_of(know(reducer, arguments=2))  # type: ignore[arg-type]
        ordinary: dict[Any, Any] = {PAIR: (1, 2.5), NAMED: ("a", 1), NESTED: {"name": "a", "at": {"day": 1}}}
        rows = [ordinary[kind]] * 2 if kind in ordinary else [kind(1), kind(2)]
        assert isinstance(fold, Fold)
        assert fold.run(column(kind, rows), np.array([0, 0]), 1) is not None


def fewer(a: Any, b: Any) -> Any:
    first, second, _third = a
    return first + b[0], second + b[1]


def twice(a: Any, b: Any) -> Any:
    first, second = a
    first, second = b
    return first + a[0], second + a[1]


def swapped(a: Any, b: Any) -> Any:
    a, b = b
    return a + b, b


def effect(a: Any, b: Any) -> Any:
    print(a)
    return a + b


@pytest.mark.parametrize(
    "reducer",
    [
        fewer,
        twice,
        swapped,
        effect,
        lambda a, b: a - b,
        lambda a, b: a + a,
        lambda a, b: min(a, 1),
        lambda a, b: a[0],
        lambda a, b: a if a < b else a,  # noqa: RUF034
        lambda a, b: a if a[0] < b[1] else b,
        lambda a, b: a if a[0] < a[0] else b,
        lambda a, b: a if a[0] < b[0] else b[0],
        lambda a, b: a if a[0] == b[0] else b,
        lambda a, b: a if a[0] < b[0] < 3 else b,
        lambda a, b: max(a, b, key=lambda row: row),
        lambda a, b: max(a, b, key=lambda row, by=0: row[by]),
        lambda a, b: max(a, b, key=lambda row: a[0]),
        lambda a, b: max(a, a, key=lambda row: row[0]),
        lambda a, b: min([a, b], key=lambda row: row[0]),
        lambda a, b: (a[0] + b[1], a[1] + b[0]),
        lambda a, b: (a + b,),
        lambda a, b: a + b + 1,
        lambda a, b: min(a, b, key=abs),
    ],
)
def test_other_shapes_are_refused(reducer: Any) -> None:
    assert isinstance(fold_of(know(reducer, arguments=2)), Refused)  # type: ignore[arg-type]


def test_a_better_row_needs_a_field_that_is_ordered() -> None:
    fold = fold_of(know(lambda a, b: a if a[1] > b[1] else b, arguments=2))  # type: ignore[arg-type]
    assert isinstance(fold, Fold)
    assert fold.fits(NAMED) and not any(map(fold.fits, (str, TupleOf((str,)), TupleOf((str, PAIR)), NESTED)))


def test_bools_do_not_add_up_to_bools() -> None:
    assert not Fold("add").fits(bool)
