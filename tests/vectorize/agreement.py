"""Hostile values of each kind, and the check that a column program gives the results of its function's calls."""

from __future__ import annotations

import functools
import pickle
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glowray.rows.texts.texts import Lines, Texts
from glowray.rows.types.kinds import Kind, ListOf, RecordOf, TupleOf
from glowray.vectorize.columns.translation.translator import translate
from glowray.vectorize.columns.vectors.column_program import ArrowProgram
from glowray.vectorize.columns.vectors.frame import Lists, rows_of
from glowray.vectorize.definition.function_lookup import know
from glowray.vectorize.definition.known_function import Refused
from tests.effort import examples
from tests.vectorize.running import spelled

Function: TypeAlias = Callable[..., Any]

RECORD = RecordOf((("n", int), ("s", str), ("f", float)))
EDGES = [0, 1, -1, 7, -7, 2**53, 2**53 + 1, -(2**53) - 1, 2**31, 2**62, 2**63 - 1, -(2**63), 3037000500]
INTS = st.one_of(st.integers(-(2**63), 2**63 - 1), st.sampled_from(EDGES), st.integers(-20, 20))
FLOATS = st.one_of(
    st.floats(), st.sampled_from([0.0, -0.0, float("nan"), float("inf"), -float("inf"), 1e308, 2.0**53, 0.1, 2.0**63])
)
TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
    st.text("aAbB ,.-+_09\t\n\x1c\x85\u2003", max_size=12),
    st.sampled_from(
        [
            "",
            " ",
            "İ",
            "ß",
            "ΑΣ",
            "ǅ",
            "٣",
            "a b  c ",
            ",",
            "a,,b",
            "12",
            "-12",
            "+5",
            "0x1F",
            "1_000",
            " 7 ",
            "-0",
            "007",
            "9" * 18,
            "9" * 19,
            "-" + "9" * 18,
            "1.5",
            "-0.0",
            "1e5",
            "nan",
            "inf",
            ".5",
            "5.",
            "1.5\n",
            "12\n",
            "\x1ca\x1fb",
            "no\u00a0break",
            "x\u2029y",
            "𝔘nicode",
            "e\u0301",
            "the",
            "a the b",
        ]
    ),
)
BOOLS = st.booleans()
VALUES: dict[Any, st.SearchStrategy[Any]] = {int: INTS, float: FLOATS, str: TEXTS, bool: BOOLS}


def strategy(kind: Kind) -> st.SearchStrategy[Any]:
    if isinstance(kind, TupleOf):
        return st.tuples(*map(strategy, kind.fields))
    if isinstance(kind, RecordOf):
        return st.fixed_dictionaries({name: strategy(each) for name, each in kind.fields})
    return VALUES[kind]


def column(kind: Kind, rows: list[Any]) -> Any:
    if isinstance(kind, TupleOf):
        return tuple(column(each, [row[i] for row in rows]) for i, each in enumerate(kind.fields))
    if isinstance(kind, RecordOf):
        return {name: column(each, [row[name] for row in rows]) for name, each in kind.fields}
    if isinstance(kind, ListOf):
        offsets = np.concatenate([[0], np.cumsum([len(row) for row in rows], dtype=np.int64)])
        return Lists(offsets, column(kind.element, [each for row in rows for each in row]))
    if kind is str:
        return texts(rows)
    return np.array(rows, dtype={int: np.int64, float: np.float64, bool: np.bool_}[kind])


def texts(rows: list[str]) -> Any:
    """Return a column of texts: an Arrow array, ranges of bytes, or lines. The rows choose which."""
    seed = sum(map(len, rows)) % 3
    if seed == 1 and not any("\n" in row for row in rows):
        return Lines("".join(row + "\n" for row in rows).encode())
    # A slice, so that offsets do not start at 0.
    array = pa.array(["skipped é", *rows, "after"], pa.large_string()).slice(1, len(rows))
    return Texts.of(array) if seed == 2 else array


@functools.cache
def program_of(function: Callable[..., Any], kinds: tuple[Kind, ...]) -> ArrowProgram:
    """Return a function's program after pickling. A property asks for it in every example."""
    program = translate(know(function, len(kinds)), kinds)
    assert not isinstance(program, Refused), program.reason
    return pickle.loads(pickle.dumps(program))  # type: ignore[no-any-return]


def agrees(function: Callable[..., Any], kinds: Sequence[Kind], rows: list[Any]) -> None:
    """Check that a function's program gives the results of the calls."""
    columns = [list(each) for each in zip(*rows, strict=True)] if rows else [[] for _ in kinds]
    check(function, program_of(function, tuple(kinds)), columns)


def by_kinds(cases: Iterable[tuple[Function, list[Any]]]) -> list[Any]:
    """Group functions by the kinds of their arguments: drawing rows takes longer than running a program on them."""
    groups: dict[tuple[Any, ...], list[Function]] = {}
    for function, kinds in cases:
        groups.setdefault(tuple(kinds), []).append(function)
    return [pytest.param(kinds, functions, id=", ".join(map(str, kinds))) for kinds, functions in groups.items()]


def check(function: Callable[..., Any], program: ArrowProgram, columns: list[list[Any]]) -> int:
    """Compare the program with the calls, row by row. Return the number of rows that the program claimed."""
    length = len(columns[0])
    computed = program.run([column(k, c) for k, c in zip(program.kinds, columns, strict=True)], length)
    got = rows_of(computed.kind, computed.vector)
    claimed = 0
    for index, row in enumerate(zip(*columns, strict=True)):
        if computed.ok is not None and not computed.ok[index]:
            continue
        claimed += 1
        expected = function(*row)  # an exception here is one that the program hid
        if isinstance(computed.kind, ListOf):
            expected = list(expected)
        assert spelled(got[index]) == spelled(expected), (function, row, got[index], expected)
    return claimed


def property_of(cases: Iterable[tuple[Function, list[Any]]], values: Callable[[Kind], Any], many: int) -> Any:
    """Return a test that the programs of functions agree with their calls on `many` draws of up to six rows."""

    @pytest.mark.parametrize(("kinds", "functions"), by_kinds(cases))
    @settings(max_examples=examples(many), deadline=None)
    @given(data=st.data())
    def test_programs_agree_with_calls(kinds: tuple[Kind, ...], functions: list[Function], data: st.DataObject) -> None:
        rows = data.draw(st.lists(st.tuples(*map(values, kinds)), max_size=6))
        for function in functions:
            agrees(function, kinds, rows)

    return test_programs_agree_with_calls


def claimed(function: Function, kinds: Sequence[Kind], ordinary: dict[Any, list[Any]]) -> int:
    """Return how many of three rows of ordinary values a function's program claims. Check that it agrees on them."""

    def rows(kind: Any) -> list[Any]:
        if isinstance(kind, TupleOf):
            return list(zip(*map(rows, kind.fields), strict=True))
        if isinstance(kind, RecordOf):
            return [{name: rows(each)[i] for name, each in kind.fields} for i in range(3)]
        return ordinary[kind]

    return check(function, program_of(function, tuple(kinds)), [rows(kind) for kind in kinds])
