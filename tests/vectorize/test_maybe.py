"""Test tuples and dicts that may be None, like the sides of a join: columns of their fields, and a mask."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glowray.rows import Block
from glowray.rows.types.kinds import Kind, Maybe, RecordOf, TupleOf
from glowray.rows.types.shape_kinds import kind_of, shape_of
from glowray.vectorize.columns.translation.translator import translate
from glowray.vectorize.columns.vectors.block_vectors import carried, chunk_of, is_of
from glowray.vectorize.columns.vectors.column_program import ArrowProgram
from glowray.vectorize.columns.vectors.frame import rows_of, take
from glowray.vectorize.definition.function_lookup import know
from glowray.vectorize.definition.known_function import Refused
from tests.effort import examples
from tests.vectorize.agreement import INTS, TEXTS
from tests.vectorize.running import spelled

PLACES = st.builds(
    lambda name, height, day: {"name": name, "height": height, "day": day},
    TEXTS, st.none() | INTS, st.dates(),
)  # fmt: skip
PAIRS = st.tuples(INTS, st.none() | st.tuples(TEXTS, st.booleans()))
ROWS = st.tuples(TEXTS, st.none() | PLACES, st.none() | PAIRS)
FULL = ("x", {"name": "n", "height": 1, "day": dt.date(1, 1, 1)}, (7, ("t", True)))


def height(place: Any) -> Any:
    return place["height"] if place else None


def named(key: str, place: Any, pair: Any) -> Any:
    if place is None:
        return {"key": key, "pair": pair}
    return {"key": place["name"], "pair": pair}


def both(key: str, place: Any, pair: Any) -> Any:
    number, inner = pair
    return number, inner, place


FUNCTIONS: list[Callable[[str, Any, Any], Any]] = [
    lambda key, place, pair: (key, place, pair),
    lambda key, place, pair: place,
    lambda key, place, pair: {"k": key, "p": place, "q": {"t": pair}},
    lambda key, place, pair: height(place),
    lambda key, place, pair: place["height"],
    lambda key, place, pair: place["name"] if place is not None else key,
    lambda key, place, pair: place.get("name"),
    lambda key, place, pair: (pair[0], pair[1]),
    lambda key, place, pair: pair[1][0] if pair and pair[1] else "none",
    lambda key, place, pair: (place is None, pair is not None, bool(place), not pair),
    lambda key, place, pair: 1 if place and pair else 2,
    lambda key, place, pair: (place if key else (place, 0)[0], 0),
    lambda key, place, pair: {"key": key, **place},
    lambda key, place, pair: pair == None,  # noqa: E711
    named,
    both,
    lambda key, place, pair: place if key else None,
]


@settings(max_examples=examples(60), deadline=None)
@given(rows=st.lists(ROWS, min_size=1, max_size=6))
def test_programs_agree_with_calls(rows: list[Any]) -> None:
    for function in FUNCTIONS:
        assert_agrees(function, rows)


def assert_agrees(function: Any, rows: list[Any]) -> None:
    chunk = Block.from_rows([FULL, ("", None, None), *rows]).slice(2, len(rows) + 2).chunks[0]
    kind = kind_of(chunk.shape)
    assert isinstance(kind, TupleOf) and isinstance(kind.fields[1], Maybe)
    program = translate(know(function, 3), kind.fields)  # type: ignore[arg-type]
    assert isinstance(program, ArrowProgram)
    vector, good = carried(kind, chunk)
    assert good is None
    computed = program.run(list(vector), len(rows))
    got = rows_of(computed.kind, computed.vector)
    again = chunk_of(computed.kind, computed.vector, len(rows)).rows()
    for index, row in enumerate(rows):
        if computed.ok is None or computed.ok[index]:
            assert spelled(got[index]) == spelled(again[index]) == spelled(function(*row))


def test_what_only_asks_whether_they_are_there_is_claimed() -> None:
    rows = [FULL, ("y", None, None)]
    [chunk] = Block.from_rows(rows).chunks
    kind = kind_of(chunk.shape)
    assert isinstance(kind, TupleOf)
    vector, _ = carried(kind, chunk)
    for function in (FUNCTIONS[3], FUNCTIONS[5], FUNCTIONS[9], named):
        computed = translate(know(function, 3), kind.fields).run(list(vector), 2)  # type: ignore[union-attr, arg-type]
        assert computed.ok is None
        assert rows_of(computed.kind, computed.vector) == [function(*row) for row in rows]


@pytest.mark.parametrize(
    "function",
    [
        lambda key, place, pair: place or pair,
        lambda key, place, pair: place == pair,
        lambda key, place, pair: len(place),
        lambda key, place, pair: place["other"],
    ],
)
def test_refused(function: Any) -> None:
    kind: Any = kind_of(Block.from_rows([FULL, ("", None, None)]).chunks[0].shape)
    assert isinstance(translate(know(function, 3), kind.fields), Refused)  # type: ignore[arg-type]


@given(st.lists(ROWS, min_size=1, max_size=8), st.data())
def test_columns_and_vectors_are_the_same_rows(rows: list[Any], data: st.DataObject) -> None:
    block = Block.from_rows([FULL, ("", None, None), *rows])
    [chunk] = block.chunks
    kind: Kind | None = kind_of(chunk.shape)
    assert kind is not None and shape_of(kind) == chunk.shape and not is_of(kind, chunk)
    vector, _ = carried(kind, chunk)
    order = np.array(data.draw(st.lists(st.integers(0, len(block) - 1), max_size=9)), np.int64)
    taken = chunk_of(kind, take(kind, vector, order), len(order))
    every = block.rows()
    assert taken.rows() == [every[place] for place in order.tolist()]
    back, _ = carried(kind, taken)
    assert rows_of(kind, back) == taken.rows()


def test_rows_themselves_may_be_none() -> None:
    rows = [{"a": 1}, None]
    [chunk] = Block.from_rows(rows).chunks
    kind = kind_of(chunk.shape)
    assert kind == Maybe(RecordOf((("a", int),)))
    vector, good = carried(kind, chunk)
    assert good is None and rows_of(kind, vector) == rows
