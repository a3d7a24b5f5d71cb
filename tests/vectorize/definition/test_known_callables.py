"""Test that the compiler recognises callables by the object that a name means, never by the name's spelling."""

from __future__ import annotations

import ast
import builtins
import itertools
import math
import operator
import random
import re
from collections.abc import Callable
from functools import partial, reduce
from pathlib import Path
from typing import Any

import pytest

from glowray.vectorize.analyze.inlining_obstacles import obstacle
from glowray.vectorize.columns.folds.reducer_shapes import Fold, fold_of
from glowray.vectorize.columns.folds.vector_folds import Extreme
from glowray.vectorize.columns.translation.translator import translate
from glowray.vectorize.columns.vectors.column_program import ArrowProgram
from glowray.vectorize.definition import builtin_callables as known_callables
from glowray.vectorize.definition.builtin_callables import KNOWN, LAMBDAS, MAX
from glowray.vectorize.definition.function_lookup import know
from glowray.vectorize.definition.known_function import Known
from glowray.vectorize.loops.chain import row_loop
from tests.vectorize.agreement import check
from tests.vectorize.running import assert_same, called, define, failure, spelled, step, woven

VECTORIZE = Path(known_callables.__file__).parents[1]

OTHERS = (
    math.floor, math.sqrt, itertools.chain, itertools.accumulate, random.Random, reduce, partial, re.compile,
    operator.itemgetter(0), operator.attrgetter("real"), operator.methodcaller("strip"), print, map, filter, iter,
)  # fmt: skip
"""Callables that the compiler does not know, and some that it may know later."""

CALLABLES = list({id(each): each for each in (*KNOWN, *(f for f, _ in LAMBDAS.values()), *OTHERS)}.values())

USES = """
def helped(v):
    if v > 3: return 3
    return v
def alone(x): return [{f}(x)]
def two(x): return [{f}(x, 1)]
def inside(x): return [helped({f}(x, 1))]
def tested(x): return {f}(x) if {f}(x) else [x]
def pairs(x): return [(a, b) for a, b in {f}([x, x], "ab")]
def generated(x): return [{f}(e > 1 for e in [x, 2])]
def first(x): return [{f}((e for e in [x, 1] if e != 2), None)]
def keyed(x): return [{f}([x, 1], key=lambda e: -e)]
def measured(x): return [{f}(str(x)) + 1]
def ranged(x): return [e * 2 for e in {f}(3)]
"""
NAMES = re.findall(r"def (\w+)\(x\)", USES)
ROWS: list[Any] = [0, 5, 2.5, "7", (1, 2)]


def assert_as_called(space: dict[str, Any], f: str, uses: str = USES) -> None:
    """Check each use of the name `f` in that namespace: loops and columns must give the result of a call."""
    text = uses.format(f=f)
    made = define(text, NAMES[0], **space).__globals__
    for name in NAMES:
        function = made[name]
        assert_loop_as_called(function, "flat_map" if name in ("pairs", "ranged") else "map")
        assert_columns_as_called(function)


def assert_loop_as_called(function: Callable[[Any], Any], verb: str = "map") -> None:
    steps = [step(verb, function)]
    made, _ = row_loop(steps)
    loop = made.function()
    for row in ROWS:  # one at a time, because an error ends the run
        out: list[Any] = []
        error = failure(partial(loop, [row], out.append), made, loop)
        assert settled(out, error) == settled(*called(steps, [row])), row


def settled(rows: list[Any], error: Any) -> str:
    """Return rows and error as text, without addresses. Iterators are replaced by their items."""
    return re.sub(r" at 0x[0-9a-f]+", "", repr((spelled([_listed(row) for row in rows]), error)))


def _listed(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_listed(each) for each in value]
    if isinstance(value, type) or not hasattr(value, "__next__"):
        return value
    try:
        return ["iterator", *value]
    except Exception as error:
        return ["iterator", error]


def assert_columns_as_called(function: Callable[[Any], Any]) -> None:
    known = know(function)
    assert isinstance(known, Known)
    for kind in (int, str):
        program = translate(known, [kind])
        if isinstance(program, ArrowProgram):
            check(function, program, [[row for row in ROWS if type(row) is kind]])


