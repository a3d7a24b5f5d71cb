"""Test that every packaged example prints the output in its docstring, on both engines."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.examples.programs import EXAMPLES, FOLDER, ROOT, Example, installed, plain

MOST_LINES = 40
LARGER = {"word_count"}

every_example = pytest.mark.parametrize("name", EXAMPLES)


@every_example
def test_prints_what_its_docstring_shows(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    example = Example.of(EXAMPLES[name])
    example.run(monkeypatch, "inline")
    assert plain(capsys.readouterr().out) == example.output


@pytest.mark.ray
@pytest.mark.usefixtures("local_ray")
@every_example
def test_prints_the_same_on_ray(name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    example = Example.of(EXAMPLES[name])
    example.run(monkeypatch, "ray")
    assert plain(capsys.readouterr().out) == example.output


@every_example
def test_is_short_and_has_a_main(name: str) -> None:
    text = EXAMPLES[name].read_text(encoding="utf-8")
    functions = {node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)}
    assert "main" in functions
    assert name in LARGER or len(text.splitlines()) <= MOST_LINES


@pytest.mark.process
@pytest.mark.parametrize(
    "command",
    [
        [str(FOLDER / "map_reduce.py")],
        ["-m", "glowray_examples.map_reduce"],
        ["-m", "glowray_cli", "examples", "map_reduce"],
    ],
    ids=["script", "module", "command"],
)
def test_runs_as_a_process(command: list[str], tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=installed(tmp_path), capture_output=True, text=True, timeout=300
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert plain(ran.stdout) == Example.of(EXAMPLES["map_reduce"]).output


def test_the_command_lists_every_example(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "glowray_cli", "examples"]
    ran = subprocess.run(command, cwd=ROOT, env=installed(tmp_path), capture_output=True, text=True, timeout=300)
    assert ran.returncode == 0, ran.stderr
    assert {line.split()[0] for line in ran.stdout.splitlines() if not line.startswith(" ")} == set(EXAMPLES)
