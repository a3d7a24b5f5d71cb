"""A dataset in a notebook: its first rows, if they can be had at once, above its folded plan."""

from __future__ import annotations

from html import escape

from glowray.plan.nodes import Node
from glowray.watch.notebook.html import STYLE, folded, plan_picture, preformatted
from glowray.watch.notebook.preview import Preview, preview
from glowray.watch.plan_view import PlanView
from glowray.watch.row_view import first_rows
from glowray.watch.run.units import counted
from glowray.watch.table.cell_text import printable, signs_for
from glowray.watch.table.html import page_part, table_html
from glowray.watch.table.rows_table import rows_table


def dataset_html(name: str, node: Node, plan: PlanView, svg: str | None) -> str:
    """Return a dataset as HTML. `svg` is the plan's picture, None if none can be drawn here."""
    found = preview(node)
    sizes = f"{counted(len(plan.stages), 'stage')} · {counted(node.num_partitions, 'partition')}"
    summary = f"plan · {sizes} · {plan.choice.kind}"
    picture = "" if svg is None else plan_picture(svg)
    source = f" · not run yet; its source, {found.source}:" if found is not None and found.source else ""
    title = f'<div class="note"><b>{_escaped(name)}</b> · {_escaped(node.verb + source)}</div>'
    rows = "" if found is None else _rows(found)
    return page_part(STYLE + title + rows + folded(summary, picture + preformatted(plan.explain())))


def _rows(found: Preview) -> str:
    notes = [first_rows(len(found.rows))] if found.has_more else []
    return table_html(rows_table(found.rows, signs_for("utf-8"), notes))


def _escaped(text: str) -> str:
    return escape(printable(text))
