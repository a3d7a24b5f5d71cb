"""Test that comparisons of tuples, membership, formats and dicts over columns give Python's results."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import strategies as st

from glowray.rows.types.kinds import Kind, ListOf, RecordOf, TupleOf
from glowray.vectorize.columns.translation.translator import translate
from glowray.vectorize.definition.function_lookup import know
from glowray.vectorize.definition.known_function import Refused
from tests.vectorize.agreement import INTS, TEXTS, property_of, strategy

SMALL = st.one_of(st.integers(-2, 3), INTS)
SHORT = st.one_of(st.sampled_from(["", "a", "b", "%s", "é"]), TEXTS)
PAIR = TupleOf((str, int))
RECORD = RecordOf((("a", int), ("b", str)))
WANTED = frozenset({1, 3, 2**62})
TEMPLATE = "%s\x00%%é"

FUNCTIONS: list[tuple[Callable[..., Any], list[Kind]]] = [
    (lambda r, q: r == q, [PAIR, PAIR]),
    (lambda r, q: r != q, [PAIR, PAIR]),
    (lambda r, q: r < q, [PAIR, PAIR]),
    (lambda r, q: r <= q, [PAIR, PAIR]),
    (lambda r, q: r > (q[0], 1), [PAIR, PAIR]),
    (lambda r, q: (r, True) >= (q, False), [PAIR, PAIR]),
    (lambda r: r == ("a", 1), [PAIR]),
    (lambda r: r + (r[1] + 1, "x"), [PAIR]),
    (lambda x: x in (1, 2, -1), [int]),
    (lambda x: x not in WANTED, [int]),
    (lambda x: x in {0, 3}, [int]),
    (lambda s: s in {"a", "é"}, [str]),
    (lambda s, n: "%s: %d%%" % (s, n), [str, int]),  # noqa: UP031
    (lambda s: "<%s>" % s, [str]),  # noqa: UP031
    (lambda s: TEMPLATE % s, [str]),
    (lambda n: "%d" % n, [int]),  # noqa: UP031
    (lambda r: "%s=%s" % r, [PAIR]),  # noqa: UP031
    (lambda s, n: f"{s!s}{n > 1}{{", [str, int]),
    (lambda b: str(b), [bool]),
    (lambda r: {**r, "c": r["a"] + 1}, [RECORD]),
    (lambda r: {**r, "a": r["b"]}, [RECORD]),
    (lambda r: {"z": 1, **r}, [RECORD]),
    (lambda r: r.get("a"), [RECORD]),
    (lambda r: r.get("b", ""), [RECORD]),
    (lambda r: [w + str(n) for w, n in r if n > 0], [ListOf(PAIR)]),
    (lambda r: {"a": len(r), "b": [n for _, n in r]}, [ListOf(PAIR)]),
]


def values_of(kind: Any) -> st.SearchStrategy[Any]:
    if isinstance(kind, ListOf):
        return st.lists(values_of(kind.element), max_size=3)
    if isinstance(kind, TupleOf):
        return st.tuples(*map(values_of, kind.fields))
    if isinstance(kind, RecordOf):  # its keys are in this order
        names, kinds = zip(*kind.fields, strict=True)
        return st.tuples(*map(values_of, kinds)).map(lambda row: dict(zip(names, row, strict=True)))
    return SMALL if kind is int else SHORT if kind is str else strategy(kind)


test_programs_agree_with_calls = property_of(FUNCTIONS, values_of, 80)


@pytest.mark.parametrize(
    ("function", "kinds"),
    [
        (lambda r, q: r == q, [TupleOf((float, int)), TupleOf((float, int))]),
        (lambda r, q: r == q, [PAIR, TupleOf((str, int, int))]),
        (lambda r, q: r is q, [PAIR, PAIR]),
        (lambda x: x in (1, 2), [float]),
        (lambda x: x in (2**63, 2), [int]),
        (lambda x: "%d" % x, [bool]),  # noqa: UP031
        (lambda x: "%s%s" % x, [int]),  # noqa: UP031
        (lambda x: "none" % x, [int]),  # noqa: F507, UP031
        (lambda x: "%" % x, [int]),  # noqa: F501
        (lambda r: "%(a)s" % r, [RECORD]),  # noqa: UP031
        (lambda r: {"a": int(r["b"]), **r}, [RECORD]),
        (lambda r: {**r, "c": None}, [RECORD]),
        (lambda r: {"a": int(r["b"]), **r}, [RECORD]),
        (lambda r: r.get("x"), [RECORD]),
        (lambda r: [a for a, b, c in r], [ListOf(PAIR)]),
        (lambda r: [x for x in r for y in r], [ListOf(PAIR)]),
    ],
)
def test_refused(function: Callable[..., Any], kinds: list[Kind]) -> None:
    assert isinstance(translate(know(function), kinds), Refused)  # type: ignore[arg-type]
