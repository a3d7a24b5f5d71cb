"""Test that this interpreter and newer ones can analyse functions, in scripts, sessions and notebooks."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell

pytestmark = pytest.mark.process

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(__file__).with_name("programs") / "knowing.py"


def interpreter(version: str) -> str | None:
    """Return the interpreter of a version, from the path or from pyenv."""
    kept = sorted((Path.home() / ".pyenv/versions").glob(f"{version}.*/bin/python"))
    for path in [shutil.which(f"python{version}"), *map(str, kept)]:
        if path and subprocess.run([path, "-c", ""], capture_output=True, check=False).returncode == 0:
            return path
    return None


@pytest.mark.parametrize("version", ["this", "3.12", "3.13"])
def test_every_kind_of_function_is_known(version: str) -> None:
    python = sys.executable if version == "this" else interpreter(version)
    if python is None:
        pytest.skip(f"there is no Python {version} here")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    run = subprocess.run(
        [python, "-W", "error", str(PROGRAM)], env=environment, capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


CELLS = [
    "import math, glowray as gr\nfrom glowray.vectorize.definition.function_lookup import know",
    "limit = 3\nkeep = lambda x: x > limit; twice = [lambda x: x * 2, lambda x: x * 3]",
    "def root(x):\n    if x < limit:\n        return 0\n    return math.isqrt(x)\n",
    "limit = 4  # the same cell again, changed\nkeep = lambda x: x >= limit",
    "known = [know(f) for f in (keep, *twice, root)]; assert all(known), known",
    "flow = gr.Flow(engine='inline')\nfound = flow.from_range(8).filter(keep).map(root).map(twice[1]).collect()",
    "assert found == [6, 6, 6, 6], found",
]


def test_cells_of_a_notebook_are_sources() -> None:
    shell = InteractiveShell.instance()
    try:
        for cell in CELLS:
            shell.run_cell(cell).raise_error()
        shell.run_cell("limit = 100")
        shell.run_cell("assert flow.from_range(8).filter(keep).collect() == []").raise_error()
    finally:
        InteractiveShell.clear_instance()
