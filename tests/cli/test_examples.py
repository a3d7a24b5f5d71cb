"""Test that `glowray examples` lists and runs the programs of the package glowray_examples."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.cluster.machine import Machine


@pytest.fixture
def packaged(machine: Machine, tmp_path: Path) -> dict[str, str]:
    """Return an environment in which the package holds two examples."""
    folder = tmp_path / "with" / "glowray_examples"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text('"""Examples."""')
    (folder / "first.py").write_text(
        '"""Say what was given.\n\nMore.\n"""\nimport sys\nprint(__name__, sys.argv[1:])\n'
    )
    (folder / "second.py").write_text('"""Fail."""\nraise SystemExit(4)\n')
    return {"PYTHONPATH": os.pathsep.join([str(folder.parent), machine.environment()["PYTHONPATH"]])}


def test_the_examples_are_listed_with_what_they_do(machine: Machine, packaged: dict[str, str]) -> None:
    shown = [line.split(maxsplit=1) for line in machine.run("examples", **packaged).stdout.splitlines()]
    assert [[name, text.strip()] for name, text in shown] == [["first", "Say what was given."], ["second", "Fail."]]


def test_an_example_runs_with_its_arguments(machine: Machine, packaged: dict[str, str]) -> None:
    assert machine.run("examples", "first", "a", "--b", **packaged).stdout == "__main__ ['a', '--b']\n"
    machine.run("examples", "second", code=4, **packaged)


def test_an_unknown_example_names_those_there_are(machine: Machine, packaged: dict[str, str]) -> None:
    assert (
        "there is no example 'third'; there are first, second"
        in machine.run("examples", "third", code=2, **packaged).stderr
    )


def test_examples_that_are_not_installed_are_an_error(machine: Machine, tmp_path: Path) -> None:
    hidden = (
        "import importlib.util as u; f = u.find_spec; u.find_spec = lambda n, *a: f(n, *a) if 'ples' not in n else None"
    )
    (tmp_path / "sitecustomize.py").write_text(hidden)
    path = os.pathsep.join([str(tmp_path), machine.environment()["PYTHONPATH"]])
    assert machine.run("examples", code=1, PYTHONPATH=path).stderr.startswith("Error: the examples are not installed\n")