def name_of(value: Any) -> str:
    return str(getattr(value, "__name__", type(value).__name__))


BY_NAME = pytest.mark.parametrize("value", CALLABLES, ids=name_of)


@pytest.mark.slow
@BY_NAME
def test_another_name(value: Any) -> None:
    assert_as_called({"other": value}, "other")


@pytest.mark.slow
@BY_NAME
def test_the_name_of_another(value: Any) -> None:
    """Swap the names: each known name means the next callable of the table."""
    names = [name_of(each) for each in CALLABLES]
    swapped = dict(zip(names, [*CALLABLES[1:], CALLABLES[0]], strict=True))
    taken = {name: each for name, each in swapped.items() if name != "str"}  # the helper needs str
    assert_as_called(taken, name_of(value))


@pytest.mark.slow
@BY_NAME
def test_shadowed_by_a_function(value: Any) -> None:
    """Shadow the name by a plain function of the module, which can be inlined."""
    name = name_of(value)
    own = f"def {name}(*given, **named): return len(given) + 10\n" if name != "len" else "def len(*a, **b): return 10\n"
    if name != "str":
        assert_as_called({}, name, own + USES)
    assert_as_called({}, name, own.replace("(*given, **named)", "(a, b=1)").replace("len(given)", "5") + USES)


SCOPES = {
    "closure": "def outer({name}):\n    return lambda x: [{name}(x, 1), {name}(x)]\nf = outer(other)\n",
    "default": "f = lambda x, {name}=other: [{name}(x, 1), {name}(x)]\n",
    "keyword default": "def f(x, *, {name}=other): return [{name}(x, 1), {name}(x)]\n",
    "class": "class A:\n    {name} = other\n    def f(self, x): return [self.{name}(x, 1), {name}(x, 1)]\nf = A().f\n",
    "static": "class Space:\n    {name} = staticmethod(other)\nf = lambda x: [Space.{name}(x, 1)]\n",
    "local": "def f(x):\n    {name} = other\n    return [{name}(x, 1), {name}(x)]\n",
    "parameter": "f = lambda {name}: {name} + 1\n",
    "comprehension": "f = lambda x: [{name}(x, 1) for {name} in (other, pow)]\n",
    "generator": "f = lambda x: [sum({name}(x, 1) for {name} in (other, pow))]\n",
    "loop": "def f(x):\n    y = []\n    for {name} in (other, pow):\n        y.append({name}(x, 1))\n    return y\n",
    "walrus": "f = lambda x: [({name} := other), {name}(x, 1)][1:]\n",
    "lambda": "f = lambda x: [(lambda {name}: {name}(x, 1))(other)]\n",
    "import": "def f(x):\n    from math import floor as {name}\n    return [{name}(x)]\n",
    "exception": "def f(x):\n    try: raise KeyError(x)\n    except KeyError as {name}: return [{name}.args]\n",
    "unread": "def f(x):\n    if False: return {name}(x)\n    return [x, other]\n",
}


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize("value", KNOWN, ids=name_of)
def test_shadowed_in_a_scope(scope: str, value: Any) -> None:
    name = name_of(value)
    for other in (value, pow):
        function = define(SCOPES[scope].format(name=name), "f", other=other)
        assert_loop_as_called(function)
        assert_columns_as_called(function)


@pytest.mark.parametrize("name", ["len", "max", "int", "str", "sum", "sorted", "any", "abs"])
def test_replaced_builtins_of_a_module(name: str) -> None:
    own = {**vars(builtins), name: lambda *given: 42}
    assert_as_called({"__builtins__": own}, name, USES.replace("(str(x))", "(x)"))


def test_a_builtin_that_somebody_replaced_is_not_pythons_own(monkeypatch: pytest.MonkeyPatch) -> None:
    f = define("f = lambda x: [max(x, 1)]\n")
    reducer = define("f = lambda a, b: max(a, b)\n")
    monkeypatch.setattr(builtins, "max", lambda *given, **named: "mine" if given == (5, 1) else MAX(*given, **named))
    assert woven([step("map", f)], [5]) == ([["mine"]], None)
    assert not isinstance(fold_of(know(reducer, 2)), Fold)  # type: ignore[arg-type]


