"""Test that `glowray plot` and `glowray explain` show the plan of a script's first action."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import glowray.watch
from glowray_cli.main import app
from tests.cluster.machine import Machine


class Planned:
    """A stand-in for the dataset of a script's first action."""

    def __init__(self, script: Path, arguments: list[str]) -> None:
        self.text = f"plan of {script.name} with {arguments} [1/3]"

    def explain(self) -> str:
        return self.text

    def plot(self, path: Path | None = None) -> str | None:
        if path is None:
            return f"digraph {self.text}"
        path.write_text(self.text)
        return None


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a script whose first action is a `Planned`."""
    monkeypatch.setattr(glowray.watch, "first_action", Planned, raising=False)
    path = tmp_path / "job.py"
    path.touch()
    return path


def run(*arguments: Any) -> str:
    """Return the output of a command."""
    result = CliRunner().invoke(app, list(map(str, arguments)))
    assert result.exit_code == 0, result.output
    return result.output


def test_explain_prints_the_plan_as_it_is(script: Path) -> None:
    assert run("explain", script, "--", "--of", "mine") == "plan of job.py with ['--of', 'mine'] [1/3]\n"


def test_plot_prints_dot(script: Path) -> None:
    assert run("plot", script) == "digraph plan of job.py with [] [1/3]\n"


def test_plot_draws_a_file_and_names_it(script: Path, tmp_path: Path) -> None:
    assert run("plot", script, "-o", tmp_path / "x.svg").strip() == str(tmp_path / "x.svg")
    assert (tmp_path / "x.svg").read_text().startswith("plan of job.py")


@pytest.mark.parametrize("command", ["plot", "explain"])
@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("import sys\n\ndef fail():\n    raise KeyError('mine')\n\nfail()", 1, "in fail"),
        ("def (", 1, "SyntaxError: invalid syntax"),
        ("raise SystemExit(5)", 5, ""),
        ("pass", 1, "Error: fails.py ended without an action"),
    ],
)
def test_a_script_that_fails_first_shows_its_own_traceback(
    machine: Machine, tmp_path: Path, command: str, text: str, code: int, said: str
) -> None:
    (tmp_path / "fails.py").write_text(text)
    errors = machine.run(command, tmp_path / "fails.py", code=code).stderr
    assert said in errors
    assert "typer" not in errors and "glowray" not in errors.replace("glowray_", "")
