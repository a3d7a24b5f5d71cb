"""A table as data: columns of short texts, and lines below."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

Tone = Literal["plain", "pale", "bold", "good", "bad"]
"""How a cell stands out: `pale` is for what is no value, such as None or a field that a row lacks."""


class Cell(NamedTuple):
    """A text of one line, already printable, and its tone."""

    text: str
    tone: Tone = "plain"


@dataclass(frozen=True)
class TableColumn:
    """A heading and a cell for each row. Numbers stand at the right.

    A column of texts is never narrower than `least` terminal cells, unless its texts are shorter or it stands alone.
    """

    heading: str
    cells: Sequence[Cell]
    is_right: bool = False
    least: int = 8


@dataclass(frozen=True)
class Table:
    """Columns of equal length, with notes below: lines of text about the whole table.

    A framed table has lines around its cells. A table of several headings that are all empty has no line of headings.
    """

    columns: Sequence[TableColumn]
    notes: Sequence[str] = ()
    is_framed: bool = True

    @property
    def has_headings(self) -> bool:
        """Return whether any column has a heading."""
        return any(column.heading for column in self.columns)


def texts_column(
    heading: str, texts: Iterable[str], *, is_right: bool = False, tone: Tone = "plain", least: int = 8
) -> TableColumn:
    """Return a column of texts of one tone."""
    return TableColumn(heading, [Cell(text, tone) for text in texts], is_right, least)
