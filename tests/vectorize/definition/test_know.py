"""Test that know() gives the right tree for every kind of function, or refuses it."""

from __future__ import annotations

import ast
import functools
import importlib.util
import operator
import pickle
from pathlib import Path
from typing import Any

import cloudpickle
import pytest

from glowray.vectorize.definition.bindings import Builtin, Captured
from glowray.vectorize.definition.environment import UNREAD
from glowray.vectorize.definition.function_lookup import know
from glowray.vectorize.definition.known_function import Known, Refused
from tests.vectorize.running import define

LIMIT = 3
STATE = 0


def bump() -> int:
    global STATE
    STATE += 1
    return STATE


def text(call: Any) -> str:
    known = know(call)
    assert isinstance(known, Known), known
    return ast.unparse(known.node)


class Chain:
    def __init__(self) -> None:
        self.functions: list[Any] = []

    def map(self, function: Any) -> Chain:
        self.functions.append(function)
        return self


def test_lambdas_of_one_line_are_told_apart() -> None:
    chain = Chain().map(lambda x: x + 1).map(lambda x: x + 2).map(lambda x: x + 1.0).map(lambda x: x - 0.0)
    chain.map(lambda x: (lambda x: x + 1)(x)).map(lambda x: x == 1).map(lambda x: x == True)  # noqa: E712
    assert [text(f) for f in chain.functions] == [
        "lambda x: x + 1",
        "lambda x: x + 2",
        "lambda x: x + 1.0",
        "lambda x: x - 0.0",
        "lambda x: (lambda x: x + 1)(x)",
        "lambda x: x == 1",
        "lambda x: x == True",
    ]


def test_alike_lambdas_of_one_line_are_found_at_their_own_place() -> None:
    functions = [lambda x: x, lambda x: x]
    columns = [known.node.col_offset for known in map(know, functions) if isinstance(known, Known)]
    assert columns[0] < columns[1]


def test_closures_methods_partials_and_instances() -> None:
    def make(a: int) -> Any:
        b = a * 2

        def inner(x: int, y: int = 3) -> list[int]:
            def deeper(q: int) -> int:
                return q + a + x + y

            return [deeper(i) for i in range(b)]

        return inner, lambda z: (z, a, b)

    class Thing:
        def method(self, x: int) -> int:
            return self.__hidden(x)

        def __hidden(self, x: int) -> int:
            return x

        def __call__(self, x: int) -> int:
            return x * LIMIT

    inner, pair = make(1)
    assert "deeper" in text(inner)
    assert text(pair) == "lambda z: (z, a, b)"
    assert "__hidden" in text(Thing().method)
    known = know(functools.partial(Thing().method, 4))
    assert isinstance(known, Known)
    assert known.bound[1:] == (4,)
    assert "x * LIMIT" in text(Thing())


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (operator.add, "lambda a, b: a + b"),
        (operator.not_, "lambda a: not a"),
        (str.lower, "lambda a: lower(a)"),
        (operator.itemgetter(1, "a"), "lambda a: (a[1], a['a'])"),
        (operator.attrgetter("x.y"), "lambda a: a.x.y"),
        (int, "lambda a: int(a)"),
        (operator.contains, "lambda a, b: b in a"),
    ],
)
def test_builtins_by_identity(call: Any, expected: str) -> None:
    assert text(call) == expected


def test_min_of_two_is_not_min_of_one() -> None:
    assert text(min) == "lambda a: min(a)"
    known = know(min, arguments=2)
    assert isinstance(known, Known)
    assert ast.unparse(known.node) == "lambda a, b: min(a, b)"


@pytest.mark.parametrize("call", [print, Chain, eval("lambda x: x"), functools.lru_cache(bump)])
def test_no_source_is_refused(call: Any) -> None:
    assert isinstance(know(call), Refused)


def test_captured_values_are_those_of_now() -> None:
    limit = 1
    keep = lambda x: x > limit  # noqa: F821  (deleted below on purpose)
    limit = 2
    known = know(keep)
    assert isinstance(known, Known)
    assert known.environment.find("limit")[1] == 2
    del limit
    assert "no value" in str(known.environment.find("limit"))


def test_what_functions_assign_is_not_relied_on() -> None:
    known = know(lambda x: x + STATE)
    assert isinstance(known, Known)
    assert "assigned" in str(known.environment.find("STATE"))
    fixed = know(lambda x: len(x) + LIMIT if x else nowhere)  # type: ignore[name-defined]  # noqa: F821
    assert isinstance(fixed, Known)
    assert fixed.environment.find("LIMIT")[1] == 3
    binding, value = fixed.environment.find("len")
    assert isinstance(binding, Builtin) and value is len
    assert known.environment.find("len") == (None, UNREAD)
    assert "not defined" in str(fixed.environment.find("nowhere"))


def test_a_nonlocal_is_not_relied_on() -> None:
    total = 0

    def add(x: int) -> int:
        nonlocal total
        total += x
        return total

    known = know(lambda x: x + total + add(x))
    assert isinstance(known, Known)
    assert "assigned" in str(known.environment.find("total"))


def test_a_shadowed_builtin_is_the_shadow() -> None:
    f = define("f = lambda x: len(x)", len=max)
    assert know(f).environment.find("len")[1] is max  # type: ignore[union-attr, index]


def test_a_notebook_cell_is_found() -> None:
    f = define("import math\nf = lambda x: math.floor(x)\n")
    assert text(f) == "lambda x: math.floor(x)"


def test_a_module_changed_on_disk_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "changing.py"
    path.write_text("f = lambda x: x + 1\n")
    spec = importlib.util.spec_from_file_location("changing", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert text(module.f) == "lambda x: x + 1"
    path.write_text("f = lambda x: x + 2  \n")
    assert isinstance(know(module.f), Refused)


def test_a_captured_value_is_found_again_in_another_process() -> None:
    limit = {"a": 1}
    keep = lambda x, y=LIMIT: x in limit
    known = know(keep)
    assert isinstance(known, Known)
    binding, _ = known.environment.find("limit")
    function, copy = pickle.loads(cloudpickle.dumps((keep, binding)))
    assert isinstance(copy, Captured)
    assert copy.resolve() is function.__closure__[0].cell_contents


def test_functions_of_the_standard_library_are_proven() -> None:
    import argparse
    import json.decoder
    import textwrap

    for module in (argparse, json.decoder, textwrap):
        for each in vars(module).values():
            if type(each) is type(bump) and each.__module__ == module.__name__:
                assert isinstance(know(each), Known), each
