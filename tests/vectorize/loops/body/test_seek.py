"""Test that next, any and all over generator expressions keep Python's values, effects and errors in the loop."""

from __future__ import annotations

import traceback
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glowray.vectorize.loops.chain import row_loop
from tests.vectorize.loops.body.test_expand import HOSTILE
from tests.vectorize.running import assert_same, called, define, step, woven

ENDS = ("ment", "ing", "b", "")
PAIRS = [("a", 1), ("b", 2.5), ("ß", None)]
KNOWN = frozenset({"a", "ab"})
BY_NAME = {"a": 1, "b": 0}
SEEN: list[Any] = []


class Odd:
    """A class whose truth and comparisons raise their own errors."""

    def __init__(self, kind: type[BaseException]) -> None:
        self.kind = kind

    def __bool__(self) -> bool:
        raise self.kind("truth")

    def __gt__(self, other: Any) -> Any:
        raise self.kind("compared")

    def __repr__(self) -> str:
        return f"Odd({self.kind.__name__})"


def seen(value: Any) -> Any:
    SEEN.append(value)
    return value


def shadowed(x: Any) -> Any:
    end = "outer"
    found = next((end for end in ENDS if str(x).endswith(end)), "none")
    return end, found, [found for found in ENDS if any(end == found for end in ENDS[:2])]


def in_turn(x: Any) -> Any:
    total = 0
    for n in range(3):
        total += next((k for k in range(n, 5) if k > 1), 0)
        while any(total > limit for limit in (3, 9)) and total:
            total -= 2
        if all(seen(c) for c in str(x)):
            continue
        break
    return total


def guarding(x: Any) -> Any:
    try:
        return next((y for y in (x, 1) if y > 0), None)
    except RuntimeError as error:
        return repr(error)


def inner(x: Any) -> Any:
    return any(y > 0 for y in (x, 1))


def guarding_another(x: Any) -> Any:
    try:
        return inner(x)
    except RuntimeError as error:
        return repr(error)


FUNCTIONS = [
    lambda x: next((end for end in ENDS if str(x).endswith(end) and len(end) > 1), ""),
    lambda x: next((n / x for _, n in PAIRS if n), x),
    lambda x: next((name for name, n in PAIRS if n == x), None),
    lambda x: (seen(0), next((seen(n) for n in range(9) if n > x), "none"), seen(1)),
    lambda x: any(seen(x) for _ in ENDS),
    lambda x: all(x > n for n in (1, 2, 3)),
    lambda x: any(str(x).startswith(end) for end in ENDS if end),
    lambda x: all(c.isdigit() for c in str(x)) and any(c > "5" for c in f"{x}"),
    lambda x: [any(name == x for name in KNOWN), all(BY_NAME[name] for name in BY_NAME)],
    lambda x: any(item == 1 for item in x),
    lambda x: next((a for a, b in (x, x)), "nothing"),
    lambda x: next((item for item in (x,) if item), x) if x is not None else any(x for x in [x]),
    lambda x: max(next((n for n in (1, 2) if n != x), 0), 1),
    lambda x: next((f"{y}" for y in [x, 2]), None).upper(),
    lambda x: next((y for y in (x,) if (lambda: y)()), 0),
    lambda x: (any(y for y in (x,)), any([x]), next(iter([x]), 1), all(map(bool, [x]))),
    lambda x: not any(y for y in (0, x)),
    lambda x: 1 if all(y for y in (1, x)) else 2,
    shadowed,
    in_turn,
    guarding,
    inner,
    guarding_another,
]
ODD = st.sampled_from([Odd(StopIteration), Odd(ValueError), Odd(RuntimeError), Odd(KeyboardInterrupt)])
ROWS = st.one_of(HOSTILE, ODD, st.lists(HOSTILE, max_size=2), st.text("abment59", max_size=6))


def outcome(run: Any) -> Any:
    SEEN.clear()
    try:
        return repr(run()), repr(SEEN)
    except BaseException as error:
        return type(error), error.args, repr(SEEN)


