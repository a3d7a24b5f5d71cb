"""The packaged examples, and the output that their docstrings show."""

from __future__ import annotations

import ast
import os
import re
import runpy
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "examples"
SECONDS = re.compile(r"\d+\.\d\d s, .*")


@dataclass(frozen=True)
class Example:
    """A program, and the command and output in its docstring."""

    path: Path
    arguments: list[str]
    output: str

    @classmethod
    def of(cls, path: Path) -> Example:
        """Parse a program's docstring: a summary, `$ glowray examples NAME ARGS`, and the output."""
        docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        shown = re.search(r"^\$ glowray examples ([^\n]+)\n(.*)", docstring, re.MULTILINE | re.DOTALL)
        assert shown, f"{path.name}: the docstring shows no `$ glowray examples …` with its output"
        name, *arguments = shlex.split(shown[1])
        assert name == path.stem
        return cls(path, arguments, plain(shown[2]))

    def run(self, monkeypatch: pytest.MonkeyPatch, engine: str) -> None:
        """Run the program in this process, as a script."""
        monkeypatch.chdir(ROOT)
        monkeypatch.setenv("GLOWRAY_ENGINE", engine)
        monkeypatch.setenv("COLUMNS", "80")
        monkeypatch.setattr(sys, "argv", [str(self.path), *self.arguments])
        runpy.run_path(str(self.path), run_name="__main__")


def plain(text: str) -> str:
    """Return output without the parts that differ between runs: seconds, the engine, blanks at line ends."""
    return "\n".join(SECONDS.sub("… s", line).rstrip() for line in text.strip("\n").splitlines())


def installed(folder: Path) -> Mapping[str, str]:
    """Return an environment in which the packages are importable as if installed, through links in `folder`."""
    places = {"glowray": "glowray", "glowray_cli": "cli/glowray_cli", "glowray_examples": "examples"}
    for name, place in places.items():
        (folder / name).symlink_to(ROOT / place)
    return os.environ | {"PYTHONPATH": str(folder), "GLOWRAY_ENGINE": "inline", "COLUMNS": "80"}


EXAMPLES = {path.stem: path for path in sorted(FOLDER.glob("[!_]*.py"))}
