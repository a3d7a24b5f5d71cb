"""Test everyday constructs as column programs, on hostile values, and how many everyday functions reach columns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from glowray.vectorize.columns.translation.translator import translate
from glowray.vectorize.columns.vectors.kinds import Kind
from glowray.vectorize.definition.function_lookup import know
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
