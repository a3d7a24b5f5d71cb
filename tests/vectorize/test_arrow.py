"""Test that column programs give the results of the calls on every row that they claim, hostile values included."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glowray.native.separators import WHITESPACE
from glowray.rows.texts.texts import Lines, Texts
from glowray.rows.types.kinds import Kind, ListOf, RecordOf, TupleOf
from glowray.vectorize.columns.translation.translator import translate
from glowray.vectorize.columns.vectors.column_program import ArrowProgram
from glowray.vectorize.columns.vectors.frame import Lists, rows_of
from glowray.vectorize.definition.function_lookup import know
from glowray.vectorize.definition.known_function import Refused
from tests.effort import examples
from tests.vectorize.running import spelled

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
LIMIT = 5
STOP = frozenset({"the", "a", "ß"})


def helper(x: int) -> int:
    """Use an early return and an augmented assignment, in a call that the compiler must follow."""
    y = x + 1
    if y > LIMIT:
        return y * 2
    y -= x // 3
    return y


def parse(line: str) -> tuple[str, int]:
    first = line.split(",")[0]
    number = int(line.split(",")[1])
    return first, number


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


def agrees(function: Callable[..., Any], kinds: list[Kind], rows: list[Any]) -> None:
    """Check that a function's program, after pickling, gives the results of the calls."""
    program = translate(know(function, len(kinds)), kinds)  # type: ignore[arg-type]
    assert not isinstance(program, Refused), program.reason
    program = pickle.loads(pickle.dumps(program))
    check(function, program, [list(each) for each in zip(*rows, strict=True)] if rows else [[] for _ in kinds])


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
        assert spelled(got[index]) == spelled(expected), (row, got[index], expected)
    return claimed


