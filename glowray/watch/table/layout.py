"""Decide which columns of a table fit a width, and how wide each is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from glowray.watch.table.table import Cell, Table, TableColumn

LEAST_NUMBER = 20
"""A column of numbers is as wide as its numbers. Numbers of more terminal cells than this may be cut."""


@dataclass(frozen=True)
class Layout:
    """The columns to show with the width of each, and the headings of those left out."""

    columns: Sequence[TableColumn]
    widths: Sequence[int]
    hidden: Sequence[str]


def fitted(table: Table, width: int, more: str) -> Layout:
    """Return a layout of at most `width` terminal cells.

    If the columns do not fit at their least widths, columns of the middle give way to one column `… n more`.
    """
    columns = list(table.columns)
    least = [_least(column) for column in columns]
    gap = _gap(len(columns), 0, more)
    kept = _how_many_fit(least, width, table.is_framed, natural_width(gap))
    head, end = kept - kept // 2, len(columns) - kept // 2
    hidden = [column.heading for column in columns[head:end]]
    if hidden:
        gap = _gap(len(hidden), len(columns[0].cells), more)
        columns[head:end], least[head:end] = [gap], [natural_width(gap)]
    most = [natural_width(column) for column in columns]
    return Layout(columns, _widths(least, most, width - _frame(len(columns), table.is_framed)), hidden)


def _how_many_fit(least: Sequence[int], width: int, is_framed: bool, gap: int) -> int:
    """Return how many columns to show: all, or as many of both ends as fit beside the gap, one at least."""
    if sum(least) + _frame(len(least), is_framed) <= width:
        return len(least)
    for kept in range(2, len(least)):
        head, end = kept - kept // 2, len(least) - kept // 2
        if sum(least[:head]) + gap + sum(least[end:]) + _frame(kept + 1, is_framed) > width:
            return kept - 1
    return max(1, len(least) - 1)


def _gap(count: int, rows: int, more: str) -> TableColumn:
    return TableColumn(f"{more} {count} more", [Cell(more, "pale")] * rows)


def _frame(count: int, is_framed: bool) -> int:
    """Return the terminal cells that lines and spaces between columns take."""
    return 3 * count + 1 if is_framed else 2 * (count - 1)


def natural_width(column: TableColumn) -> int:
    """Return the terminal cells of a column's longest text."""
    return max(_length(column.heading), _longest(column))


def _least(column: TableColumn) -> int:
    """Return the terminal cells below which a column is no longer readable."""
    most = LEAST_NUMBER if column.is_right else column.least
    return max(min(_length(column.heading), column.least), min(_longest(column), most))


def _longest(column: TableColumn) -> int:
    return max((_length(cell.text) for cell in column.cells), default=0)


def _length(text: str) -> int:
    from rich.cells import cell_len

    return cell_len(text)


def _widths(least: Sequence[int], most: Sequence[int], room: int) -> list[int]:
    """Return the width of each column: its least, and then more for the narrowest while there is room."""
    widths = list(least)
    while sum(widths) > room and max(widths) > 1:
        widths[widths.index(max(widths))] -= 1
    for _ in range(room - sum(widths)):
        short = [place for place, width in enumerate(widths) if width < most[place]]
        if not short:
            break
        widths[min(short, key=widths.__getitem__)] += 1
    return widths
