"""Show rows as a table where the user looks: in the notebook, or in the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from glowray.watch.notebook.shown_text import rows_html
from glowray.watch.notebook.surface import notebook
from glowray.watch.run.units import counted
from glowray.watch.table.cell_text import signs_for, stdout_signs
from glowray.watch.table.rows_table import rows_table
from glowray.watch.table.terminal import plain_text, print_table


def show_rows(rows: Sequence[Any], more: bool) -> None:
    """Show rows as a table. `more` says that there are further rows."""
    place = notebook()
    signs = stdout_signs() if place is None else signs_for("utf-8")
    notes = [first_rows(len(rows), signs.more)] if more else []
    if place is None:
        print_table(rows_table(rows, signs, notes))
    else:
        place.show(rows_html(rows, notes), plain_text(rows_table(rows, signs, notes)))


def first_rows(count: int, more: str = "…") -> str:
    """Return the line below a table that shows the first rows only."""
    return f"{more} the first {counted(count, 'row')}"
