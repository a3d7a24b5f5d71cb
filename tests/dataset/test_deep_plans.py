"""Test that plans of any length are built, shown and run, without recursion over verbs."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.dataset.deep_plans import SHAPES
from tests.engine.doubles import Lab


@pytest.fixture(scope="module")
def told() -> dict[str, str]:
    """Return the result of each plan in a thread with a small stack. A plan without one has ended the process."""
    ran = subprocess.run(
        [sys.executable, "-m", "tests.dataset.deep_plans", "1200"], capture_output=True, text=True, check=False
    )
    lines = dict(line.split(": ", 1) for line in ran.stdout.replace(": \n", ":  \n").splitlines())
    return {name: lines.get(name, f"ended with {ran.returncode}: {ran.stderr[-300:]}").strip() for name in SHAPES}


@pytest.mark.process
@pytest.mark.parametrize("name", SHAPES)
def test_in_a_small_stack(name: str, told: dict[str, str]) -> None:
    assert told[name] == ""


@pytest.mark.slow
@pytest.mark.parametrize("name", SHAPES)
def test_on_every_engine(name: str, engine: Lab) -> None:
    rows, wanted = SHAPES[name](engine.flow(), 48 if engine.kind == "ray" else 160)
    assert sorted(rows.collect()) == sorted(wanted)
