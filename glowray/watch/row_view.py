"""Show rows as a table where the user looks: the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from glowray.watch.table.cell_text import stdout_signs
from glowray.watch.table.rows_table import rows_table
from glowray.watch.table.terminal import print_table


def show_rows(rows: Sequence[Any], more: bool) -> None:
    """Show rows as a table. `more` says that there are further rows."""
    signs = stdout_signs()
    notes = [f"{signs.more} the first {len(rows)} row{'' if len(rows) == 1 else 's'}"] if more else []
    print_table(rows_table(rows, signs, notes))
