"""A str and a list that a notebook shows as HTML. Other code uses them as any str or list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from glowray.boundary import public
from glowray.watch.notebook.html import STYLE, preformatted
from glowray.watch.table.cell_text import signs_for
from glowray.watch.table.html import page_part, table_html
from glowray.watch.table.rows_table import rows_table


@public
class PlanText(str):
    """The text of explain(), which a notebook shows with its line ends."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        return page_part(STYLE + preformatted(self))

    def _repr_pretty_(self, printer: Any, is_cycle: bool) -> None:
        printer.text(str(self))  # IPython in a terminal


@public
class RowErrors(list[Any]):
    """The records of flow.errors, which a notebook shows as a table of step, row and error."""

    def _repr_html_(self) -> str:
        return rows_html([{"step": each.step, "row": each.row, "error": each.error} for each in self])


def rows_html(rows: Sequence[Any], notes: Sequence[str] = ()) -> str:
    """Return rows as an HTML table with notes below."""
    return page_part(table_html(rows_table(rows, signs_for("utf-8"), notes)))