@given(call=st.sampled_from(FUNCTIONS), rows=st.lists(ROWS, max_size=3))
def test_loops_give_what_the_calls_give(call: Any, rows: list[Any]) -> None:
    steps = [step("map", call), step("map", lambda x: (x, any(y is None for y in (x, 1))))]
    assert outcome(lambda: called(steps, rows)) == outcome(lambda: woven(steps, rows))


@given(call=st.sampled_from(FUNCTIONS), rows=st.lists(ROWS, max_size=3))
def test_dropped_rows_have_the_errors_of_the_calls(call: Any, rows: list[Any]) -> None:
    dropped: list[Any] = []
    steps = [step("map", call, drop=lambda row, error, place: dropped.append((row, type(error), error.args)))]
    _, stopped = woven(steps, rows) if KeyboardInterrupt not in kinds(rows) else ([], None)
    expected: list[Any] = []
    for row in rows if stopped is None and KeyboardInterrupt not in kinds(rows) else []:
        try:
            call(row)
        except Exception as error:
            expected.append((row, type(error), error.args))
    assert repr(dropped) == repr(expected)


def kinds(rows: list[Any]) -> list[Any]:
    return [row.kind for row in rows if isinstance(row, Odd)]


@pytest.mark.parametrize("call", [*FUNCTIONS[:7], FUNCTIONS[8]])
def test_no_generator_is_made(call: Any) -> None:
    made, reasons = row_loop([step("map", call)])
    assert reasons == [None]
    nested = [constant for constant in made.code().co_consts[0].co_consts if hasattr(constant, "co_name")]
    assert nested == []


@pytest.mark.parametrize("call", [guarding, lambda x: any(item == 1 for item in x)])
def test_generators_that_could_be_told_apart_stay(call: Any) -> None:
    made, _ = row_loop([step("map", call)])
    nested = [constant.co_name for constant in made.code().co_consts[0].co_consts if hasattr(constant, "co_name")]
    assert nested == ["<genexpr>"]


def test_only_pythons_own_functions_are_replaced() -> None:
    assert_same(
        [step("map", define("def any(x):\n    return list(x)\ndef f(x):\n    return any(y for y in 'ab')\n"))], [1]
    )
    assert_same([step("map", define("def f(x, all=list):\n    return all(y for y in 'ab')\n"))], [1])


@pytest.mark.parametrize("word", ["next", "any"])
@pytest.mark.parametrize("failing", ["part", "test"])
def test_the_traceback_has_the_generator(word: str, failing: str) -> None:
    element, test = ("1 // x", "x is not None") if failing == "part" else ("x", "1 // x")
    default = ", None" if word == "next" else ""
    text = f"def inner(x):\n    y = x\n    return {word}((\n        {element}\n        for x in (x, y)\n"
    text += f"        if {test}\n    ){default})\n\n"
    outer = define(text + "def f(x):\n    return [x, inner(x)]\n")
    made, _ = row_loop([step("map", outer)])
    found = []
    for run in (lambda: outer(0), lambda: made.function()([0], [].append)):
        with pytest.raises(ZeroDivisionError) as raised:
            run()
        found.append(raised.value)
    error = made.positions.retrace(found[1], made.function().__code__)
    frames = [
        [(each.name, each.lineno) for each in traceback.extract_tb(one.__traceback__)] for one in (found[0], error)
    ]
    assert frames[0][2:] == frames[1]


def test_a_truth_that_fails_is_not_the_generators() -> None:
    text = "def f(x):\n    return any(y for y in (x,))\n"
    made, _ = row_loop([step("map", define(text))])
    with pytest.raises(StopIteration) as raised:
        made.function()([Odd(StopIteration)], [].append)
    error = made.positions.retrace(raised.value, made.function().__code__)
    assert type(error) is StopIteration
    assert [each.name for each in traceback.extract_tb(error.__traceback__)] == ["f", "__bool__"]
