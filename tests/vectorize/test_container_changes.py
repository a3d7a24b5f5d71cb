"""Test which captured containers count as constant, and that rows agree where a function changes one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import glowray as gr
from glowray.vectorize.columns.translation.translator import translate
from glowray.vectorize.definition.function_lookup import know
from glowray.vectorize.definition.known_function import Refused

READ = {"a": 1}
GROWING: set[str] = set()
ALIAS = GROWING
HANDED = ["a"]
BOUND: set[str] = set()
REBOUND = {"a": 1}


def is_new(word: str) -> bool:
    if word in GROWING:
        return False
    GROWING.add(word)
    return True


def rebind() -> None:
    global REBOUND
    REBOUND = {}


def helper(table: Any) -> Any:
    return table


CASES: list[tuple[Callable[..., Any], bool]] = [
    (lambda s: READ.get(s, 0), True),
    (lambda s: s in READ, True),
    (lambda s: s in GROWING, False),
    (lambda s: s in ALIAS, False),
    (is_new, False),
    (lambda s: helper(HANDED) and s, False),
    (lambda s: s in HANDED, False),
    (lambda s: REBOUND.get(s, 0), False),
]


@pytest.mark.parametrize(("function", "is_constant"), CASES)
def test_only_containers_that_are_read_are_constant(function: Callable[..., Any], is_constant: bool) -> None:
    assert isinstance(translate(know(function), [str]), Refused) is not is_constant  # type: ignore[arg-type]


def test_a_method_given_to_a_verb_changes_its_container() -> None:
    flow = gr.Flow(engine="inline")
    flow.from_items(["a"]).map(BOUND.add)
    found = translate(know(lambda s: s in BOUND), [str])  # type: ignore[arg-type]
    assert isinstance(found, Refused) and "BOUND may change while the job runs" in found.reason


def test_code_around_may_fill_a_container() -> None:
    table = {}
    for number, word in enumerate("abc"):
        table[word] = number  # noqa: PERF403
    assert not isinstance(translate(know(lambda s: table.get(s)), [str]), Refused)  # type: ignore[arg-type]


def test_a_closure_that_changes_a_container_is_seen() -> None:
    seen: set[str] = set()

    def note(word: str) -> str:
        seen.add(word)
        return word

    assert note("a")
    assert isinstance(translate(know(lambda s: s in seen), [str]), Refused)  # type: ignore[arg-type]


@pytest.mark.parametrize("vectorize", [True, False])
def test_rows_agree_where_a_function_changes_a_container(vectorize: bool) -> None:
    seen: set[str] = set()

    def once(word: str) -> bool:
        is_known = word in seen
        seen.add(word)
        return not is_known

    flow = gr.Flow(engine="inline", vectorize=vectorize, partitions=1)
    made = flow.from_items(["a", "b", "a", "c", "b"]).filter(once).map(lambda word: (word, word in seen))
    assert made.collect() == [("a", True), ("b", True), ("c", True)]


def test_values_are_those_at_the_action() -> None:
    table = {"a": 1}
    made = gr.Flow(engine="inline").from_items(["a", "b"]).map(lambda s: table.get(s, 0))
    table["b"] = 2
    assert made.collect() == [1, 2]
