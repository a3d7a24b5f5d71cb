"""Test that fields that may be None stay columns, and so do values that no program looks into."""

from __future__ import annotations

import datetime as dt
import pickle
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glowray.rows import Block
from glowray.rows.types.kinds import Kind, ListOf, Opaque, RecordOf, TupleOf
from glowray.rows.types.shape_kinds import kind_of, shape_of
from glowray.vectorize.columns.translation.translator import translate
from glowray.vectorize.columns.vectors.block_vectors import carried, chunk_of
from glowray.vectorize.columns.vectors.column_program import ArrowProgram
from glowray.vectorize.columns.vectors.frame import Lists, Nullable, rows_of, select, spread_out, take
from glowray.vectorize.definition.function_lookup import know
from glowray.vectorize.definition.known_function import Refused
from tests.effort import examples
from tests.vectorize.agreement import FLOATS, INTS, TEXTS
from tests.vectorize.running import spelled

FIELDS = (("s", str), ("n", int), ("f", float), ("b", bool), ("t", str))
RECORD = RecordOf(FIELDS)
VALUES: dict[Any, st.SearchStrategy[Any]] = {
    str: st.one_of(st.none(), TEXTS, st.sampled_from(["x", "", "a b"])), int: st.one_of(st.none(), INTS),
    float: st.one_of(st.none(), FLOATS), bool: st.one_of(st.none(), st.booleans()),
}  # fmt: skip
ROWS = st.tuples(*(VALUES[kind] for _, kind in FIELDS)).map(
    lambda row: dict(zip([n for n, _ in FIELDS], row, strict=True))
)


def first_filled(r: dict[str, Any]) -> Any:
    text = r["s"]
    if text is None:
        return r["t"]
    return text


def maybe(r: dict[str, Any]) -> Any:
    if r["n"]:
        return r["n"]
    return None


def size(text: Any, missing: int = -1) -> Any:
    return missing if text is None else len(text)


def is_good(r: dict[str, Any]) -> Any:
    if r["s"] is None or r["n"] is None:
        return None
    return r["n"] > 3


FUNCTIONS: list[Callable[[dict[str, Any]], Any]] = [
    lambda r: r,
    lambda r: r["s"],
    lambda r: (r["s"], r["n"], r["f"], r["b"]),
    lambda r: {"a": r["n"], "b": r},
    lambda r: (1, r["n"]) if r["n"] else None,
    lambda r: {"a": r["s"] or None} if r["b"] else None,
    lambda r: (((r["n"], r["t"]) if r["n"] else None) or (7, "t"))[1],
    lambda r: ((r["s"], r["n"]) if r["s"] else None) and r["n"],
    lambda r: r["s"] is None,
    lambda r: r["n"] is not None,
    lambda r: r["f"] == None,  # noqa: E711
    lambda r: r["b"] != None,  # noqa: E711
    lambda r: not r["s"],
    lambda r: bool(r["b"]),
    lambda r: r["n"] or 7,
    lambda r: r["s"] and r["t"],
    lambda r: (r["s"] or "none", r["b"] or False),
    lambda r: r["s"].lower(),
    lambda r: (r["s"], r["s"].strip() if r["s"] else None),
    lambda r: (r["n"] + 1 if r["n"] is not None else None, 1),
    lambda r: r["s"] == "x",
    lambda r: r["s"] != r["t"],
    lambda r: r["n"] == r["f"],
    lambda r: r["n"] != 7,
    lambda r: r["f"] == r["f"],
    lambda r: r["n"] < 7,
    lambda r: r["s"] in ("x", ""),
    lambda r: [(w, r["t"]) for w in r["s"].split()],
    lambda r: [r["t"] for w in r["s"].split()],
    lambda r: [w for w in (r["s"] or "a b").split() if r["t"]],
    lambda r: (size(r["s"]), size(r["t"], 0)),
    lambda r: (r["s"], r["t"]) if r["n"] else (r["t"], r["s"]),
    lambda r: r["n"] is None and r["s"] is None,
    first_filled,
    maybe,
    is_good,
]


