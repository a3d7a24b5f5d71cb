"""Test semi and anti joins in place against a plain loop, for rows, columns, and keys of every kind."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import glowray as gr
from glowray.dataset import Dataset
from tests.rows.hostile import values

NAN = float("nan")
KEYS = st.sampled_from([0, 1, 1.0, True, "", "a", "b", b"a", None, 0.0, -0.0, NAN, (1, NAN), dt.date(1, 1, 1)])
STEPS: dict[str, Callable[[Dataset[Any]], Dataset[Any]]] = {
    "as they are": lambda ds: ds,
    "a tuple": lambda ds: ds.map(lambda key, value: (key, (value, key))),
    "a record": lambda ds: ds.map(lambda key, value: {"k": key, "v": value}).key_by(lambda row: row["k"]),
    "opaque": lambda ds: ds.map(lambda *row: (row[0][0], list(row))),
    "texts": lambda ds: ds.map(lambda key, value: (str(key), value)),
}


@pytest.mark.slow
@given(
    left=st.lists(st.tuples(KEYS, values), max_size=12),
    others=st.lists(st.lists(st.tuples(KEYS, st.integers(0, 2)), max_size=5), min_size=1, max_size=2),
    how=st.sampled_from(["semi", "anti"]),
    step=st.sampled_from(sorted(STEPS)),
)
def test_rows_stay_as_a_plain_loop_keeps_them(left: Any, others: Any, how: str, step: str) -> None:
    def joined(vectorize: bool, in_place: bool) -> Any:
        flow = gr.Flow(engine="inline", vectorize=vectorize)
        sides = [STEPS["texts" if step == "texts" else "as they are"](flow.from_items(side, 1)) for side in others]
        own = STEPS[step](flow.from_items(left, 3))
        return own.join(*sides, how=how).collect() if in_place else own.collect()

    keys = [{repr(alike(str(key) if step == "texts" else key)) for key, _ in side} for side in others]
    rows = joined(False, False)
    has = [[repr(alike(row[0])) in side for side in keys] for row in rows]
    expected = [row for row, each in zip(rows, has, strict=True) if (all(each) if how == "semi" else not any(each))]
    for vectorize in (True, False):
        assert repr(joined(vectorize, True)) == repr(expected)


def alike(key: Any) -> Any:
    """Return a value that equal keys share."""
    if isinstance(key, tuple):
        return tuple(map(alike, key))
    if isinstance(key, (bool, int, float)):
        return "nan" if math.isnan(key) else float(key) + 0.0
    return key


def test_rows_that_are_not_keyed_are_an_error_that_names_the_join() -> None:
    flow = gr.Flow(engine="inline")
    bad = flow.from_items([1, 2], 1)
    for ds in (flow.from_items([("a", 1), "ab"], 1), flow.from_items([1], 1).map(lambda x: "ab")):
        with pytest.raises(TypeError, match=r"join\(\) needs rows that are 2-tuples"):
            ds.join(bad.map(lambda x: (x, x)), how="semi").collect()
    with pytest.raises(gr.GlowrayError, match="list"):
        flow.from_items([1], 1).map(lambda x: ([x], x)).join(bad.map(lambda x: (x, x)), how="anti").collect()
