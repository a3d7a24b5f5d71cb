"""Test that calls put into the loop keep the values, errors, effects and tracebacks of the calls."""

from __future__ import annotations

import re
import traceback
import warnings
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glowray.vectorize.loops.chain import row_loop
from tests.vectorize.running import assert_same, define, step

WORD = re.compile(r"[^\W\d_]+")
PAIR = re.compile(r"(a)(b)?")
SEEN: list[Any] = []
HOSTILE = st.one_of(
    st.integers(),
    st.sampled_from([2**63, 0, -0.0, float("inf"), float("nan"), None, True, "", "a", "ß", b"x", (1, 2)]),
    st.floats(),
    st.text(max_size=4),
)


class Odd:
    """A class whose comparisons have effects and return no bool."""

    def __init__(self, n: int) -> None:
        self.n = n

    def __gt__(self, other: Any) -> Any:
        SEEN.append(("gt", self.n, getattr(other, "n", other)))
        return [] if self.n == 2 else [1]

    def __lt__(self, other: Any) -> Any:
        SEEN.append(("lt", self.n, getattr(other, "n", other)))
        raise ValueError(self.n)

    def __repr__(self) -> str:
        return f"Odd({self.n})"


def seen(value: Any) -> Any:
    SEEN.append(value)
    return value


def half(x: Any, by: Any = 2) -> Any:
    if x is None:
        return 0
    for i in range(3):
        if x == i:
            return i
    return x / by


def twice(x: Any) -> Any:
    y = half(x) + half(x)
    return max(y, half(0))


def endless(x: Any) -> Any:
    return x if not x else endless(x[1:])


def trying(x: Any) -> Any:
    try:
        value = half(x)
        return max(value, half(value))
    except TypeError as error:
        return str(error)
    finally:
        SEEN.append("finally")


def summing(x: Any) -> Any:
    total = 0
    for part in max([x, 1], [x]):
        total += half(part)
    while total and max(total, 1) > 5:
        total -= 5
    return {"total": total, "least": min(total, 3), "both": [max(total, 0), *map(half, [total])]}


FUNCTIONS = [
    lambda x: max(x, 1),
    lambda x: min(seen(x), seen("b")),
    lambda x: (seen(1), max(seen(x), seen(2)), seen(3)),
    lambda x: seen(x)[half(0)] + seen(half(2)),
    lambda x: half(x) if seen(x) else max(x, ""),
    lambda x: [half(x), half(half(x)), -half(x)],
    lambda x: seen(x) and half(x),
    lambda x: half(x) or seen(x),
    lambda x: half(x) < half(1) < seen(x),
    lambda x: (y := half(x)) + max(y, 1),
    lambda x: x.upper(seen(half(1))) if isinstance(x, str) else half(x, half(4)),
    lambda x: max(half(x), key=abs) if x == 7 else max([x, x], [x]),
    lambda x: [max(i, half(x)) for i in (1, half(2))],
    lambda x: half(*[x]) + half(x=1),
    lambda x: f"{half(x)}{max(1, 2)}",
    twice,
    endless,
    trying,
    summing,
]


@pytest.fixture(autouse=True)
def nothing_seen() -> None:
    SEEN.clear()


@given(call=st.sampled_from(FUNCTIONS), rows=st.lists(HOSTILE, max_size=3), verb=st.sampled_from(["map", "filter"]))
def test_calls_inside_do_what_they_do(call: Any, rows: list[Any], verb: str) -> None:
    SEEN.clear()
    assert_same([step(verb, call), step("map", twice)], rows)
    half_way = len(SEEN) // 2
    assert repr(SEEN[:half_way]) == repr(SEEN[half_way:])


@given(left=st.integers(1, 3), right=st.integers(1, 3))
def test_max_compares_as_pythons_own(left: int, right: int) -> None:
    SEEN.clear()
    pair = (Odd(left), Odd(right))
    for call in (lambda row: max(row[0], row[1]).n, lambda row: min(row[0], row[1]).n):
        assert_same([step("map", call)], [pair])
    assert SEEN[:1] == SEEN[1:2]


