"""A plan's graph in Mermaid, which GitHub, GitLab and notebooks draw without a tool."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from glowray.watch.picture.folding import fold_runs
from glowray.watch.picture.heat import COLD, Heat
from glowray.watch.picture.picture_style import INK, STAGE, STAGE_LINE, colours, cut, heated
from glowray.watch.picture.plan_graph import Box, Edge, Graph, Kind, PictureNode

KINDS: tuple[Kind, ...] = ("source", "step", "wide", "output")


def mermaid(graph: Graph, heat: Heat = COLD) -> str:
    """Return the Mermaid text of a graph, coloured by what was measured."""
    if heat.is_measured:
        graph, heat = fold_runs(graph, heat)
    stages = graph.stages
    lines = ["---", f"title: {_quoted(cut(graph.title, 60))}", "---", "flowchart TB"]
    for box in graph.boxes:
        lines.extend(f"  {line}" for line in _box(box, heat))
    lines.extend(f"  {_edge(edge, heat.rows.get(stages[edge.tail], ''))}" for edge in graph.edges)
    for kind in KINDS:
        fill, line = colours(kind)
        lines.append(f"  classDef {kind} fill:{fill},stroke:{line},color:{INK}")
    lines.extend(f"  style stage{box.number} fill:{STAGE},stroke:{STAGE_LINE},color:{INK}" for box in graph.boxes)
    lines.extend(_warm_nodes(graph, heat))
    return "\n".join(lines) + "\n"


def _warm_nodes(graph: Graph, heat: Heat) -> Iterator[str]:
    for node in (node for box in graph.boxes for run in box.runs for node in run):
        fill = heated(colours(node.kind)[0], heat.shares.get(node.name, 0.0))
        if fill != colours(node.kind)[0]:
            yield f"  style {node.name} fill:{fill}"


def _box(box: Box, heat: Heat) -> Iterator[str]:
    title = " · ".join(filter(None, [box.title, heat.stages.get(box.number)]))
    yield f"subgraph stage{box.number}[{_quoted(title)}]"
    for run in box.runs:
        yield from (f"  {_node(node)}" for node in run)
        yield from (f"  {tail.name} --> {head.name}" for tail, head in itertools.pairwise(run))
    yield "end"


def _node(node: PictureNode) -> str:
    text = f"{node.verb}({cut(node.detail)})" if node.detail else node.verb
    return f"{node.name}({_quoted(text)}):::{node.kind}"


def _edge(edge: Edge, rows: str) -> str:
    words = ", ".join(filter(None, [edge.label, rows if edge.leaves else ""]))
    arrow = "==>" if edge.label else "-->"
    return f"{edge.tail} {arrow}|{_quoted(words)}| {edge.head}" if words else f"{edge.tail} {arrow} {edge.head}"


def _quoted(text: str) -> str:
    """Return text in quotes. Characters with a meaning in Mermaid are written as codes: `#35;`."""
    safe = "".join(f"#{ord(letter)};" if letter in '"#;<>&`\\' else letter for letter in text)
    return f'"{" ".join(safe.split())}"'
