"""Test that mypy and pyright follow the row type through a chain."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.process

HERE = Path(__file__).parent
ROOT = HERE.parent.parent


def mypy(path: Path) -> dict[int, str]:
    """Return mypy's complaints about a file, by line."""
    from mypy import api

    out, err, _ = api.run([str(path), "--output=json", "--strict", "--follow-imports=silent", "--warn-unreachable"])
    assert not err, err
    found = [json.loads(line) for line in out.splitlines() if line.startswith("{")]
    return {error["line"]: error["message"] for error in found if error["severity"] == "error"}


def pyright(path: Path) -> dict[int, str]:
    """Return pyright's complaints about a file, by line."""
    command = [sys.executable, "-m", "pyright", "--pythonpath", sys.executable, "--outputjson", str(path)]
    # Without this, pyright asks the network for a newer version.
    quiet = {**os.environ, "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=quiet, check=False)
    found = json.loads(done.stdout)["generalDiagnostics"]
    return {error["range"]["start"]["line"] + 1: error["message"] for error in found if error["severity"] == "error"}


Checker = Callable[[Path], dict[int, str]]


@pytest.mark.parametrize("checker", [mypy, pyright])
def test_types_flow(checker: Checker) -> None:
    assert checker(HERE / "rows.py") == {}


@pytest.mark.parametrize("checker", [mypy, pyright])
def test_mistakes_are_found(checker: Checker) -> None:
    lines = (HERE / "mistakes.py").read_text().splitlines()
    assert list(checker(HERE / "mistakes.py")) == [place for place, line in enumerate(lines, 1) if "# wrong" in line]