def test_only_pythons_own_max_is_replaced() -> None:
    own = define("def max(a, b):\n    return 'own'\ndef f(x):\n    return max(x, 1)\n")
    assert_same([step("map", own)], [1, 2])
    local = define("def f(x):\n    max = len\n    return max(x)\n")
    assert_same([step("map", local)], ["ab"])


def test_the_traceback_has_every_function() -> None:
    text = "def inner(x):\n    y = x + 1\n    return 1 // x\n\ndef middle(x):\n    return inner(x) + 1\n\n"
    outer = define(text + "def f(x):\n    if x == 0:\n        return [x, middle(x)]\n    return x\n")
    loop, reasons = row_loop([step("map", outer)])
    function = loop.function()
    assert reasons == [None]
    with pytest.raises(ZeroDivisionError) as raised:
        function([1, 0], [].append)
    error = loop.positions.retrace(raised.value, function.__code__)  # type: ignore[attr-defined]
    found = [(entry.name, entry.lineno) for entry in traceback.extract_tb(error.__traceback__)]
    assert found == [("f", 10), ("middle", 6), ("inner", 3)]


def test_helpers_are_in_the_loop() -> None:
    loop, _ = row_loop([step("map", twice)])
    assert not {"half", "twice", "max"} & {name.split("·")[0] for name in (*loop.bindings, *loop.code().co_names)}


def test_a_helper_that_looks_at_frames_is_called() -> None:
    text = "import sys\ndef here():\n    return sys._getframe().f_code.co_name\ndef f(x):\n    return here(), x\n"
    assert_same([step("map", define(text))], [1])


def test_no_code_is_warned_of() -> None:
    first = lambda x: (1, {"a": 2}, "text")
    odd = [
        lambda row: row["x"],
        lambda row: row[1][0],
        lambda row: row(),
        lambda row: row[2]["x"],
        lambda row: (row[0] is None, row[1]["a"] is not row[2]),
        lambda row: row[0](1),
    ]
    for call in odd:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            made, _ = row_loop([step("map", first), step("map", call)])
            made.function()
            assert_same([step("map", first), step("map", call)], [1])


def test_blocks_that_nest_too_deep_stay_calls() -> None:
    """Python compiles no more than 20 loops inside one another."""
    inner = "def inner(x):\n" + "".join("    " * (i + 1) + f"for i{i} in range(1):\n" for i in range(9))
    inner += "    " * 10 + "return x\n"
    outer = "def f(x):\n" + "".join("    " * (i + 1) + f"for i{i} in range(1):\n" for i in range(9))
    outer += "    " * 10 + "return inner(x)\n"
    assert_same([step("map", define(inner + outer))], [1, "x"])


def words(line: str) -> Any:
    for match in WORD.finditer(line):
        if len(match.group()) == 2:
            continue
        yield match.group(0).upper(), match[0]
        if match.group() == "end":
            break
    else:
        yield "no end", ""


def spans(line: str) -> Any:
    return [(match.group(), match.start()) for match in WORD.finditer(line)]


def last(line: str) -> Any:
    match = None
    for match in WORD.finditer(line):  # noqa: B007
        pass
    return match and match.group()


def groups(line: str) -> Any:
    found = []
    for match in PAIR.finditer(line):
        found.append(match.group())  # noqa: PERF401
    return found


def later(line: str) -> Any:
    found = []
    for match in WORD.finditer(line):
        found.append(lambda: match.group())  # noqa: B023, PERF401
    return [each() for each in found]


@given(
    lines=st.lists(st.text("ab endß1_ ", max_size=12), max_size=3),
    call=st.sampled_from([words, spans, last, groups, later]),
)
def test_matches_are_those_of_finditer(lines: list[str], call: Any) -> None:
    assert_same([step("flat_map" if call is words else "map", call)], lines, row_type=str)
    assert_same([step("flat_map" if call is words else "map", call)], [*lines, None])


def test_texts_of_matches_need_no_matches() -> None:
    names = lambda call: row_loop([step("flat_map", call)], row_type=str)[0].code().co_consts[0].co_names
    assert "findall" in names(words)
    assert "findall" not in names(last) + names(groups)
