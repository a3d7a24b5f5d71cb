"""Test inner and left joins with small sides: rows keep their place, and show the first of equal keys."""

from __future__ import annotations

import itertools
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import glowray as gr
from glowray.dataset import Dataset
from tests.engine.doubles import Lab
from tests.rows.hostile import values

NAN = float("nan")
KEYS = st.sampled_from([0, 1, 1.0, True, 2**70, "a", "b", b"a", None, 0.0, -0.0, NAN, (1, NAN), (True, NAN)])
TEXTS = st.sampled_from(["a", "b", "long text that is no code of its own", ""])
INTS = st.integers(-2, 2)


@st.composite
def rows_of(draw: Any, keys: Any, **size: int) -> list[tuple[Any, Any]]:
    kind = draw(st.sampled_from([values, st.integers(), st.builds(lambda n: {"n": n, "s": str(n)}, st.integers(0, 9))]))
    return draw(st.lists(st.tuples(keys, kind), **size))  # type: ignore[no-any-return]


def unknown(flow: gr.Flow, parts: list[list[Any]]) -> Dataset[Any]:
    """Return rows from a source of unknown size."""
    return flow.from_source(lambda index: iter(parts[index]), len(parts))


@given(
    keys=st.sampled_from([KEYS, TEXTS, INTS]),
    how=st.sampled_from(["inner", "left"]),
    vectorize=st.booleans(),
    data=st.data(),
)
def test_rows_are_those_of_a_plain_loop(keys: Any, how: Any, vectorize: bool, data: st.DataObject) -> None:
    parts = data.draw(st.lists(rows_of(keys, max_size=6), min_size=1, max_size=4))
    others = data.draw(st.lists(rows_of(keys, max_size=5), min_size=1, max_size=2))
    flow = gr.Flow(engine="inline", vectorize=vectorize)
    joined = unknown(flow, parts).join(*(flow.from_items(side, 1) for side in others), how=how)
    assert "shuffle" not in joined.explain()
    made = joined.map_partitions(lambda rows: [list(rows)]).collect()
    shown: dict[str, Any] = {}
    expected = []
    for part in parts:
        rows: list[Any] = []
        for key, value in part:
            key = shown.setdefault(repr(alike(key)), key)
            sides = [[mate for other, mate in side if repr(alike(other)) == repr(alike(key))] for side in others]
            if how == "left":
                sides = [side or [None] for side in sides]
            rows += [(key, (value, *mates)) for mates in itertools.product(*sides)]
        expected.append(rows)
    assert repr(made) == repr(expected)


def alike(key: Any) -> Any:
    """Return a value that equal keys share."""
    if isinstance(key, tuple):
        return tuple(map(alike, key))
    if isinstance(key, float):
        return "nan" if math.isnan(key) else key + 0.0
    return float(key) if isinstance(key, int) and abs(key) < 2**53 else key


@pytest.mark.parametrize("how", ["inner", "left"])
def test_rows_that_are_not_keyed_are_an_error_that_names_the_join(how: Any) -> None:
    flow = gr.Flow(engine="inline")
    with pytest.raises(TypeError, match="join"):
        unknown(flow, [[1, 2]]).join(flow.from_items([("a", 1)], 1), how=how).collect()
    with pytest.raises(TypeError, match="join"):
        unknown(flow, [[([], 2)]]).join(flow.from_items([("a", 1)], 1), how=how).collect()


def test_a_small_side_meets_its_equals() -> None:
    flow = gr.Flow(engine="inline")
    few, other = flow.from_items([("a", 1)], 2), flow.from_items([("a", 2)], 1)
    assert "broadcast" not in few.join(other).explain()
    assert "broadcast" not in unknown(flow, [[("a", 1)]] * 2).join(other, how="outer").explain()
    assert "broadcast" not in unknown(flow, [[("a", 1)]] * 2).partition_by_key(2).join(other).explain()


@pytest.mark.parametrize("keys", [["a", "b", "a"], [True, 1.0, 1], [1, 2, 1]])
def test_on_every_engine(engine: Lab, keys: list[Any]) -> None:
    flow = engine.flow()
    towns = flow.from_items([(key, {"town": str(key)}) for key in ("b", 1)], 1)
    rows = unknown(flow, [[(key, {"n": n})] for n, key in enumerate(keys)])
    made = rows.join(towns, how="left").map(lambda key, row, town: (key, {**row, "town": town and town["town"]}))
    shown = {key: next(other for other in keys if other == key) for key in keys}
    towns_of = {"b": "b", 1: "1"}
    assert repr(made.collect()) == repr(
        [(shown[key], {"n": n, "town": towns_of.get(key)}) for n, key in enumerate(keys)]
    )
