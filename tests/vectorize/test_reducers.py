"""Test that a fold over columns equals the reducer's own left fold."""

# ruff: noqa: FURB136  (each spelling of a choice is a shape of its own)

from __future__ import annotations

import functools
import math
import operator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glowray.rows.types.kinds import RecordOf, TupleOf
from glowray.vectorize.columns.folds.reducer_shapes import Fold, fold_of
from glowray.vectorize.columns.vectors.frame import arrays_of, rows_of
from glowray.vectorize.definition.function_lookup import know
from glowray.vectorize.definition.known_function import Refused
from tests.effort import examples
from tests.vectorize.agreement import BOOLS, FLOATS, INTS, TEXTS
from tests.vectorize.agreement import column as any_column
from tests.vectorize.running import spelled


def least(a: int, b: int) -> int:
    """Return the smaller number."""
    return min(a, b)


def merge(left: tuple[int, float], right: tuple[int, float]) -> tuple[int, float]:
    """Merge two pairs whose fields are unpacked into names."""
    count, best = left
    more, other = right
    return count + more, max(best, other)


PAIR = TupleOf((int, float))
NAMED = TupleOf((str, int))
TRIPLE = TupleOf((float, float, float))
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
    (lambda a, b: b if b < a else a, str, TEXTS),
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
    (lambda a, b: a if a < b else b, str, TEXTS),
    (max, str, TEXTS),
    (lambda a, b: (min(a[0], b[0]), a[1] + b[1]), NAMED, st.tuples(TEXTS, INTS)),
    (lambda a, b: a + b, float, st.just(-0.0)),
    (lambda a, b: a + b, float, st.sampled_from([0.0, -0.0, 1e16, 1.0, -1e16, float("inf"), -float("inf")])),
    (lambda a, b: a + b, int, st.sampled_from([2**63 - 1, -(2**63), 1, -1])),
    (lambda a, b: a + b, int, st.integers(2**50, 2**54)),
]

HOSTILE = st.sampled_from([0.0, -0.0, float("nan"), float("inf"), -float("inf"), 1.5, -1.5])
EXTREMES: list[Any] = [
    min, max, lambda a, b: min(b, a), lambda a, b: max(b, a),
    lambda a, b: a if a < b else b, lambda a, b: a if a <= b else b, lambda a, b: b if b < a else a,
    lambda a, b: b if b <= a else a, lambda a, b: a if a > b else b, lambda a, b: a if a >= b else b,
    lambda a, b: b if b > a else a, lambda a, b: b if b >= a else a, lambda a, b: a if b < a else b,
    lambda a, b: b if a >= b else a,
]  # fmt: skip
BEST: list[Any] = [
    lambda a, b: min(a, b, key=lambda row: row[1]), lambda a, b: max(b, a, key=lambda row: row[1]),
    lambda a, b: a if a[1] < b[1] else b, lambda a, b: a if a[1] <= b[1] else b, lambda a, b: b if b[1] < a[1] else a,
    lambda a, b: b if b[1] <= a[1] else a, lambda a, b: b if a[1] >= b[1] else a, lambda a, b: a if b[1] < a[1] else b,
]  # fmt: skip
REDUCERS += [(reducer, float, HOSTILE) for reducer in EXTREMES]
REDUCERS += [(reducer, PAIR, st.tuples(INTS, HOSTILE)) for reducer in BEST]
REDUCERS += [
    (lambda a, b: (min(a[0], b[0]), max(b[1], a[1]), a[2] + b[2]), TRIPLE, st.tuples(HOSTILE, HOSTILE, HOSTILE))
]


@pytest.mark.parametrize("reducer", [*EXTREMES, *BEST])
def test_zeros_of_both_signs_and_nan_stay_in_columns(reducer: Any) -> None:
    values = [1.5, math.nan, -0.0, 0.0, -1.5, math.nan, 0.0]
    kind: Any = float if reducer in EXTREMES else PAIR
    rows: list[Any] = values if kind is float else list(enumerate(values))
    fold = fold_of(know(reducer, arguments=2))  # type: ignore[arg-type]
    assert isinstance(fold, Fold)
    assert fold.run(column(kind, rows), np.arange(len(rows)) % 2, 2) is not None
    assert fold.fold_column(column(kind, rows), rows[0]) is not None


