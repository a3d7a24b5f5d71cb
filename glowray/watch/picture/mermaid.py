"""A plan's graph in Mermaid, which GitHub, GitLab and notebooks draw without a tool."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from glowray.watch.picture.picture_style import INK, STAGE, STAGE_LINE, colours, cut
from glowray.watch.picture.plan_graph import Box, Edge, Graph, Kind, PictureNode

KINDS: tuple[Kind, ...] = ("source", "step", "wide", "output")


def mermaid(graph: Graph) -> str:
    """Return the Mermaid text of a graph."""
    lines = ["---", f"title: {_quoted(cut(graph.title, 60))}", "---", "flowchart TB"]
    for box in graph.boxes:
        lines.extend(f"  {line}" for line in _box(box))
    lines.extend(f"  {_edge(edge)}" for edge in graph.edges)
    for kind in KINDS:
        fill, line = colours(kind)
        lines.append(f"  classDef {kind} fill:{fill},stroke:{line},color:{INK}")
    lines.extend(f"  style stage{box.number} fill:{STAGE},stroke:{STAGE_LINE},color:{INK}" for box in graph.boxes)
    return "\n".join(lines) + "\n"


def _box(box: Box) -> Iterator[str]:
    yield f"subgraph stage{box.number}[{_quoted(box.title)}]"
    for run in box.runs:
        yield from (f"  {_node(node)}" for node in run)
        yield from (f"  {tail.name} --> {head.name}" for tail, head in itertools.pairwise(run))
    yield "end"


def _node(node: PictureNode) -> str:
    text = f"{node.verb}({cut(node.detail)})" if node.detail else node.verb
    return f"{node.name}({_quoted(text)}):::{node.kind}"


def _edge(edge: Edge) -> str:
    return f"{edge.tail} ==>|{_quoted(edge.label)}| {edge.head}" if edge.label else f"{edge.tail} --> {edge.head}"


def _quoted(text: str) -> str:
    """Return text in quotes. Characters with a meaning in Mermaid are written as codes: `#35;`."""
    safe = "".join(f"#{ord(letter)};" if letter in '"#;<>&`\\' else letter for letter in text)
    return f'"{" ".join(safe.split())}"'
