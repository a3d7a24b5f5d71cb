"""A lambda is shown by its own source: in files, cells and `python -c`, of several in one line the right one."""

from __future__ import annotations

import functools
import linecache
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from glowray.functions.names import LABEL_LIMIT, label_of
from glowray.functions.source_text.lambda_source import lambda_source

n = 3
# fmt: off
WRITTEN: dict[str, Callable[..., Any]] = {
    'λ r: (r["carrier"], 1)': lambda r: (r["carrier"], 1),
    "λ: 1": lambda: 1,
    "λ a, b: (a + b)": lambda a, b: (a + b),
    "λ a, *rest: [*rest]": lambda a, *rest: [*rest],
    "λ a, /, b=2, *, c=n, **d: a": lambda a, /, b=2, *, c=n, **d: a,
    "λ s: s.lower() if s else None": lambda s: s.lower() if s else None,
    "λ é: é + 'ü'": lambda é: é + 'ü',
    "λ row: max(x for x in row)": lambda row: max(x for x in row),
    "λ x: lambda y: x + y": lambda x: lambda y: x + y,
    "λ x: (lambda y: y)(x)": lambda x: (lambda y: y)(x),
    "λ t: ((t)[0])": lambda t: ((t)[0]),
    "λ x: None": lambda x: None,
    "λ x: f'{x!r:>9}'": lambda x: f'{x!r:>9}',
    "λ x: {**x, 'a': 1}": lambda x: {**x, 'a': 1},
    "λ x: x if (n) else (x, 1)": lambda x: x if (n) else (x, 1),
    "λ x: not (x and n)": lambda x: not (x and n),
    "λ x=lambda: 0: x": lambda x=lambda: 0: x,
}
ONE_LINE = [lambda a: a, lambda b: b + 1, lambda a: a + 1, lambda a: (a), lambda: [lambda q: q][0]]
# fmt: on


@pytest.mark.parametrize("label", WRITTEN)
def test_it_is_shown_as_it_was_written(label: str) -> None:
    assert label_of(WRITTEN[label]) == label
    assert label_of(functools.partial(WRITTEN[label])) == label


def test_of_several_in_one_line_each_is_itself() -> None:
    assert [label_of(call) for call in ONE_LINE] == [
        "λ a: a", "λ b: b + 1", "λ a: a + 1", "λ a: (a)", "λ: [lambda q: q][0]",
    ]  # fmt: skip
    assert label_of(ONE_LINE[-1]()) == "λ q: q"


def test_several_lines_are_one() -> None:
    call = lambda row: (
        row["a"],
        row["b"],
    )
    assert label_of(call) == 'λ row: ( row["a"], row["b"], )'


def test_a_long_one_is_cut() -> None:
    call = lambda row: (row["a_very_long_field_name"], row["another_very_long_field_name"], 1)
    assert label_of(call) == 'λ row: (row["a_very_long_field_name"], …'
    assert len(label_of(call)) == LABEL_LIMIT


def cell(name: str, text: str) -> dict[str, Any]:
    linecache.cache[name] = len(text), None, text.splitlines(keepends=True), name
    scope: dict[str, Any] = {}
    exec(compile(text, name, "exec"), scope)
    return scope


def test_a_notebook_cell() -> None:
    scope = cell("<ipython-input-7-abc>", "f = lambda word: (word, 1); g = lambda word: word\n")
    assert [label_of(scope["f"]), label_of(scope["g"])] == ["λ word: (word, 1)", "λ word: word"]


def test_a_source_that_has_changed_is_not_shown() -> None:
    scope = cell("<cell>", "f = lambda word: (word, 1)\n")
    linecache.cache["<cell>"] = 1, None, ["f = lambda other: (other, 1)\n"], "<cell>"
    assert lambda_source(scope["f"]) is None
    linecache.cache["<cell>"] = 1, None, [], "<cell>"
    assert label_of(scope["f"]) == "λ at <cell>:1"


def test_without_positions_the_same_bytecode_is_looked_for_in_the_line() -> None:
    scope = cell("<bare>", "a, b, c = lambda x: (x, 12), lambda x: [x], (lambda y: lambda x: y)(1)\n")
    bare = {name: type(scope[name])(scope[name].__code__.replace(co_linetable=b""), {}) for name in "ab"}
    assert {name: label_of(call) for name, call in bare.items()} == {"a": "λ x: (x, 12)", "b": "λ x: [x]"}
    cell_of_y = type(scope["c"])(scope["c"].__code__.replace(co_linetable=b""), {}, None, None, scope["c"].__closure__)
    assert label_of(cell_of_y).startswith("λ at <bare>:")


@pytest.mark.process
def test_a_command() -> None:
    script = 'import glowray as gr; print(gr.from_items("ab").map(lambda c: (c, 1)).explain())'
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "map(λ c: (c, 1))" in done.stdout