def column(kind: Any, rows: list[Any]) -> Any:
    return arrays_of(any_column(kind, rows))


def by_values() -> list[tuple[Any, Any, list[Any]]]:
    """Group the reducers by the values that they fold: drawing the values takes longer than folding them."""
    groups: dict[tuple[Any, str], tuple[Any, Any, list[Any]]] = {}
    for reducer, kind, values in REDUCERS:
        groups.setdefault((kind, repr(values)), (kind, values, []))[2].append(reducer)
    return list(groups.values())


@functools.cache
def folding(reducer: Any, kind: Any) -> Fold:
    fold = fold_of(know(reducer, arguments=2))  # type: ignore[arg-type]
    assert isinstance(fold, Fold) and fold.fits(kind)
    return fold


@pytest.mark.parametrize(("kind", "values", "reducers"), by_values())
@given(data=st.data(), is_continued=st.booleans())
def test_folds_agree_with_reduce(
    kind: Any, values: Any, reducers: list[Any], data: st.DataObject, is_continued: bool
) -> None:
    rows = data.draw(st.lists(values, min_size=1, max_size=12))
    groups = [index % 3 for index in range(len(rows))]
    count = max(groups) + 1
    start, rest = (rows[0], rows[1:]) if is_continued else (None, rows)
    for reducer in reducers:
        fold = folding(reducer, kind)
        made = fold.run(column(kind, rows), np.array(groups), count)
        if made is not None:
            expected = [functools.reduce(reducer, rows[start::3]) for start in range(count)]
            assert spelled(rows_of(kind, made)) == spelled(expected)
        whole = fold.fold_column(column(kind, rest), start) if rest else None
        if whole is not None:
            assert spelled(whole) == spelled(functools.reduce(reducer, rows))


@pytest.mark.parametrize(("kind", "values", "reducers"), by_values())
@settings(max_examples=examples(40))
@given(data=st.data())
def test_folds_of_several_parts_go_on_from_what_is_known(
    kind: Any, values: Any, reducers: list[Any], data: st.DataObject
) -> None:
    known = data.draw(st.lists(values, max_size=3))
    parts = data.draw(st.lists(st.lists(values, max_size=6), min_size=1, max_size=3))
    parts[-1] += [data.draw(values) for _ in range(len(known), 4)]
    # Four groups: some have an accumulator already. Each other group has a row at the end of the last part.
    groups = [[(7 * place + 3 * row) % 4 for row in range(len(part))] for place, part in enumerate(parts)]
    groups[-1][len(parts[-1]) - (4 - len(known)) :] = range(len(known), 4)
    rows: list[list[Any]] = [known[group : group + 1] for group in range(4)]
    for part, own in zip(parts, groups, strict=True):
        for value, group in zip(part, own, strict=True):
            rows[group].append(value)
    for reducer in reducers:
        made = folding(reducer, kind).run_parts(
            [(column(kind, part), np.array(own, np.int32)) for part, own in zip(parts, groups, strict=True)],
            4,
            column(kind, known) if known else None,
        )
        if made is not None:
            assert spelled(rows_of(kind, made)) == spelled([functools.reduce(reducer, each) for each in rows])


def test_sums_that_fit_are_folded_though_their_parts_do_not() -> None:
    rows = [2**62, 2**62, -(2**62), -(2**62), 5]
    made = Fold("add").run(np.array(rows), np.zeros(5, dtype=np.int64), 1)
    assert made is not None and made.tolist() == [5]


def test_sums_beyond_64_bits_are_left_to_python() -> None:
    assert Fold("add").run(np.array([2**62, 2**62, 1]), np.array([0, 0, 1]), 2) is None
    assert Fold("add").run_parts([(np.array([-(2**62)]), np.array([0]))], 1, np.array([-(2**62) - 1])) is None


def test_ordinary_values_are_folded() -> None:
    for reducer, kind, _ in REDUCERS:
        fold = fold_of(know(reducer, arguments=2))  # type: ignore[arg-type]
        ordinary: dict[Any, Any] = {
            PAIR: (1, 2.5),
            NAMED: ("a", 1),
            NESTED: {"name": "a", "at": {"day": 1}},
            TRIPLE: (1.5, 2.5, 3.5),
        }
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
