"""Fold the long runs of a picture, so that a measured chain of 40 steps fits a screen."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace

from glowray.watch.picture.heat import Heat
from glowray.watch.picture.plan_graph import Graph, PictureNode

LONG = 12
"""A run of more nodes is folded."""

KEPT = 2
"""Nodes that stay at each end of a program, and at each end of a run."""


def fold_runs(graph: Graph, heat: Heat) -> tuple[Graph, Heat]:
    """Return the graph with one node for the middle of each program in a long run, and the heat of these nodes.

    Nodes that ran as one program have one time, so that nothing measured is lost. Their names are in the tooltip.
    """
    shares, words = dict(heat.shares), dict(heat.words)

    def folded(run: Sequence[PictureNode]) -> Iterator[PictureNode]:
        for _, group in itertools.groupby(run, key=lambda node: heat.words.get(node.name)):
            nodes = list(group)
            middle = nodes[KEPT:-KEPT]
            if len(middle) < KEPT:
                yield from nodes
                continue
            first = middle[0]
            names = ", ".join(f"{node.verb}({node.detail})" for node in middle)
            words[first.name] = " · ".join(filter(None, [heat.words.get(first.name), names]))
            yield from nodes[:KEPT]
            yield replace(first, verb=f"… {len(middle)} more steps", detail="", kind="step")
            yield from nodes[-KEPT:]

    boxes = tuple(
        replace(box, runs=tuple(tuple(folded(run)) if len(run) > LONG else run for run in box.runs))
        for box in graph.boxes
    )
    return replace(graph, boxes=boxes), replace(heat, shares=shares, words=words)
