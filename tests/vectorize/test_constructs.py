"""Test generators of one yield, dicts from a tuple of names, formats, slices of lists, and truth tests of any value."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import strategies as st

from glowray.rows.types.kinds import Kind, ListOf, RecordOf
from glowray.vectorize.columns.translation.translator import translate
from glowray.vectorize.definition.function_lookup import know
from glowray.vectorize.definition.known_function import Refused
from tests.vectorize.agreement import RECORD, claimed, property_of
from tests.vectorize.test_texts import values_of

NAMES = ("s", "n")
KEY = "made"


def numbers(s: str) -> Iterator[int]:
    number = int(s.split(",")[0])
    if number > 0:
        yield number


def marked(s: str) -> Iterator[dict[str, Any]]:
    """Take several paths, some of which yield nothing."""
    if s.startswith("a"):
        return
    first, _, rest = s.partition(",")
    if rest:
        yield {"first": first, "rest": rest}
        return
    if len(first) > 2:
        if "=" in first:
            return
        yield {"first": first, "rest": "none"}


def every(s: str, n: int) -> Iterator[tuple[str, int]]:
    yield s, n


def checked(s: str) -> Iterator[str]:
    """Fail on a path that yields nothing."""
    if "a" in s:
        number = int(s)
        if number > 3:
            return
    else:
        yield s


def optional(r: dict[str, Any]) -> Iterator[Any]:
    if r["n"] > 1:
        yield r["s"] if r["n"] > 2 else None


FUNCTIONS: list[tuple[Callable[..., Any], list[Kind]]] = [
    (numbers, [str]),
    (marked, [str]),
    (every, [str, int]),
    (checked, [str]),
    (optional, [RECORD]),
    (lambda r: {name: r[name] for name in NAMES}, [RECORD]),
    (lambda r: {name: (r[name], name) for name in ("n", "f")}, [RECORD]),
    (lambda r: {**r, KEY: r["n"]}, [RECORD]),
    (lambda r: {KEY: r["s"], "other": 1}, [RECORD]),
    (lambda n: f"{n:05}", [int]),
    (lambda n: f"<{n:012d}>", [int]),
    (lambda n: "%05d" % n, [int]),  # noqa: UP031
    (lambda n, m: "%03d-%d" % (n, m), [int, int]),  # noqa: UP031
    (lambda s: s.split(",")[1:], [str]),
    (lambda s: ",".join(s.split(",")[:-1]), [str]),
    (lambda s: " ".join(s.split(" ")[1:3]), [str]),
    (lambda s: s.split(",")[-2:5], [str]),
    (lambda s: len(s.split()[2:1]), [str]),
    (lambda s, n: 1 if s and n else 2, [str, int]),
    (lambda s, n: "a" if n > 1 or s.strip() else s, [str, int]),
    (lambda s, n: 1 if not (s and n > 0) else 2, [str, int]),
    (lambda s, n: [w for w in s.split(",") if w and n], [str, int]),
    (lambda s: "ab" * 3 + s, [str]),
    (lambda s: s + 0 * "x" + -1 * "y", [str]),
]


def given_rows(kind: Any) -> st.SearchStrategy[Any]:
    if not isinstance(kind, RecordOf):
        return values_of(kind)
    names, kinds = zip(*kind.fields, strict=True)
    return st.tuples(*map(values_of, kinds)).map(lambda row: dict(zip(names, row, strict=True)))


test_programs_agree_with_calls = property_of(FUNCTIONS, given_rows, 80)


@pytest.mark.parametrize(("function", "kinds"), FUNCTIONS)
def test_programs_claim_the_common_case(function: Callable[..., Any], kinds: list[Kind]) -> None:
    ordinary: dict[Any, list[Any]] = {
        int: [1, 0, 2], float: [0.5, 1.5, 2.5], bool: [True, False, True], str: ["1,b,c=1", "2 b=2 c d", "12,"],
    }  # fmt: skip
    assert claimed(function, kinds, ordinary) >= 1


def test_a_generator_is_one_whatever_it_yields() -> None:
    program: Any = translate(know(marked), [str])  # type: ignore[arg-type]
    assert isinstance(program.result, ListOf) and program.result.once


def twice(s: str) -> Iterator[str]:
    yield s
    yield s


def goes_on(s: str) -> Iterator[str]:
    if s:
        yield s
    yield "end"


def returns(s: str) -> Iterator[str]:
    if s:
        return s
    yield s


def of_two_kinds(s: str) -> Iterator[Any]:
    if s:
        yield s
    else:
        yield 1


def sent(s: str) -> Iterator[Any]:
    got = yield s
    if got:
        yield got


def delegates(s: str) -> Iterator[str]:
    yield from s


TWICE = ("s", "s")


@pytest.mark.parametrize(
    ("function", "kinds"),
    [
        (twice, [str]),
        (goes_on, [str]),
        (returns, [str]),
        (of_two_kinds, [str]),
        (sent, [str]),
        (delegates, [str]),
        (lambda s: numbers(s), [str]),
        (lambda r: {name: r[name] for name in TWICE}, [RECORD]),
        (lambda r: {name: r[name] for name in NAMES if name != "s"}, [RECORD]),
        (lambda r: {name: r[name] for name in ("s", "missing")}, [RECORD]),
        (lambda n: f"{n:05}", [float]),
        (lambda n: f"{n:05}", [bool]),
        (lambda n, w: f"{n:0{w}}", [int, int]),
        (lambda s: s.split(",")[::2], [str]),
        (lambda s, n: s.split(",")[n:], [str, int]),
        (lambda s: "ab" * 100_000 + s, [str]),
        (lambda s, n: s and n, [str, int]),
    ],
)
def test_refused(function: Callable[..., Any], kinds: list[Kind]) -> None:
    known = know(function, len(kinds))
    assert not known or isinstance(translate(known, kinds), Refused)
