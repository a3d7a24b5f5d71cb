"""A plan's graph in DOT, the language of Graphviz. SVG and PNG pictures are drawn from it."""

from __future__ import annotations

import html
import itertools
from collections.abc import Iterator, Sequence

from glowray.watch.picture.folding import fold_runs
from glowray.watch.picture.heat import COLD, Heat
from glowray.watch.picture.picture_style import EDGE, INK, MOVE, PALE, PAPER, STAGE, STAGE_LINE, colours, cut, heated
from glowray.watch.picture.plan_graph import Box, Edge, Graph, PictureNode

FONT = "Helvetica,Arial,DejaVu Sans,sans-serif"
COLUMN = 13
"""The maximum number of nodes in a column. A longer run continues in the next column."""


def dot(graph: Graph, heat: Heat = COLD) -> str:
    """Return the DOT text of a graph, coloured by what was measured."""
    if heat.is_measured:
        graph, heat = fold_runs(graph, heat)
    entries, stages = _entries(graph), graph.stages
    lines = [
        *_defaults(graph.title),
        *(line for box in graph.boxes for line in _box(box, heat)),
        *(_edge(edge, entries.get(edge.head, ""), heat.rows.get(stages[edge.tail], "")) for edge in graph.edges),
    ]
    return "\n".join(["digraph plan {", *(f"  {line}" for line in lines), "}"]) + "\n"


def _defaults(title: str) -> Iterator[str]:
    font = f"fontname={_quoted(FONT)}"
    place = "rankdir=TB compound=true nodesep=0.28 ranksep=0.26 pad=0.25"
    name = f'label={_quoted(cut(title, 60))} labelloc=t labeljust=l fontsize=15 {font} fontcolor="{INK}"'
    size = 'height=0.32 width=1.1 margin="0.14,0.05"'
    yield f'graph [{name} bgcolor="{PAPER}" {place}]'
    yield f'node [shape=box style="rounded,filled" {font} fontsize=11 fontcolor="{INK}" {size}]'
    yield f'edge [{font} fontsize=10 color="{EDGE}" fontcolor="{MOVE}" arrowsize=0.6 penwidth=1.1]'


def _entries(graph: Graph) -> dict[str, str]:
    """Return {node: its box} for each node that is its box's only entry.

    Edges to the node end at the border of the box, so that they do not cross the box's title.
    """
    inside = {node.name: box for box in graph.boxes for run in box.runs for node in run}
    heads: dict[int, set[str]] = {}
    for edge in graph.edges:
        if inside[edge.tail] is not inside[edge.head]:
            heads.setdefault(inside[edge.head].number, set()).add(edge.head)
    return {name: f"cluster_{number}" for number, names in heads.items() if len(names) == 1 for name in names}


def _box(box: Box, heat: Heat) -> Iterator[str]:
    title = " · ".join(filter(None, [box.title, heat.stages.get(box.number)]))
    yield f"subgraph cluster_{box.number} {{"
    yield (
        f'  graph [label={_quoted(title)} labeljust=l fontsize=10 fontcolor="{PALE}" style="rounded,filled"'
        f' fillcolor="{STAGE}" color="{STAGE_LINE}" margin=12]'
    )
    for run in box.runs:
        for node in run:
            yield f"  {_node(node, heat)}"
        yield from (f"  {line}" for line in _run(run))
    yield "}"


def _node(node: PictureNode, heat: Heat) -> str:
    fill, line = colours(node.kind)
    fill = heated(fill, heat.shares.get(node.name, 0.0))
    detail = f'  <font color="{PALE}">{html.escape(cut(node.detail))}</font>' if node.detail else ""
    label = f"<<b>{html.escape(node.verb)}</b>{detail}>"
    full = _quoted(" · ".join(filter(None, [f"{node.verb}({node.detail})", heat.words.get(node.name)])))
    return f'{node.name} [label={label} fillcolor="{fill}" color="{line}" tooltip={full}]'


def _run(run: Sequence[PictureNode]) -> Iterator[str]:
    """Yield the edges of a run: down one column, and up the next one, so that a long run fits the picture."""
    columns = _columns(run)
    for place, column in enumerate(columns):
        if len(columns) > 1:
            yield from _straight(column)
        for tail, head in itertools.pairwise(column):
            yield f"{tail.name} -> {head.name}" if place % 2 == 0 else f"{head.name} -> {tail.name} [dir=back]"
    for left, right in itertools.pairwise(columns):
        yield f"{left[-1].name} -> {right[0].name} [constraint=false]"
        yield f"{{rank=same {left[-1].name}; {right[0].name}}}"


def _straight(column: Sequence[PictureNode]) -> Iterator[str]:
    """Yield one width and one group for all nodes of a column, so that Graphviz aligns them vertically."""
    most = max(len(node.verb) + len(cut(node.detail)) for node in column)
    yield from (f"{node.name} [group={column[0].name} width={0.09 * most + 0.45:.2f}]" for node in column)


def _columns(run: Sequence[PictureNode]) -> list[Sequence[PictureNode]]:
    """Split a run into an odd number of columns of about equal length, so that the last column ends at the bottom."""
    count = -(-len(run) // COLUMN)
    count += count % 2 == 0
    height, longer = divmod(len(run), count)
    starts = [place * height + min(place, longer) for place in range(count + 1)]
    return [run[start:stop] for start, stop in itertools.pairwise(starts)]


def _edge(edge: Edge, box: str, rows: str) -> str:
    """Return an edge. `rows` are the rows and bytes that its stage passed on."""
    attributes = [f"lhead={box}"] if box else []
    words = ", ".join(filter(None, [edge.label, rows if edge.leaves else ""]))
    if words:
        attributes.append(f"label={_quoted(f'  {words}')}")
    if edge.label:
        attributes.append(f'color="{MOVE}" penwidth=1.8')
    return f"{edge.tail} -> {edge.head} [{' '.join(attributes)}]" if attributes else f"{edge.tail} -> {edge.head}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
    return f'"{escaped}"'
