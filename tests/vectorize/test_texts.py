"""Test that columns of text give the results of str: split, slices, patterns, padding, any arguments, hostile texts."""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from hypothesis import strategies as st

from glowray.rows.types.kinds import Kind, RecordOf, TupleOf
from glowray.vectorize.columns.translation.translator import translate
from glowray.vectorize.definition.function_lookup import know
from glowray.vectorize.definition.known_function import Refused
from tests.vectorize.agreement import TEXTS, claimed, property_of, strategy

PIECES = st.one_of(
    TEXTS,
    st.text("a=,é", max_size=8),
    st.text("ab ", max_size=6).map(lambda s: s + "é\x00"),
    st.sampled_from(["a=b=c", "==", "aaa", "baab", "-7", "+7", "a,b,c", "x,y,z", "12,34,x", "key = value"]),
)
SIGNED = st.one_of(st.integers(-5, 9), st.sampled_from([2**63 - 1, -(2**63), 2**31, -(2**31)]))


def three(line: str) -> tuple[str, int]:
    first, second, _ = line.split(",")
    return second, len(first)


def swapped(pair: tuple[str, int]) -> tuple[int, str]:
    name, number = pair
    return number, name


def loose(line: str) -> str:
    key, _, value = line.partition("=")
    value = value.strip()
    return f"{key.strip()}={value}" if value else key


def with_default(s: str, sep: str = ",", *, width: int = 3) -> list[str]:
    part: str = s[:width]
    return part.split(sep)


def number_after(s: str) -> int:
    return int(s[s.find("=") + 1 :])


class Cutter:
    def cut(self, s: str) -> list[str]:
        return s.split("=")

    @staticmethod
    def cut_at(sep: str, s: str) -> str:
        return s.split(sep)[0]


FUNCTIONS: list[tuple[Callable[..., Any], list[Kind]]] = [
    (three, [str]),
    (swapped, [TupleOf((str, int))]),
    (loose, [str]),
    (with_default, [str]),
    (partial(with_default, sep="="), [str]),
    (partial(Cutter.cut_at, "="), [str]),
    (partial(with_default, width=1), [str]),
    (Cutter().cut, [str]),
    (lambda s: with_default(s, width=2)[0], [str]),
    (lambda s, k=2: s[k:], [str]),
    (number_after, [str]),
    (operator.itemgetter(1), [TupleOf((str, int))]),
    (operator.itemgetter(1, 0), [TupleOf((str, int))]),
    (operator.itemgetter("b"), [RecordOf((("a", int), ("b", str)))]),
    (operator.add, [str, str]),
    (operator.lt, [str, str]),
    (str.lower, [str]),
    (str.split, [str]),
    (len, [str]),
    (lambda s: s.rfind("a"), [str]),
    (lambda s: s.rfind("aa"), [str]),
    (lambda s: s.find("é"), [str]),
    (lambda s: s.index("a"), [str]),
    (lambda s, i: s.find("a", i), [str, int]),
    (lambda s, i, j: s.find(",", i, j), [str, int, int]),
    (lambda s, i, j: s.rfind("aa", i, j), [str, int, int]),
    (lambda s: s.rfind(",", 0, s.find("=")), [str]),
    (lambda s: s[s.rfind(",", 0, s.find("b")) + 1 : s.find("b")].strip(), [str]),
    (lambda s, i: s.index("b", i, -1), [str, int]),
    (lambda s, i: s.rindex("a", 0, i + 3), [str, int]),
    (lambda s: s[s.find("a", 1) :].find("a", 1), [str]),
    (lambda s: (s[:2] if s.startswith("a") else s[1:], s[:1] if "b" in s else "", "" if "a" in s else s[2:]), [str]),
    (lambda s: s.rindex("ab"), [str]),
    (lambda s: s.split("=", 1), [str]),
    (lambda s: s.split("=", maxsplit=2), [str]),
    (lambda s: s.split(",", 0), [str]),
    (lambda s: s.split("=", -1)[-1], [str]),
    (lambda s: s.rsplit("=", 1), [str]),
    (lambda s: s.rsplit(",", 1)[0], [str]),
    (lambda s: s.rsplit(","), [str]),
    (lambda s: s.rsplit("aa", 1), [str]),
    (lambda s: s.split("aa"), [str]),
    (lambda s: s.split("aa", 1), [str]),
    (lambda s: s.split("é"), [str]),
    (lambda s: s.split(", ")[0], [str]),
    (lambda s: [w for w in s.split(",", 1) if w], [str]),
    (lambda s: s.split(None), [str]),
    (lambda s: s.split(sep=None), [str]),
    (lambda s: s.split(sep=",", maxsplit=1), [str]),
    (lambda s: s.partition("="), [str]),
    (lambda s: s.rpartition("=")[2], [str]),
    (lambda s: s.partition("éa")[0], [str]),
    (lambda s: s.rpartition("aa"), [str]),
    (lambda s: s.removeprefix("a"), [str]),
    (lambda s: s.removesuffix("é"), [str]),
    (lambda s: s.removesuffix(""), [str]),
    (lambda s: s.zfill(4), [str]),
    (lambda s: s.ljust(5) + "|", [str]),
    (lambda s: s.rjust(5, "é"), [str]),
    (lambda s: s.title(), [str]),
    (lambda s: s.capitalize(), [str]),
    (lambda s: s.casefold(), [str]),
    (lambda s: s.swapcase(), [str]),
    (lambda s: s.isascii(), [str]),
    (lambda s: "-".join(s.split()), [str]),
    (lambda s, t: t.join(s.split(",")), [str, str]),
    (lambda s: "é".join(w.upper() for w in s.split(",") if w), [str]),
    (lambda s: s[1:3], [str]),
    (lambda s: s[:-1], [str]),
    (lambda s: s[-3:-1], [str]),
    (lambda s: s[5:], [str]),
    (lambda s: s[::-1], [str]),
    (lambda s: s[:], [str]),
    (lambda s, n: s[n:], [str, int]),
    (lambda s, n: s[:n], [str, int]),
    (lambda s, n, m: s[n:m], [str, int, int]),
    (lambda s, n: s[n], [str, int]),
    (lambda s: s[: s.find("=")], [str]),
    (lambda s: s[-2], [str]),
    (lambda r: r[1:], [TupleOf((str, int, str))]),
    (lambda r: r[::-1][0], [TupleOf((str, int, str))]),
    (lambda r: r[1][0], [TupleOf((str, TupleOf((str, int))))]),
]


