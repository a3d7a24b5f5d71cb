"""The programs of the gallery: each prints what its page shows, and its results are those of another way."""

from __future__ import annotations

import ast
import re
import runpy
import sys
from itertools import combinations
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest

from examples.gallery import les_miserables, near_duplicates

ROOT = Path(__file__).parents[2]
PROGRAMS = {path.stem: path for path in sorted((ROOT / "examples" / "gallery").glob("[!_]*.py"))}
OF_PYTHON = "near_duplicates"
"""Its texts are Python's own, which differ between versions."""

pytestmark = pytest.mark.slow


def shown(path: Path) -> str:
    """Return the output that the docstring of a program shows."""
    text = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
    command = f"$ python examples/gallery/{path.name}\n"
    assert command in text
    return text.partition(command)[2].strip()


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLOWRAY_ENGINE", "inline")
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "")  # Programs set these. monkeypatch puts back what was there.


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_prints_what_it_shows(
    name: str, here: None, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", [str(PROGRAMS[name])])
    runpy.run_path(str(PROGRAMS[name]), run_name="__main__")
    printed, wanted = capsys.readouterr().out.strip(), shown(PROGRAMS[name])
    if name == OF_PYTHON:
        assert printed.splitlines()[1] == wanted.splitlines()[1]
        assert re.fullmatch(r"\d+ pairs of \d+ texts", printed.splitlines()[-1])
    else:
        assert printed == wanted


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_has_a_page_with_its_picture(name: str) -> None:
    page = ROOT / "docs" / "gallery" / f"{name.replace('_', '-')}.md"
    assert f"gallery/{name}.py" in page.read_text() and f"{name}.svg" in page.read_text()
    picture = (page.parent / f"{name}.svg").read_text()
    assert picture.count("</svg>") == 1 and "/tmp" not in picture
    assert f"({page.name})" in (page.parent / "index.md").read_text()


def test_ranks_solve_the_equation_of_pagerank(here: None) -> None:
    graph = nx.les_miserables_graph()
    names, damping = list(graph), les_miserables.DAMPING
    weights = nx.to_numpy_array(graph)
    moves = (weights / weights.sum(axis=1, keepdims=True)).T
    solved = np.linalg.solve(np.eye(len(names)) - damping * moves, np.full(len(names), (1 - damping) / len(names)))
    assert les_miserables.ranks(graph) == pytest.approx(dict(zip(names, solved, strict=True)), abs=1e-6)


def test_no_pair_is_found_that_is_not_alike_and_hardly_any_is_missed(here: None) -> None:
    base = [f"word{n}" for n in range(60)]
    texts = {f"text {n}": " ".join([*base[: 60 - 2 * n], *(f"own{n}-{i}" for i in range(2 * n))]) for n in range(12)}
    found: Any = near_duplicates.near_duplicates(texts).collect()
    alike = [near_duplicates.compared(a, b) for a, b in combinations(sorted(texts.items()), 2)]
    wanted = [pair for pair in alike if pair["alike"] >= near_duplicates.LEAST]
    assert all(pair in wanted for pair in found)
    assert all(pair in found for pair in wanted if pair["alike"] > 0.8), "19 of 20 bands would have to differ"