def test_replaced_functions_of_modules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(math, "floor", lambda x: "mine")
    monkeypatch.setattr(operator, "add", lambda a, b: "mine")
    steps = [step("map", define("import math as m, operator\nf = lambda x: [m.floor(x), operator.add(x, x)]\n"))]
    assert woven(steps, [2.5]) == ([["mine", "mine"]], None)
    assert not know(operator.add, 2) or know(operator.add, 2).function is operator.add  # type: ignore[union-attr]


def test_methods_of_a_subclass_are_its_own() -> None:
    class Text(str):
        def strip(self, *given: Any) -> str:  # type: ignore[override]
            return "mine"

        def split(self, *given: Any, **named: Any) -> list[str]:  # type: ignore[override]
            return ["mine"]

        def __len__(self) -> int:
            return 99

    text = "f = lambda x: [x.strip(), x.split(), len(x), x.upper(), word.strip(), word.split(), len(word)]\n"
    steps = [step("map", define(text, word=Text(" a b ")))]
    rows = [Text(" x "), " y "]
    assert_same(steps, rows)


@BY_NAME
def test_reducers(value: Any) -> None:
    """The callable that a reducer calls decides whether it is folded over columns. Its name does not."""
    for name in ("max", "min", "other", name_of(value)):
        for text in (f"f = lambda a, b: {name}(a, b)\n", f"f = lambda a, b: {name}(a, b, key=lambda r: r[0])\n"):
            found = know(define(text, **{name: value}), 2)
            fold = fold_of(found) if isinstance(found, Known) else None
            folds = isinstance(fold, Fold)
            assert folds == (value is max or value is min)
            if "key" not in text and isinstance(fold, Fold):
                assert fold.operation == Extreme(least=value is min, first=True, keeps_nan=True)
    shadowed = know(define("f = lambda max, b: max(max, b)\n"), 2)
    assert isinstance(shadowed, Known) and not isinstance(fold_of(shadowed), Fold)


APART = {"builtin_callables.py", "inlining_obstacles.py", "bindings.py", "environment.py", "cost_measurement.py"}
"""Modules that must name builtins or compare the spelling of a name."""


def test_every_known_callable_is_in_the_table() -> None:
    """Search the compiler's source: no module takes a builtin from elsewhere, or compares the spelling of a call's
    name.
    """
    for path in VECTORIZE.rglob("*.py"):
        if path.name in APART:
            continue
        tree = ast.parse(path.read_text())
        taken = [n for n in ast.walk(tree) if isinstance(n, ast.Attribute) and ast.unparse(n.value) == "builtins"]
        asked = [n for n in ast.walk(tree) if isinstance(n, ast.Compare) and _asks_spelling(n)]
        assert not taken and not asked, (path, [each.lineno for each in (*taken, *asked)])


def _asks_spelling(node: ast.Compare) -> bool:
    """Return whether a comparison compares `call.func.id`, or a name's `id`, with a text."""
    sides = [node.left, *node.comparators]
    texts = [n for side in sides for n in ast.walk(side) if isinstance(n, ast.Constant) and type(n.value) is str]
    return bool(texts) and any(isinstance(side, ast.Attribute) and side.attr == "id" for side in sides)


FRAMES = (
    "import inspect as i\nlook = lambda: i.currentframe().f_back",
    "from inspect import currentframe as look",
    "from warnings import warn as look",
    "from sys import _getframe as look",
    "from traceback import extract_stack as look",
    "from logging import info as look",
    "import logging\nlook = logging.getLogger('a').warning",
    "look = locals",
    "from traceback import StackSummary as look",
)


@pytest.mark.parametrize("text", FRAMES)
def test_what_looks_at_frames_does_so_under_any_name(text: str) -> None:
    """A function that calls it needs a frame of its own, so it must be called."""
    known = know(define(f"{text}\ndef f(x): return [x, look]\n"))
    assert isinstance(known, Known)
    inner = known.environment.find("look")
    helper = know(inner[1]) if isinstance(inner, tuple) else None  # type: ignore[arg-type]
    refused = obstacle(known) or (isinstance(helper, Known) and obstacle(helper))
    assert refused and "frame" in refused
