"""Test that inlined code does the same as the call: values, types, order, exceptions."""

from __future__ import annotations

import functools
import operator
import pickle
import re
from typing import Any

import cloudpickle
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glowray.vectorize.loops.chain import row_loop
from tests.effort import examples
from tests.vectorize.running import assert_same, define, step

STOP = frozenset({"the", "a"})
OFFSET = 7
HOSTILE = st.one_of(
    st.integers(),
    st.sampled_from([2**63, -(2**63), 0, -0.0, float("inf"), float("nan"), None, True, "", "İ", "ß", b"x"]),
    st.floats(),
    st.text(max_size=5),
    st.tuples(st.integers(), st.text(max_size=3)),
    st.lists(st.integers(), max_size=4),
)


def classify(x: Any) -> Any:
    """Take early returns, a loop that returns, and tuples of one width."""
    if x < 0:
        return "neg", x
    y = x * 2
    for i in range(min(9, y)):
        if i > 3:
            return "big", i
    return "small", y


def guarded(x: Any) -> Any:
    try:
        y = 10 // x
    except ZeroDivisionError as error:
        return str(error)
    except TypeError:
        raise ValueError("no number", x) from None
    else:
        y += 1
    finally:
        _ = 1
    while 5 < y < 50:
        y -= 2
        if y == 7:
            continue
        if y < 0:
            break
    else:
        return y, "else"
    return y


def matching(x: Any) -> Any:
    match x:
        case [first, *rest] if rest:
            return first, rest
        case (a, b):
            return {"a": a, "b": b}
        case str() as text:
            return text.upper()
        case None | True:
            return None
    result: list[Any] = []
    for item in x if isinstance(x, list) else [x]:
        result.append(item)  # noqa: PERF402
    result += [sum(i for i in range(3))]
    return result


def nested(x: Any, y: int = OFFSET, *, z: int = 2) -> Any:
    pairs = [(i, j) for i in range(y) for j in (z, x) if i != j]
    return sorted(pairs, key=lambda pair: (repr(pair[1]), -pair[0])), {k: [x for x in (k, y)] for k in range(z)}  # noqa: C416


# Use the source of a cell, because pytest rewrites the asserts of its modules.
nothing = define("def nothing(x):\n    x = x or 1\n    assert x != 2, ('message', x)\n", "nothing")


class Scale:
    def __init__(self, by: Any) -> None:
        self.by = by

    def times(self, x: Any) -> Any:
        return self.by * x

    def __call__(self, x: Any, more: Any = 1) -> Any:
        return (x, self.by, more)


FUNCTIONS: list[Any] = [
    classify,
    guarded,
    matching,
    nested,
    nothing,
    Scale(3).times,
    Scale(4),
    functools.partial(Scale(4), more=2),
    functools.partial(lambda a, b: (b, a), "bound"),
    operator.neg,
    operator.itemgetter(0),
    operator.itemgetter(0, -1),
    operator.attrgetter("real"),
    int,
    len,
    str,
    str.upper,
    abs,
    sorted,
    repr,
    bool,
    float,
    tuple,
    lambda x: (y := x + 1) * y,
    lambda x: (x, (x := 1), x),
    lambda x: x if x and x > OFFSET else -x,
    lambda x: [x for x in (x, x)],  # noqa: C416
    lambda x: f"{x!r:>5}" + "".join(str(c) for c in (x, OFFSET)),
    lambda x: {k: v for k, v in [(x, 1)]}[x],  # noqa: C416
    lambda x: 0 < x < 10 or not x,
    lambda x: x in STOP,
    lambda x: (lambda q: q + 1)(3),
    lambda x: x[0] + x[-1],
    lambda x: (x[0], x[1], x),
    lambda x: [(y := c) for c in str(x)] and y,
    lambda x: max(x, 3, key=lambda v: -v),
    lambda x: classify(x),
    lambda x: str(x).split(),
]


