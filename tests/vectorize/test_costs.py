"""The table of costs has every construct that a program is made of."""

from __future__ import annotations

from glowray.vectorize.arrow.translate import translate
from glowray.vectorize.costs import COSTS, pays
from glowray.vectorize.know import know
from glowray.vectorize.measure import EXAMPLES

from .test_arrow import FUNCTIONS


def test_every_construct_has_a_cost() -> None:
    for function, kinds in FUNCTIONS:
        program = translate(know(function), kinds)  # type: ignore[arg-type]
        assert set(program.constructs) <= set(COSTS)  # type: ignore[union-attr]
    assert set(EXAMPLES) | {"int", "float"} == set(COSTS)


def test_conversions_decide() -> None:
    assert pays(["split", "comprehension"], [str], [str], columns_in=True, columns_out=True)
    assert not pays(["len"], [str], [int], columns_in=False, columns_out=False)