def values_of(kind: Any) -> st.SearchStrategy[Any]:
    return SIGNED if kind is int else PIECES if kind is str else strategy(kind)


test_programs_agree_with_calls = property_of(FUNCTIONS, values_of, 80)


@pytest.mark.parametrize(("function", "kinds"), FUNCTIONS)
def test_programs_claim_the_common_case(function: Callable[..., Any], kinds: list[Kind]) -> None:
    ordinary: dict[Any, list[Any]] = {int: [1, 0, 2], str: ["a,b,c=1", "ab=2", "baab=12"]}
    assert claimed(function, kinds, ordinary) >= 1


def late(s: str) -> str:
    if s:
        TEXT = "x"
    return TEXT


TEXT = "a module's own"


@pytest.mark.parametrize(
    ("function", "kinds"),
    [
        (late, [str]),
        (with_default, [str, str, str]),
        (partial(with_default, s="x"), [str]),
        (lambda s, *rest: s, [str]),
        (lambda s, k: s, [str]),
        (lambda s: s.split(""), [str]),
        (lambda s: s.split(None, 1), [str]),
        (lambda s: s.rsplit("aa"), [str]),
        (lambda s: s.split(","[0:]), [str]),
        (lambda s: s.partition(""), [str]),
        (lambda s: s.center(5), [str]),
        (lambda s: s.rjust(5, "ab"), [str]),
        (lambda s: s.zfill(-1), [str]),
        (lambda s: s[::2], [str]),
        (lambda s: s[1.0], [str]),  # type: ignore[call-overload]
        (lambda s: s.split(",", 1, 2), [str]),  # type: ignore[call-overload]
        (lambda s: s.split(",", sep="a", maxsplit=2), [str]),
        (lambda s: s.split(maxsplit=1), [str]),
        (lambda s: s.rjust(3, " ", "x"), [str]),
        (lambda s: s.replace("a", "b", 1), [str]),
        (lambda s: s.strip(None), [str]),
        (lambda s: s.startswith("a", 1), [str]),
        (lambda r: r[3], [TupleOf((str, int))]),
        (lambda r: r[5:], [TupleOf((str, int))]),
        (operator.attrgetter("real"), [int]),
    ],
)
def test_refused(function: Callable[..., Any], kinds: list[Kind]) -> None:
    known = know(function)
    assert not known or isinstance(translate(known, kinds), Refused)


def test_lone_surrogates_have_no_column_form() -> None:
    for function in (lambda s: s.split("\ud800"), lambda s: s.removeprefix("\ud800"), lambda s: s.rjust(3, "\ud800")):
        assert isinstance(translate(know(function), [str]), Refused)  # type: ignore[arg-type]
