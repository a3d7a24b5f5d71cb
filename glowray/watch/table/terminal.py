"""Draw a table in the terminal, no wider than it is."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from glowray.watch.table.cell_text import Signs, cut_all, cut_end, cut_middle, signs_for, stdout_signs
from glowray.watch.table.layout import Layout, fitted
from glowray.watch.table.table import Cell, Table, TableColumn, Tone

if TYPE_CHECKING:
    from rich.text import Text

STYLES: dict[Tone, str] = {"plain": "", "pale": "dim", "bold": "bold", "good": "green", "bad": "red"}


def print_table(table: Table) -> None:
    """Print a table and its notes to standard output, as wide as the terminal at most.

    A stream that is no terminal gets 80 columns, or those of the variable COLUMNS. Colours go to terminals alone, and
    not if the variable NO_COLOR is set.
    """
    from rich.console import Console

    console = Console(file=sys.stdout, highlight=False)
    for line in table_lines(table, console.width, stdout_signs()):
        console.print(line, soft_wrap=True)


def plain_text(table: Table, width: int = 80) -> str:
    """Return a table and its notes as text without colours."""
    return "\n".join(line.plain for line in table_lines(table, width, signs_for("utf-8")))


def table_lines(table: Table, width: int, signs: Signs) -> list[Text]:
    """Return the lines of a table and its notes, each at most `width` terminal cells."""
    layout = fitted(table, width, signs.more)
    headings = _cut_headings(layout, signs.more)
    columns = [
        _Drawn(column, heading, size, signs.more)
        for column, heading, size in zip(layout.columns, headings, layout.widths, strict=True)
    ]
    frame = _Frame(signs.frame if table.is_framed else "", layout.widths)
    lines = [line for line in _drawn_rows(table, columns, frame) if line is not None]
    return [*lines, *_notes(table, layout, width, signs)]


def _cut_headings(layout: Layout, more: str) -> list[str]:
    """Return the headings cut to their widths: their ends, or the middles of those that would look the same."""
    sized = list(zip([column.heading for column in layout.columns], layout.widths, strict=True))
    ends = [cut_end(heading, width, more) for heading, width in sized]
    counts = Counter(ends)
    return [
        end if counts[end] == 1 else cut_middle(heading, width, more)
        for end, (heading, width) in zip(ends, sized, strict=True)
    ]


def _drawn_rows(table: Table, columns: Sequence[_Drawn], frame: _Frame) -> Iterator[Text | None]:
    yield frame.rule(0)
    if table.has_headings:
        yield frame.line([column.heading for column in columns])
        yield frame.rule(3)
    for cells in zip(*(column.cells for column in columns), strict=True):
        yield frame.line(cells)
    yield frame.rule(6)


class _Drawn:
    """A column with its texts cut and padded to a width."""

    def __init__(self, column: TableColumn, heading: str, width: int, more: str) -> None:
        self.heading = Cell(_padded(heading, width, column.is_right), "bold")
        texts = cut_all([cell.text for cell in column.cells], width, more)
        self.cells = [
            Cell(_padded(text, width, column.is_right), cell.tone)
            for text, cell in zip(texts, column.cells, strict=True)
        ]


def _padded(text: str, width: int, is_right: bool) -> str:
    from rich.cells import cell_len

    space = " " * (width - cell_len(text))
    return space + text if is_right else text + space


class _Frame:
    """The lines around and between cells; two spaces if there are no signs for them."""

    def __init__(self, signs: str, widths: Sequence[int]) -> None:
        self.signs, self.widths = signs, widths

    def rule(self, place: int) -> Text | None:
        """Return a horizontal line, whose corners begin at a place in the signs. None without a frame."""
        from rich.text import Text

        if not self.signs:
            return None
        left, middle, right = tuple(self.signs[place : place + 3])
        return Text(left + middle.join(self.signs[9] * (width + 2) for width in self.widths) + right)

    def line(self, cells: Sequence[Cell]) -> Text:
        """Return a line of cells."""
        from rich.text import Text

        bar = self.signs[10:]
        between = f" {bar} " if bar else "  "
        line = Text(between.lstrip())
        for place, cell in enumerate(cells):
            line.append(between if place else "")
            line.append(cell.text, STYLES[cell.tone])
        line.append(between.rstrip())
        if not bar:
            line.rstrip()
        return line


def _notes(table: Table, layout: Layout, width: int, signs: Signs) -> list[Text]:
    """Return the lines below a table: the headings left out, cut to one line, and the table's notes, wrapped."""
    from rich.text import Text

    lines = []
    if layout.hidden:
        count = f"{signs.more} {len(layout.hidden)} more: "
        lines.append(Text(cut_end(count + ", ".join(layout.hidden), width, signs.more), "dim"))
    for note in table.notes:
        lines += [Text(line) for line in wrapped(note, width)]
    return lines


def wrapped(text: str, width: int) -> list[str]:
    """Return a text as lines of at most `width` terminal cells.

    >>> wrapped("to be or not", 6)
    ['to be', 'or not']
    """
    from rich.console import Console
    from rich.text import Text

    console = Console(width=max(1, width), force_terminal=False)
    return [line.plain.rstrip() for line in Text(text).wrap(console, max(1, width), overflow="fold")]
