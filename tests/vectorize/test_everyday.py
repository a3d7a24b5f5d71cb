"""Test everyday constructs as column programs, on hostile values, and how many everyday functions reach columns."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from typing import Any

import pytest

import glowray as gr
from benchmarks.everyday import EVERYDAY, Everyday
from benchmarks.everyday.counting import MOSTLY, dataset, in_columns
from glowray.rows.types.kinds import Kind
from glowray.vectorize.columns.translation.translator import translate
from glowray.vectorize.definition.function_lookup import know
from glowray.vectorize.definition.known_function import Refused
from tests.effort import examples
from tests.vectorize.everyday_constructs import FUNCTIONS
from tests.vectorize.hostile_rows import agreed


@pytest.mark.parametrize(("function", "kinds"), FUNCTIONS)
def test_constructs_agree_with_calls(function: Callable[..., Any], kinds: list[Kind]) -> None:
    assert sum(agreed(function, kinds, seed) for seed in range(examples(3))) > 0


@pytest.mark.parametrize(("function", "kinds"), FUNCTIONS)
def test_columns_of_no_rows(function: Callable[..., Any], kinds: list[Kind]) -> None:
    program = translate(know(function, len(kinds)), kinds)  # type: ignore[arg-type]
    assert agreed(function, kinds, 0, rounds=0) == 0 and program


def aliased(s: str) -> list[str]:
    found: list[str] = []
    also = found
    for word in s.split():
        found.append(word)  # noqa: PERF402
    return also


def counted(s: str) -> int:
    found: list[str] = []
    for word in s.split():
        found.append(word + str(len(found)))
    return len(found)


def emptied(s: str) -> list[str]:
    return []


@pytest.mark.parametrize("function", [aliased, counted, emptied, lambda s: len([]), lambda s: (s, [])])
def test_a_list_that_more_than_one_loop_uses_is_refused(function: Callable[..., Any]) -> None:
    assert isinstance(translate(know(function), [str]), Refused)  # type: ignore[arg-type]


NOT_IN_COLUMNS = {"split_date", "json_score", "key_values", "key_value_pairs", "most_common_word"}
"""Everyday functions that rows of Python run. explain() names the construct and its line."""

CHEAPER_IN_PYTHON = {"distance", "norm"}
"""Functions whose column form costs more: Python's own sine or power computes each value."""

MAY_BE_IN_COLUMNS = {"log_record"}


@pytest.mark.slow
def test_most_everyday_functions_run_in_columns() -> None:
    assert len(EVERYDAY) == 100
    others = {example.name for example in EVERYDAY if in_columns(example)[0] < MOSTLY}
    assert others - MAY_BE_IN_COLUMNS == NOT_IN_COLUMNS | CHEAPER_IN_PYTHON


@pytest.mark.slow
@pytest.mark.parametrize("example", EVERYDAY, ids=lambda example: example.name)
def test_everyday_functions_give_the_same_rows_at_every_level(example: Everyday) -> None:
    rows = [*example.rows, *random.Random(1).choices(example.rows, k=40)]
    found = [
        [(type(row), repr(row)) for row in dataset(example, gr.Flow(engine="inline", vectorize=is_on), rows).collect()]
        for is_on in (True, False)
    ]
    assert found[0] == found[1]


@pytest.mark.parametrize("name", sorted(NOT_IN_COLUMNS))
def test_explain_names_the_line_of_what_is_in_the_way(name: str) -> None:
    [example] = [each for each in EVERYDAY if each.name == name]
    first = example.function.__code__.co_firstlineno
    explained = dataset(example, gr.Flow(engine="inline"), list(example.rows)).explain()
    lines = [int(number) for number in re.findall(r"\(line (\d+)\)", explained)]
    assert lines and all(first < line < first + 8 for line in lines)
