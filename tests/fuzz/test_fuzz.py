"""Test some random programs at all levels, and that the fuzzer finds a program that differs."""

from __future__ import annotations

from pathlib import Path

import pytest

import glowray as gr
from tests.effort import examples
from tests.fuzz.comparison import LEVELS, difference, load, plain, run
from tests.fuzz.programs import program

SEED = 2026


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, 100, 20))
def test_random_programs_give_the_rows_of_python(tmp_path: Path, first: int) -> None:
    for round_ in range(first, first + examples(20)):
        path = tmp_path / f"round_{round_}.py"
        path.write_text(program(SEED, round_), encoding="utf-8")
        assert difference(path) is None, path.read_text(encoding="utf-8")


def test_a_seed_gives_the_same_programs() -> None:
    assert program(1, 7) == program(1, 7) != program(1, 8)


TWO_STEPS = """
import re
ROWS = ["a b", "", "12"]
SOURCE = "items"
def f0(row):
    return row.split(" ")
def f1(row):
    return int(row) if row else None
STEPS = [("flat_map", f0), ("map", f1)]
ENDING = "skipped"
FOLD = None
"""


def test_an_element_that_fails_is_skipped_alone(tmp_path: Path) -> None:
    path = tmp_path / "steps.py"
    path.write_text(TWO_STEPS.replace('"a b"', '"a 7"'))
    module = load(path)
    assert plain(module, 1) == ("rows", [7, None, 12])
    assert all(run(module, level, 1, tmp_path) == plain(module, 1) for level in LEVELS)


def test_a_program_that_differs_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "steps.py"
    path.write_text(TWO_STEPS)
    assert difference(path) is None
    monkeypatch.setattr(gr.dataset.Dataset, "flat_map", gr.dataset.Dataset.map)
    found = difference(path)
    assert found is not None and found.startswith("as planned, 3 partitions: ")
