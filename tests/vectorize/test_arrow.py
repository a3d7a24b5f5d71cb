"""Test that column programs give the results of the calls on every row that they claim, hostile values included."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from glowray.native.separators import WHITESPACE
from glowray.rows.types.kinds import Kind, TupleOf
from glowray.vectorize.columns.translation.translator import translate
from glowray.vectorize.definition.function_lookup import know
from glowray.vectorize.definition.known_function import Refused
from tests.vectorize.agreement import (
    RECORD,
    claimed,
    property_of,
    strategy,
)

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


PAIR = TupleOf((str, int))
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


test_programs_agree_with_calls = property_of(FUNCTIONS, strategy, 60)


@pytest.mark.parametrize(("function", "kinds"), FUNCTIONS)
def test_programs_claim_the_common_case(function: Callable[..., Any], kinds: list[Kind]) -> None:
    ordinary = {int: [1, 2, 30], float: [1.5, 2.5, 1e6], str: ["ab,12", "12", "x,7"], bool: [True, True, True]}
    assert claimed(function, kinds, ordinary) >= 1


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
