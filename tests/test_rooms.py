"""Test that each folder holds one idea: few files, a sentence about them, imports in one direction, distinct names."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "glowray"
FILES = sorted(PACKAGE.rglob("*.py"))
FOLDERS = sorted({path.parent for path in FILES} - {PACKAGE})  # import-linter checks the imports between these folders
MOST_FILES = 15

Edges = dict[str, set[str]]


def run_time_nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a module, except code for type checkers alone."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            continue
        yield node
        yield from run_time_nodes(node)


def module_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(path): path for path in FILES}


def imported(path: Path) -> set[str]:
    """Return the modules of the package that a module imports, wherever the import stands."""
    found: set[str] = set()
    for node in run_time_nodes(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= names & MODULES.keys() or {node.module} & MODULES.keys()
    return found


@cache
def imports() -> Edges:
    """Return the imports of each module. They are found when the first test asks, not in every test process."""
    return {name: imported(path) for name, path in MODULES.items()}


def rooms(folder: Path) -> Edges:
    """Return the imports between the folders inside a folder. The folder's own modules count as one, "."."""

    def room(path: Path) -> str | None:
        inside = path.relative_to(folder).parts if path.is_relative_to(folder) else ()
        return None if not inside else "." if len(inside) == 1 else inside[0]

    edges: Edges = defaultdict(set)
    for name, others in imports().items():
        own = room(MODULES[name])
        for other in others:
            to = room(MODULES[other])
            if own and to and own != to and MODULES[other].name != "__init__.py":
                edges[own].add(to)
    return edges


def reachable(edges: Edges, start: str) -> set[str]:
    found: set[str] = set()
    waiting = [start]
    while waiting:
        for each in edges.get(waiting.pop(), set()) - found:
            found.add(each)
            waiting.append(each)
    return found


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.relative_to(PACKAGE.parent).as_posix())
def test_a_folder_is_one_idea(folder: Path) -> None:
    assert len(list(folder.glob("*.py"))) <= MOST_FILES
    text = ast.get_docstring(ast.parse((folder / "__init__.py").read_text("utf-8")))
    assert text and text.partition("\n")[0].endswith((".", ":"))
    edges = rooms(folder)
    assert [room for room in edges if room in reachable(edges, room)] == []


@pytest.mark.slow
def test_no_two_public_classes_have_one_name() -> None:
    found: dict[str, list[str]] = defaultdict(list)
    protocols: set[str] = set()  # a class that implements a Protocol may have its name
    for name, path in MODULES.items():
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                if any("Protocol" in ast.unparse(base) for base in node.bases):
                    protocols.add(node.name)
                else:
                    found[node.name].append(name)
    assert {name: each for name, each in found.items() if len(each) > 1 and name not in protocols} == {}
