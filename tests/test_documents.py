"""Test that the diagram, paths and terms in the pages for developers match the code."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

from docs.architecture import diagram

ROOT = Path(__file__).parents[1]
PAGES = sorted(
    [
        *(ROOT / f"{name}.md" for name in ("ARCHITECTURE", "CONTRIBUTING", "GLOSSARY")),
        *(ROOT / "docs" / "architecture").glob("*.md"),
    ]
)
RECIPES = re.findall(
    r"^## (An? [^\n]+)\n.*?^```python\n(.*?)^```",
    (ROOT / "CONTRIBUTING.md").read_text("utf-8"),
    re.DOTALL | re.MULTILINE,
)
FOLDERS = sorted(path.parent.name for path in (ROOT / "glowray").glob("*/__init__.py"))
MOST_TERMS = 20


@pytest.fixture(scope="module")
def graph() -> dict[str, set[str]]:
    """Return the imports of the code, which take seconds to find."""
    return diagram.imports()


@pytest.mark.slow
def test_the_diagram_is_what_the_imports_are(graph: dict[str, set[str]]) -> None:
    page = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    assert diagram.drawn(page, diagram.reduced(graph)) == page, "make diagram"


@pytest.mark.slow
def test_the_diagram_shows_every_folder(graph: dict[str, set[str]]) -> None:
    text = diagram.mermaid(diagram.reduced(graph))
    assert [name for name in [*FOLDERS, "cli"] if not re.search(rf"\b{name}\b", text)] == []


@pytest.mark.slow
def test_the_diagram_has_no_circle(graph: dict[str, set[str]]) -> None:
    assert [name for name in graph if name in diagram.reachable(graph, name)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_names_files_that_exist(page: Path) -> None:
    text = page.read_text("utf-8")
    named = set(re.findall(r"`([\w./]+/(?:[\w]+\.\w+)?)`", text)) | set(re.findall(r"\]\(([\w./]+)\)", text))
    bases = (ROOT, ROOT / "glowray", page.parent)
    assert [name for name in sorted(named) if not any((base / name).exists() for base in bases)] == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_architecture_names_every_folder(folder: str) -> None:
    assert f"`glowray/{folder}/`" in (ROOT / "ARCHITECTURE.md").read_text("utf-8")


def test_the_glossary_is_short_and_each_term_has_an_example() -> None:
    rows = [line.strip("| ").split(" | ") for line in (ROOT / "GLOSSARY.md").read_text("utf-8").splitlines()]
    terms = [row for row in rows if len(row) == 3][1:]
    assert 0 < len(terms) <= MOST_TERMS
    assert [row[0] for row in terms] == sorted((row[0] for row in terms), key=str.lower)
    assert all(all(cell.strip() for cell in row) for row in terms)


def test_there_are_five_recipes() -> None:
    assert [name for name, _ in RECIPES] == ["A verb", "A rule", "A format", "A translated method", "An engine"]


@pytest.mark.parametrize(("name", "program"), RECIPES, ids=[name for name, _ in RECIPES])
def test_the_example_of_a_recipe_runs(name: str, program: str, tmp_path: Path) -> None:
    source = tmp_path / "recipe.py"  # a file, because the compiler reads the sources of functions
    source.write_text(program, "utf-8")
    runpy.run_path(str(source))
