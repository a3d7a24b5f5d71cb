"""The plan in the report: a card for each stage, its steps coloured by the time that they took."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping

from glowray.watch.picture.heat import Heat
from glowray.watch.picture.plan_graph import Box, Graph, PictureNode
from glowray.watch.run.stats import StageStats
from glowray.watch.run.units import in_units


def plan_cards(graph: Graph, heat: Heat, stages: Mapping[int, StageStats], reads: Mapping[int, str]) -> str:
    """Return the HTML of the cards. `reads` are the stages that each stage reads, as explain() shows them."""
    return "".join(part for box in graph.boxes for part in _card(box, heat, stages.get(box.number), reads))


def _card(box: Box, heat: Heat, stage: StageStats | None, reads: Mapping[int, str]) -> Iterator[str]:
    if reads.get(box.number):
        rows = f" · {stage.rows_in:,} rows" if stage else ""
        yield f'<div class="moves">{html.escape(reads[box.number])}{rows}</div>'
    yield f'<section class="stage"><header><b>{html.escape(box.title)}</b>'
    if stage is None:
        yield "<span>did not run</span>"
    else:
        yield f"<span>{stage.seconds:.2f} s</span><span>{stage.rows_in:,} → {stage.rows_out:,} rows</span>"
        yield f"<span>{in_units(stage.bytes)}</span>"
    yield "</header>"
    for run in box.runs:
        yield f'<div class="run">{"<i>→</i>".join(_chip(node, heat) for node in run)}</div>'
    yield "</section>"


def _chip(node: PictureNode, heat: Heat) -> str:
    share = heat.shares.get(node.name, 0.0)
    style = f' style="background:rgba(var(--heat),{0.08 + 0.6 * share:.2f})"' if share >= 0.01 else ""
    detail = f" <span>{html.escape(node.detail)}</span>" if node.detail else ""
    title = html.escape(heat.words.get(node.name, ""), quote=True)
    return f'<div class="chip"{style} title="{title}">{html.escape(node.verb)}{detail}</div>'
