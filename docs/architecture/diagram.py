"""Draw the diagram of ARCHITECTURE.md from the imports of the code: `make diagram`.

A box is a folder of glowray/, an arrow says "imports". Arrows that follow from others are left out:
if a → b and b → c, then a → c is not drawn.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "ARCHITECTURE.md"
BEGIN, END = "<!-- diagram: made by `make diagram` -->\n", "<!-- end of the diagram -->\n"

Graph = dict[str, set[str]]


@cache
def imports(root: Path = ROOT) -> Graph:
    """Return for each folder of glowray/, and for the commands, the folders that it imports."""
    packages = sorted(path.parent for path in (root / "glowray").glob("*/__init__.py"))
    graph = {package.name: set(_imported(package)) - {package.name} for package in packages}
    graph["cli"] = set(_imported(root / "cli"))
    return {name: found & graph.keys() for name, found in graph.items()}


def _imported(folder: Path) -> Iterator[str]:
    """Yield the folder of each module of glowray that the code of a folder imports, wherever the import stands."""
    for path in folder.rglob("*.py"):
        for node in _run_time_nodes(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("glowray."):
                yield node.module.split(".")[1]
            elif isinstance(node, ast.ImportFrom) and node.module == "glowray":
                yield from (alias.name for alias in node.names)


def _run_time_nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a tree, without those that only type checkers look at."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            continue
        yield node
        yield from _run_time_nodes(node)


def reduced(graph: Graph) -> Graph:
    """Return the graph without the arrows that follow from others.

    >>> reduced({"a": {"b", "c"}, "b": {"c"}, "c": set()})
    {'a': {'b'}, 'b': {'c'}, 'c': set()}
    """
    below = {name: reachable(graph, name) for name in graph}
    return {
        name: {each for each in found if not any(each in below[other] for other in found - {each})}
        for name, found in graph.items()
    }


def reachable(graph: Graph, start: str) -> set[str]:
    """Return all folders that one imports, itself or through others."""
    found: set[str] = set()
    waiting = [*graph[start]]
    while waiting:
        each = waiting.pop()
        if each not in found:
            found.add(each)
            waiting.extend(graph[each])
    return found


def mermaid(graph: Graph) -> str:
    """Return the graph as a Mermaid diagram in a Markdown code block."""
    arrows = [f"    {name} --> {each}" for name, found in sorted(graph.items()) for each in sorted(found)]
    return "\n".join(["```mermaid", "flowchart TD", *arrows, "```", ""])


def drawn(page: str, graph: Graph) -> str:
    """Return a page with the diagram between its two marks."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + BEGIN + mermaid(graph) + END + after


if __name__ == "__main__":
    PAGE.write_text(drawn(PAGE.read_text("utf-8"), reduced(imports())), "utf-8")
