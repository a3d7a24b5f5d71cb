"""Test that the table of costs has every construct, and chooses the faster level by stored measurements."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import glowray as gr
from benchmarks.cliffs import CASES, lines_of
from benchmarks.levels import ENDINGS, STORED, choosing
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


MOST_WRONG = 1.5
"""How much slower than the other level the level that the table chooses may be, by the stored figures."""

FIGURES = [
    (processor, name, levels)
    for processor, found in json.loads(STORED.read_text()).items()
    for name, levels in found.items()
]


def level_of(case: str, ending: str, folder: Path) -> str:
    """Return the level at which a function of the reference list runs."""
    path = folder / "lines.txt"
    path.write_text("".join(f"{line}\n" for line in lines_of(CASES[case], 0.0, 40)))
    flow = gr.Flow(case, engine="inline")
    ENDINGS[ending](flow.read_text(path).map(CASES[case].function))
    [level] = [level for level, rows in flow.stats.to_dict()["stages"][0]["rows_by_level"].items() if rows]
    return str(level)


@pytest.mark.parametrize(("processor", "name", "measured"), FIGURES, ids=[f"{each[0]}: {each[1]}" for each in FIGURES])
def test_the_table_chooses_the_level_that_was_measured_to_be_faster(
    processor: str, name: str, measured: dict[str, float], tmp_path: Path
) -> None:
    case, _, ending = name.rpartition(", ")
    assert measured[level_of(case, ending, tmp_path)] <= MOST_WRONG * min(measured.values())


def test_every_reference_function_is_measured_on_every_machine() -> None:
    wanted = {f"{case}, {ending}" for case in CASES for ending in ENDINGS}
    for found in json.loads(STORED.read_text()).values():
        assert set(found) == wanted


@pytest.mark.parametrize("level", ["arrow", "fused"])
def test_costs_choose_the_level_that_is_measured(level: str, tmp_path: Path) -> None:
    with choosing(level):
        assert level_of("lower", "count", tmp_path) == level


def test_an_example_has_its_construct_and_what_is_within() -> None:
    for name, (function, kind) in EXAMPLES.items():
        program = translate(know(function), [kind])  # type: ignore[arg-type]
        found = set(program.constructs)  # type: ignore[union-attr]
        assert name in found and found <= {name, *WITHIN.get(name, ()), "compare text"}
