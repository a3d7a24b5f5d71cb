"""Test that no folder of the package has circular imports, neither at run time nor for type checkers."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "glowray"
FOLDERS = sorted({path.parent for path in PACKAGE.rglob("*.py")})
CIRCLES = {
    PACKAGE / "rows" / "keys": "glowray.rows.keys.key_hash",  # a key may contain other keys
    PACKAGE / "io": "glowray.io.channel",  # a reader may have a channel; for type checkers only
    PACKAGE / "native": "glowray.native.portable",  # the portable loops share their byte words
}


def name_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(path: Path) -> set[str]:
    """Return the modules of the package that a module names anywhere, and the package's own names."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
    return found


def circles(edges: dict[str, set[str]]) -> list[list[str]]:
    """Return the strongly connected components of a graph that have more than one node (Tarjan 1972)."""
    order: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(node: str) -> None:
        order[node] = lowest[node] = len(order)
        stack.append(node)
        for other in edges[node]:
            if other not in order:
                visit(other)
                lowest[node] = min(lowest[node], lowest[other])
            elif other in stack:
                lowest[node] = min(lowest[node], order[other])
        if lowest[node] == order[node]:
            part = stack[stack.index(node) :]
            del stack[stack.index(node) :]
            if len(part) > 1:
                found.append(sorted(part))

    for node in list(edges):
        if node not in order:
            visit(node)
    return found


def graph_of(folder: Path) -> dict[str, set[str]]:
    modules = {name_of(path): path for path in folder.glob("*.py") if path.name != "__init__.py"}
    edges: dict[str, set[str]] = defaultdict(set)
    for name, path in modules.items():
        edges[name] = (imports_of(path) & modules.keys()) - {name}
    return edges


def test_a_circle_is_found() -> None:
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == [["a", "b", "c"]]
    assert circles({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


@pytest.mark.slow
@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.relative_to(PACKAGE.parent).as_posix())
def test_a_folder_has_no_circle_of_imports(folder: Path) -> None:
    found = circles(graph_of(folder))
    if folder in CIRCLES:
        assert len(found) == 1 and CIRCLES[folder] in found[0]
    else:
        assert found == []
