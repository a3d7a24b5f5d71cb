"""Rows as a table in the terminal."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any


def show_rows(rows: Sequence[Any], more: bool) -> None:
    """Prints rows as a table: a column a field of tuples and records, else one column."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    names = columns_of(rows)
    table = Table(box=box.SQUARE)
    for name in names:
        table.add_column(_text(name))
    for row in rows:
        table.add_row(*[_text(cell) for cell in _cells(row, names)])
    console = Console(file=sys.stdout)
    console.print(table)
    if more:
        console.print(f"… the first {len(rows)} rows")


def columns_of(rows: Sequence[Any]) -> list[str]:
    """The headings for rows: record keys, field names, positions for tuples, or `value`."""
    if rows and all(isinstance(row, dict) for row in rows):
        return [str(name) for name in dict.fromkeys(name for row in rows for name in row)]
    if rows and all(isinstance(row, tuple) for row in rows):
        fields = getattr(rows[0], "_fields", None)
        if fields and all(type(row) is type(rows[0]) for row in rows):
            return list(fields)
        return [str(place) for place in range(max(len(row) for row in rows))]
    return ["value"]


def _cells(row: Any, names: Sequence[str]) -> list[Any]:
    if isinstance(row, dict):
        by_name = {str(name): value for name, value in row.items()}
        return [by_name.get(name, "") for name in names]
    if isinstance(row, tuple) and names != ["value"]:
        return [*row, *[""] * (len(names) - len(row))]
    return [row]


def _text(cell: Any) -> Any:
    """A cell as the terminal can show it: what its encoding has not, such as half of a surrogate pair, is escaped."""
    from rich.text import Text

    text = cell if isinstance(cell, str) else repr(cell)
    encoding = sys.stdout.encoding or "utf-8"
    return Text(text.encode(encoding, "backslashreplace").decode(encoding), overflow="fold")