@pytest.mark.slow
@pytest.mark.parametrize("function", FUNCTIONS)
@settings(max_examples=examples(30), deadline=None)
@given(rows=st.lists(HOSTILE, max_size=4))
def test_map_and_filter(function: Any, rows: list[Any]) -> None:
    assert_same([step("map", function)], rows)
    assert_same([step("filter", function)], rows)
    assert_same(
        [step("map", lambda x: (x, 1)), step("map_values", operator.neg), step("keys"), step("map", function)], rows
    )
    assert_same([step("key_by", function), step("values")], rows)


@given(
    st.lists(
        st.one_of(st.tuples(HOSTILE, HOSTILE), st.tuples(HOSTILE, st.tuples(HOSTILE, HOSTILE)), HOSTILE), max_size=4
    )
)
def test_spread(rows: list[Any]) -> None:
    swap = step("map", lambda a, b: (b, a), 2)
    three = step("map", lambda k, a, b: (a, (k, b)), 3)
    assert_same([swap], rows)
    assert_same([three], rows)
    assert_same([swap, swap, step("map", lambda pair: (pair[1], pair, pair))], rows)
    assert_same([step("map", lambda row: (1, (row, 2))), three, three, swap], rows)
    assert_same([swap, step("map", lambda a, b, c: a, 3)], rows)


def test_every_function_above_is_inlined() -> None:
    reasons = [row_loop([step("map", function)])[1][0] for function in FUNCTIONS]
    assert set(reasons) == {None, "its local 'y' may be read before it is assigned"}


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("if x: y = 1\n    return y", "before it is assigned"),
        ("for y in x: pass\n    return y", "before it is assigned"),
        ("try:\n        y = int(x)\n    except ValueError:\n        pass\n    return y", "before it is assigned"),
        ("while x:\n        y = 1\n        x = 0\n    return y", "before it is assigned"),
        ("return locals()", "frame"),
        ("return eval('x')", "frame"),
        ("import inspect; return inspect.stack()", "frames"),
        ("global G\n    G = x", "global"),
        ("del x", "delete"),
        ("def g(): return x\n    return g", "function"),
        ("class C: pass\n    return C", "class"),
        ("return lambda: x", "outlive"),
        ("return (x for _ in 'a')", "outlive"),
        ("return missing(x)", "not defined"),
        ("import sys; return sys._getframe()", "frames"),
        ("return (y for y in x)", "outlive"),
    ],
)
def test_refused(body: str, reason: str) -> None:
    f = define(f"def f(x):\n    {body}\n")
    assert reason in (row_loop([step("map", f)])[1][0] or "")
    assert_same([step("map", lambda x: x), step("map", lambda x: x)], [1])


def test_rows_do_not_share_locals() -> None:
    f = define("def f(x):\n    for y in [x]:\n        z = y\n        if z: return [z]\n    return []\n")
    assert_same([step("map", f)], [1, 0, 2, 0])


@given(st.lists(HOSTILE, max_size=6))
def test_dropped_rows(rows: list[Any]) -> None:
    dropped: list[Any] = []
    drop = lambda row, error, place: dropped.append((row, type(error)))
    from tests.vectorize.running import spelled, woven

    out, error = woven([step("map", lambda x: x + 1, drop=drop), step("filter", lambda x: x[0:], drop=drop)], rows)
    assert error is None
    assert spelled(out) == spelled([])
    assert len(dropped) == len(rows)


def test_a_flat_map_that_fails_half_way_gives_nothing_when_it_drops() -> None:
    f = define("def f(x):\n    yield 1\n    yield 1 // x\n")
    dropped: list[Any] = []
    from tests.vectorize.running import woven

    out, error = woven([step("flat_map", f, drop=lambda row, error, place: dropped.append(row))], [1, 0])
    assert (out, error, dropped) == ([1, 1], None, [0])


# Random functions: assignments, branches, loops and early returns, in any nesting.
_NAMES = st.sampled_from("abx")
_VALUES = st.one_of(
    st.integers(-3, 3).map(str),
    _NAMES,
    st.builds("({} {} {})".format, _NAMES, st.sampled_from(["+", "-", "*", "//", "<"]), _NAMES),
)
_SIMPLE = st.one_of(
    st.builds("{} = {}".format, _NAMES, _VALUES),
    st.builds("{} += {}".format, _NAMES, _VALUES),
    st.builds("return {}".format, _VALUES),
    st.builds("return ({}, {})".format, _VALUES, _VALUES),
    st.just("raise KeyError(x)"),
    st.just("n += 1"),
)