def column(kind: Kind, values: list[Any]) -> Any:
    assert isinstance(kind, type)
    there = np.array([value is not None for value in values], bool)
    rows = [kind() if value is None else value for value in values]
    [chunk] = Block.from_rows([kind(), *rows]).slice(1, len(values) + 1).chunks if values else [None]
    assert chunk is not None
    vector, _ = carried(kind, chunk)
    return vector if there.all() else Nullable(vector, there)


@cache
def program_of(function: Any, is_test: bool) -> ArrowProgram | None:
    program = translate(know(function), [RECORD], is_test=is_test)  # type: ignore[arg-type]
    if not isinstance(program, ArrowProgram):
        assert is_test and program.reason == "the truth of such a value"
        return None
    return pickle.loads(pickle.dumps(program))  # type: ignore[no-any-return]


@pytest.mark.parametrize("is_test", [False, True])
@settings(max_examples=examples(80), deadline=None)
@given(rows=st.lists(ROWS, min_size=1, max_size=6))
def test_programs_agree_with_calls(is_test: bool, rows: list[dict[str, Any]]) -> None:
    for function in FUNCTIONS:
        if program := program_of(function, is_test):
            assert_agrees(program, function, rows, is_test)


def assert_agrees(program: ArrowProgram, function: Any, rows: list[dict[str, Any]], is_test: bool = False) -> None:
    """Assert that the function returns, and raises nothing, on every row that the program claims."""
    vector = {name: column(kind, [row[name] for row in rows]) for name, kind in FIELDS}
    computed = program.run([vector], len(rows))
    got = rows_of(computed.kind, computed.vector)
    for index, row in enumerate(rows):
        if computed.ok is None or computed.ok[index]:
            expected = function(row)
            assert spelled(got[index]) == spelled(bool(expected) if is_test else expected)


NEUTRAL: list[Callable[[dict[str, Any]], Any]] = [
    lambda r: "" in r["s"],
    lambda r: "x" not in r["s"],
    lambda r: r["s"] + "",
    lambda r: r["s"][:],
    lambda r: r["s"][::-1],
    lambda r: r["s"].startswith(""),
    lambda r: r["s"].removeprefix(""),
    lambda r: r["s"].replace("y", ""),
    lambda r: r["s"].zfill(0),
    lambda r: r["s"].split(","),
    lambda r: r["s"] >= "",
    lambda r: len(r["s"]) >= 0,
    lambda r: f"{r['s']}",
    lambda r: "%s" % r["s"],  # noqa: UP031
    lambda r: str(r["n"]),
    lambda r: f"{r['n']:01d}",
    lambda r: r["n"] * 0,
    lambda r: r["n"] ** 0,
    lambda r: r["n"] & 0,
    lambda r: r["n"] >> 63,
    lambda r: r["n"] % 1,
    lambda r: divmod(r["n"], 1),
    lambda r: (+r["n"], -r["n"], ~r["n"]),
    lambda r: min(r["n"], 0),
    lambda r: (int(r["b"]), float(r["n"]), abs(r["f"]), round(r["f"])),
    lambda r: r["f"] / 1.0,
    lambda r: r["f"] < 0,
]


@pytest.mark.parametrize("function", NEUTRAL)
def test_operations_that_ignore_their_value_leave_none_to_python(function: Any) -> None:
    program = translate(know(function), [RECORD])  # type: ignore[arg-type]
    assert isinstance(program, ArrowProgram)
    filled = {"s": "x", "n": 1, "f": 0.5, "b": True, "t": ""}
    assert_agrees(program, function, [filled, dict.fromkeys(filled), filled])


@pytest.mark.parametrize(
    "function",
    [
        lambda r: None,
        lambda r: (r["s"], None),
        lambda r: {"a": None},
        lambda r: [None for w in r["s"].split()],
        lambda r: r["s"].split() if r["n"] else None,
        lambda r: r["s"] + None,
        lambda r: r["n"] < None,
        lambda r: len(None),
        lambda r: r["n"] is True,
    ],
)
def test_refused(function: Any) -> None:
    assert isinstance(translate(know(function), [RECORD]), Refused)  # type: ignore[arg-type]


