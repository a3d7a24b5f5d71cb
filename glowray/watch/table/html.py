"""Write a table as HTML that stands alone, readable on light and dark pages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from glowray.watch.table.cell_text import cut_end
from glowray.watch.table.table import Cell, Table, TableColumn

MOST_COLUMNS = 40
"""A page can scroll. A table of more columns loses those of its middle."""

MOST_NAMED = 200
"""The maximum number of characters of the line that names the columns left out."""

STYLE = """
.glowray{font:13px/1.5 system-ui,sans-serif;color:inherit;max-width:100%}
.glowray *{box-sizing:border-box}
.glowray .wide{overflow-x:auto}
.glowray table{border-collapse:collapse;font:12px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;
margin:2px 0;border:0;color:inherit;background:transparent}
.glowray th,.glowray td{text-align:left;padding:3px 12px 3px 10px;white-space:pre;max-width:44ch;overflow:hidden;
text-overflow:ellipsis;border:0;border-bottom:1px solid rgba(128,128,128,.22);background:transparent;color:inherit;
vertical-align:baseline}
.glowray th{font-weight:600;border-bottom:1px solid rgba(128,128,128,.6)}
.glowray .right{text-align:right;font-variant-numeric:tabular-nums}
.glowray .pale{opacity:.55}
.glowray td.pale{font-style:italic}
.glowray .bold{font-weight:600}
.glowray .good{color:#2da44e}
.glowray .bad{color:#e5534b}
.glowray .note{margin:2px 10px;opacity:.7;overflow-wrap:anywhere}
"""
"""Rules for everything that glowray shows in a notebook. Greys are see-through, so that they suit any background."""


def page_part(body: str) -> str:
    """Return HTML with its style, to stand inside a page that knows nothing of glowray."""
    return f'<div class="glowray"><style>{STYLE}</style>{body}</div>'


def table_html(table: Table) -> str:
    """Return a table and its notes as HTML. All texts are escaped; a text that is cut is whole in its tooltip."""
    columns, hidden = _fitted(table.columns)
    named = cut_end(f"… {len(hidden)} more: {', '.join(hidden)}", MOST_NAMED)
    notes = [*([named] if hidden else []), *table.notes]
    lines = "".join(f"<tr>{''.join(cells)}</tr>" for cells in _rows(columns))
    head = f"<thead><tr>{''.join(map(_heading, columns))}</tr></thead>" if table.has_headings else ""
    below = "".join(f'<div class="note">{escape(note)}</div>' for note in notes)
    return f'<div class="wide"><table>{head}<tbody>{lines}</tbody></table></div>{below}'


def _fitted(columns: Sequence[TableColumn]) -> tuple[Sequence[TableColumn], Sequence[str]]:
    """Return the columns to show, and the headings of those left out."""
    if len(columns) <= MOST_COLUMNS:
        return columns, ()
    head, end = MOST_COLUMNS // 2, len(columns) - MOST_COLUMNS // 2
    hidden = [column.heading for column in columns[head:end]]
    gap = TableColumn(f"… {len(hidden)} more", [Cell("…", "pale")] * len(columns[0].cells))
    return [*columns[:head], gap, *columns[end:]], hidden


def _rows(columns: Sequence[TableColumn]) -> Iterator[list[str]]:
    for cells in zip(*(column.cells for column in columns), strict=True):
        yield [_cell(cell, column) for cell, column in zip(cells, columns, strict=True)]


def _heading(column: TableColumn) -> str:
    return f'<th class="{_side(column)}" title="{escape(column.heading)}">{escape(column.heading)}</th>'


def _cell(cell: Cell, column: TableColumn) -> str:
    title = f' title="{escape(cell.text)}"' if len(cell.text) > 40 else ""
    return f'<td class="{_side(column)} {cell.tone}"{title}>{escape(cell.text)}</td>'


def _side(column: TableColumn) -> str:
    return "right" if column.is_right else "left"
