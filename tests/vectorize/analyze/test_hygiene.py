"""Test that functions which see their caller or origin are called, and give the results of a plain call."""

from __future__ import annotations

import enum
from typing import Any

import pytest

from glowray.vectorize.analyze.inlining_obstacles import obstacle
from glowray.vectorize.definition.function_lookup import know
from glowray.vectorize.definition.known_function import Known
from tests.vectorize.running import assert_same, step

MAKERS = [
    lambda x: (lambda: 0).__module__,
    lambda x: (lambda: x).__qualname__,
    lambda x: (y for y in [1]).__qualname__,
    lambda x: type("T", (), {}).__module__,
    lambda x: enum.Enum("E", "A").__module__,
    lambda x: enum.IntFlag("E", "A").__module__,
    lambda x: (lambda a, b: a)(x),
    lambda x: (lambda a, *, b: a)(x),
    lambda x: (lambda a, b: a)(*x),
]


@pytest.mark.parametrize("made", MAKERS)
def test_what_a_function_makes_names_the_function(made: Any) -> None:
    known = know(made)
    assert isinstance(known, Known)
    assert obstacle(known) is not None
    assert_same([step("map", made), step("map", lambda text: [text])], [1, None])


@pytest.mark.parametrize(
    "used_up",
    [
        lambda x: sorted(x, key=lambda each: -each),
        lambda x: sum(each for each in x),
        lambda x: type(x).__name__,
        lambda x: max(x, key=lambda each: each % 3),
    ],
)
def test_what_is_used_up_in_the_call_stays_in_the_loop(used_up: Any) -> None:
    known = know(used_up)
    assert isinstance(known, Known)
    assert obstacle(known) is None
    assert_same([step("map", used_up)], [[3, 1, 2], [], None])