PAIR = TupleOf((str, int))
RECORD = RecordOf((("n", int), ("s", str), ("f", float)))
FUNCTIONS: list[tuple[Callable[..., Any], list[Any]]] = [
    (lambda x: x * 3 + 1, [int]),
    (lambda x: x % 7 == 0, [int]),
    (lambda x, y: x + y, [int, int]),
    (lambda x, y: x - y, [int, int]),
    (lambda x, y: x * y, [int, int]),
    (lambda x, y: x // y, [int, int]),
    (lambda x, y: x % y, [int, int]),
    (lambda x, y: x / y, [int, int]),
    (lambda x, y: x / y, [float, int]),
    (lambda x, y: x * y + 0.5, [float, float]),
    (lambda x, y: x - y, [int, float]),
    (lambda x, y: x < y, [int, float]),
    (lambda x, y: x == y, [float, int]),
    (lambda x, y: x <= y, [float, float]),
    (lambda x, y: x + y, [bool, bool]),
    (lambda x, y: x & y, [bool, bool]),
    (lambda x, y: x ^ y, [int, bool]),
    (lambda x: -x, [int]),
    (lambda x: -x, [bool]),
    (lambda x: abs(x), [int]),
    (abs, [float]),
    (lambda x: int(x), [float]),
    (float, [int]),
    (lambda x: str(x), [int]),
    (lambda x, y: min(x, y), [float, float]),
    (lambda x, y: max(x, y, 3), [int, int]),
    (lambda x: not x, [float]),
    (lambda x, y: x and y, [int, int]),
    (lambda x, y: x or y, [str, str]),
    (lambda x: x or 1.5, [float]),
    (lambda x, y: x // y if y else -1, [int, int]),
    (lambda x, y: y and x // y, [int, int]),
    (lambda x: 0 < x < 10, [int]),
    (lambda x: 1 < x <= 2.5, [float]),
    (lambda x: (x, x > LIMIT, "c"), [int]),
    (lambda x: {"a": x, "b": x + 1}, [int]),
    (helper, [int]),
    (lambda x: helper(x) + helper(x - 1), [int]),
    (lambda s: s.lower(), [str]),
    (str.upper, [str]),
    (lambda s: s.strip(), [str]),
    (lambda s: s.lstrip("a "), [str]),
    (lambda s: s.rstrip(), [str]),
    (lambda s: s.startswith("a"), [str]),
    (lambda s: s.endswith(("b", "")), [str]),
    (lambda s: "a" in s, [str]),
    (lambda s: "" in s, [str]),
    (lambda s: s in STOP, [str]),
    (lambda s: s not in ("a", "b"), [str]),
    (lambda s: s.replace("a", "bb"), [str]),
    (lambda s: s.replace(" ", ""), [str]),
    (lambda s: len(s), [str]),
    (len, [str]),
    (lambda s: s.isdigit(), [str]),
    (lambda s: s.isalpha(), [str]),
    (lambda s: s.isalnum(), [str]),
    (lambda s: s.isdecimal(), [str]),
    (lambda s: s.find("b"), [str]),
    (lambda s: s.count("aa"), [str]),
    (lambda s: int(s), [str]),
    (int, [str]),
    (float, [str]),
    (lambda s: s[0], [str]),
    (lambda s: s[-1], [str]),
    (lambda s: s[2], [str]),
    (lambda s: s[:2], [str]),
    (lambda s: s[1:], [str]),
    (lambda s: s[-2:], [str]),
    (lambda s: s[1:-1], [str]),
    (lambda s: s[3:1], [str]),
    (lambda s, t: s + "-" + t, [str, str]),
    (lambda s, n: f"{s}: {n}!", [str, int]),
    (lambda s, t: s < t, [str, str]),
    (lambda s, t: s == t, [str, str]),
    (lambda s: s >= "b", [str]),
    (lambda s: not s, [str]),
    (bool, [str]),
    (lambda s: s.split(), [str]),
    (lambda s: s.split(","), [str]),
    (lambda s: s.split(",")[1], [str]),
    (lambda s: s.split()[-1], [str]),
    (lambda s: len(s.split(" ")), [str]),
    (parse, [str]),
    (lambda s: [w.lower() for w in s.split() if w not in STOP], [str]),
    (lambda s: ((w, len(w)) for w in s.split(",") if w if len(w) < 4), [str]),
    (lambda s, n: [(w, n) for w in s.split()], [str, int]),
    (lambda s: [int(w) for w in s.split(",")], [str]),
    (lambda s: s.split()[0] if s.split() else "none", [str]),
    (lambda r: (r[0].upper(), r[1] + 1), [PAIR]),
    (lambda r: r[-1], [PAIR]),
    (lambda r: {"n": r["n"] * 2, "x": r["s"][:1]} if r["f"] > 0 else {"n": 0, "x": r["s"]}, [RECORD]),
]


@pytest.mark.parametrize(("function", "kinds"), FUNCTIONS)
@settings(max_examples=examples(60), deadline=None)
@given(data=st.data())
def test_programs_agree_with_calls(function: Callable[..., Any], kinds: list[Kind], data: st.DataObject) -> None:
    program = translate(know(function), kinds)  # type: ignore[arg-type]
    assert not isinstance(program, Refused), program.reason
    rows = data.draw(st.lists(st.tuples(*map(strategy, kinds)), max_size=6))
    check(function, program, [list(each) for each in zip(*rows, strict=True)] if rows else [[] for _ in kinds])


@pytest.mark.parametrize(("function", "kinds"), FUNCTIONS)
def test_programs_claim_the_common_case(function: Callable[..., Any], kinds: list[Kind]) -> None:
    ordinary = {int: [1, 2, 30], float: [1.5, 2.5, 1e6], str: ["ab,12", "12", "x,7"], bool: [True, True, True]}

    def rows(kind: Any) -> list[Any]:
        if isinstance(kind, TupleOf):
            return list(zip(*map(rows, kind.fields), strict=True))
        if isinstance(kind, RecordOf):
            return [{name: rows(each)[i] for name, each in kind.fields} for i in range(3)]
        return ordinary[kind]

    program = translate(know(function), kinds)  # type: ignore[arg-type]
    assert check(function, program, [rows(kind) for kind in kinds]) >= 1  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("function", "kinds"),
    [
        (lambda x: divmod(x, 2.0), [float]),
        (lambda x: repr(x), [float]),
        (lambda s: s.split(None, 1), [str]),
        (lambda x: 1 if x else 2.0, [int]),
        (lambda x: x and "a", [int]),
        (lambda s: s * 2, [str]),
        (lambda x: sum([x]), [int]),
        (lambda x: print(x), [int]),
        (lambda x: x == "a", [int]),
        (lambda x: "\ud800" in x, [str]),
        (lambda x: x + 2**63, [int]),
        (lambda s: s.replace("", "x"), [str]),
    ],
)
def test_refused(function: Callable[..., Any], kinds: list[Kind]) -> None:
    assert isinstance(translate(know(function), kinds), Refused)  # type: ignore[arg-type]


def test_white_space_is_pythons() -> None:
    assert sorted(WHITESPACE) == [chr(each) for each in range(0x110000) if chr(each).isspace()]
