"""Test that the table of costs has every construct of a program."""

from __future__ import annotations

from glowray.vectorize.columns.translation.translator import translate
from glowray.vectorize.cost_measurement import EXAMPLES, WITHIN
from glowray.vectorize.costs import COSTS
from glowray.vectorize.definition.function_lookup import know

from . import test_arrow, test_texts, test_values


def test_every_construct_has_a_cost() -> None:
    for function, kinds in [*test_arrow.FUNCTIONS, *test_texts.FUNCTIONS, *test_values.FUNCTIONS]:
        program = translate(know(function, len(kinds)), kinds)  # type: ignore[arg-type]
        assert set(program.constructs) <= set(COSTS)  # type: ignore[union-attr]
    assert set(EXAMPLES) == set(COSTS)


def test_an_example_has_its_construct_and_what_is_within() -> None:
    for name, (function, kind) in EXAMPLES.items():
        program = translate(know(function), [kind])  # type: ignore[arg-type]
        found = set(program.constructs)  # type: ignore[union-attr]
        assert name in found and found <= {name, *WITHIN.get(name, ()), "compare text"}