def test_rows_that_only_hand_on_none_are_claimed() -> None:
    rows = [
        {"s": None, "n": 1, "f": None, "b": None, "t": "x"},
        {"s": "y", "n": None, "f": 0.5, "b": True, "t": None},
    ]
    vector = {name: column(kind, [row[name] for row in rows]) for name, kind in FIELDS}
    for function in (
        lambda r: r,
        lambda r: (r["s"], r["n"]),
        lambda r: r["s"] is None,
        lambda r: r["s"] == "y",
        size_of,
    ):
        program = translate(know(function), [RECORD])  # type: ignore[arg-type]
        computed = program.run([vector], 2)  # type: ignore[union-attr]
        assert computed.ok is None
        assert rows_of(computed.kind, computed.vector) == [function(row) for row in rows]


def size_of(r: dict[str, Any]) -> Any:
    return size(r["s"])


OPAQUE = [
    [b"a", None, b"\x00", b""],
    [dt.date(2024, 1, 1), dt.date(1, 1, 1), None],
    [dt.datetime(2024, 1, 1, 1, 1, 1, 7), None],
    [dt.datetime(2024, 1, 1, tzinfo=dt.UTC)],
    [dt.time(1, 2, 3), dt.timedelta(days=-1)][:1],
    [dt.timedelta(microseconds=-1), None],
    [Decimal("1.10"), Decimal("-0.01")],
    [UUID(int=7), None, UUID(int=8)],
]


@pytest.mark.parametrize("values", OPAQUE, ids=lambda values: type(values[0]).__name__)
def test_values_that_are_only_carried(values: list[Any]) -> None:
    rows = [(str(place), value) for place, value in enumerate(values)]
    [chunk] = Block.from_rows(rows).chunks
    kind = kind_of(chunk.shape)
    assert isinstance(kind, TupleOf) and isinstance(kind.fields[1], Opaque)
    assert pickle.loads(pickle.dumps(kind)) == kind and hash(kind) == hash(pickle.loads(pickle.dumps(kind)))
    assert shape_of(kind) == chunk.shape
    vector, good = carried(kind, chunk)
    assert good is None and rows_of(kind, vector) == rows
    assert Block((chunk_of(kind, vector, len(rows)),)).rows() == rows
    order = np.arange(len(rows))[::-1]
    assert rows_of(kind, take(kind, vector, order)) == rows[::-1]
    test = order % 2 == 0
    chosen = spread_out(kind, select(kind, test, vector, take(kind, vector, order)), len(rows))
    assert rows_of(kind, chosen) == [a if is_one else b for is_one, a, b in zip(test, rows, rows[::-1], strict=True)]
    for function in (
        lambda s, v: (v, s.upper()),
        lambda s, v: v is None,
        lambda s, v: v,
        lambda s, v: [(w, v) for w in s.split()],
        lambda s, v: (v, s) if s == "0" else (v, "other"),
    ):
        program = translate(know(function, 2), kind.fields)  # type: ignore[arg-type]
        computed = program.run(list(vector), len(rows))  # type: ignore[union-attr]
        assert computed.ok is None
        assert rows_of(computed.kind, computed.vector) == [function(*row) for row in rows]
    for opaque in (lambda s, v: v == v, lambda s, v: str(v), lambda s, v: v.x, lambda s, v: not v, lambda s, v: v + v):
        assert isinstance(translate(know(opaque, 2), kind.fields), Refused)  # type: ignore[arg-type]


def test_opaque_values_of_lists() -> None:
    rows = [[b"a"], [], [b"b", b"c"]]
    [chunk] = Block.from_rows(rows).chunks
    kind = kind_of(chunk.shape)
    assert isinstance(kind, ListOf)
    vector, _ = carried(kind, chunk)
    assert isinstance(vector, Lists) and rows_of(kind, vector) == rows
    program = translate(know(lambda fields: fields[0]), [kind])  # type: ignore[arg-type]
    empty = program.run([take(kind, vector, np.array([1]))], 1)  # type: ignore[union-attr]
    assert empty.ok is not None and not empty.ok.any()