def _indented(block: list[str]) -> list[str]:
    return ["    " + line for line in block]


def _compound(blocks: st.SearchStrategy[list[str]]) -> st.SearchStrategy[list[str]]:
    in_loop = st.one_of(
        blocks, blocks.map(lambda b: [*b, "break"]), blocks.map(lambda b: ["if a < 1:", "    continue", *b])
    )
    return st.one_of(
        st.builds(lambda c, a: [f"if {c}:", *_indented(a)], _VALUES, blocks),
        st.builds(lambda c, a, b: [f"if {c}:", *_indented(a), "else:", *_indented(b)], _VALUES, blocks, blocks),
        st.builds(lambda n, a: [f"for {n} in range(3):", *_indented(a)], _NAMES, in_loop),
        st.builds(
            lambda n, a, b: [f"for {n} in range(2):", *_indented(a), "else:", *_indented(b)], _NAMES, in_loop, blocks
        ),
        st.builds(lambda a: ["while n < 4:", "    n += 1", *_indented(a)], in_loop),
        st.builds(
            lambda a, b: ["try:", *_indented(a), "except (ZeroDivisionError, KeyError) as e:", *_indented(b)],
            blocks,
            blocks,
        ),
        st.builds(lambda a, b: ["try:", *_indented(a), "finally:", *_indented(b)], blocks, blocks),
    )


_BLOCKS = st.recursive(
    st.lists(_SIMPLE, min_size=1, max_size=3),
    lambda blocks: st.lists(_compound(blocks), min_size=1, max_size=3).map(
        lambda parts: [line for part in parts for line in part]
    ),
    max_leaves=6,
)


_STARTS = st.sampled_from(["n = 0", "n = a = b = 0", "n = a = b = 0"])


@settings(deadline=None)
@given(_STARTS, _BLOCKS, st.lists(st.integers(-3, 5), min_size=1, max_size=3))
def test_random_defs(start: str, block: list[str], rows: list[int]) -> None:
    source = "\n".join(["def f(x):", "    " + start, *_indented(block), ""])
    assert_same([step("map", define(source))], rows)
    assert_same([step("map", lambda x: (x, x)), step("map", define(source.replace("(x)", "(x, c)", 1)), 2)], rows)


@settings(deadline=None)
@given(_STARTS, _BLOCKS, st.lists(st.integers(-3, 5), min_size=1, max_size=3))
def test_random_generators(start: str, block: list[str], rows: list[int]) -> None:
    lines = [re.sub(r"return (.*)", r"yield \1", line) if i % 3 else line for i, line in enumerate(block)]
    lines = [re.sub(r"return .*", "return", line) for line in lines]
    source = "\n".join(["def f(x):", "    " + start, "    yield n", *_indented(lines), ""])
    assert_same(
        [step("flat_map", define(source)), step("map", lambda x: (x, 1)), step("filter", lambda k, v: k != 1, 2)], rows
    )


def test_a_woven_loop_travels_with_its_values() -> None:
    seen: list[int] = []

    def remember(x: int) -> int:
        seen.append(x)
        return x

    made, _ = row_loop([step("map", lambda x: remember(x) + OFFSET), step("map", lambda x: (x, len(seen)))])
    copy = pickle.loads(cloudpickle.dumps(made))
    out: list[Any] = []
    copy.function()([1, 2], out.append)
    assert out == [(8, 1), (9, 2)]
    assert seen == []


def test_many_steps_and_loops() -> None:
    steps = [step("map", lambda x: x + 1) for _ in range(60)]
    steps += [step("flat_map", lambda x: (y for y in (x, x + 1))) for _ in range(9)]
    steps += [step("filter", lambda x: x % 3) for _ in range(40)]
    assert_same(steps, [1, 2])


def test_helpers_that_call_themselves_or_each_other() -> None:
    f = define("f = lambda x: g(x)\ng = lambda x: f(x - 1) if x else 0\n")
    assert_same([step("map", f), step("map", define("def f(x):\n    return f(x - 1) if x else 'end'\n"))], [3, 0])
