"""Print rows as a table in the terminal."""

from __future__ import annotations

import re
import sys
from collections.abc import Hashable, Sequence
from typing import Any, Final

from glowray.functions.show import shown

CELL_LIMIT = 1_000
"""The maximum number of characters printed of a cell."""

NARROWEST = 8
"""The minimum width of a column in characters. A table of many columns may be wider than the terminal."""

_ABSENT: Final = object()

_ESCAPE = re.compile(r"\\[\\'\"abfnrtvxuUN0-7]")


def show_rows(rows: Sequence[Any], more: bool) -> None:
    """Print rows as a table.

    Tuples and dicts have a column for each field. Other rows, and rows of several kinds, have the single column
    `value`. A field that a row lacks is shown as `·`.
    """
    from rich import box
    from rich.cells import cell_len
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    headings, lines = _table(rows)
    table = Table(box=box.SQUARE)
    widths = [min(NARROWEST, max(map(cell_len, column))) for column in zip(headings, *lines, strict=True)]
    for heading, width in zip(headings, widths, strict=True):
        table.add_column(Text(heading, overflow="fold"), min_width=width)
    for line in lines:
        table.add_row(*(Text(cell, overflow="fold") for cell in line))
    console = Console(file=sys.stdout)
    console.width = max(console.width, sum(widths) + 3 * len(widths) + 1)
    console.print(table)
    if more:
        console.print(Text(_printable(f"… the first {len(rows)} rows")))


def _table(rows: Sequence[Any]) -> tuple[list[str], list[list[str]]]:
    """Return the headings and the cells of each row, as texts that the terminal can print."""
    names = columns_of(rows)
    cells = [[row] for row in rows] if names is None else [_cells(row, names) for row in rows]
    headings = ["value"] if names is None else [text or "''" for text in _texts(names)]
    columns = [_texts([line[place] for line in cells], all_quoted=_kinds(rows) > 1) for place in range(len(headings))]
    lines = [list(line) for line in zip(*columns, strict=True)]
    for place, line in enumerate(lines):
        if not any(line):  # All fields are empty texts.
            lines[place] = [_printable(repr(cell)) for cell in cells[place]]
    return headings, lines


def columns_of(rows: Sequence[Any]) -> list[Hashable] | None:
    """Return the names of the columns: keys, field names, or positions. Return None for rows without fields.

    >>> columns_of([{"a": 1}, {"b": 2}]), columns_of([(1,), (1, 2)]), columns_of([{"a": 1}, 3])
    (['a', 'b'], [0, 1], None)
    """
    if not rows or _kinds(rows) > 1:
        return None
    if isinstance(rows[0], dict):
        return list(dict.fromkeys(name for row in rows for name in row)) or None
    if isinstance(rows[0], tuple):
        fields = getattr(rows[0], "_fields", None)
        return list(fields or range(max(map(len, rows)))) or None
    return None


def _kinds(rows: Sequence[Any]) -> int:
    """Return the number of classes of rows. All rows that cannot have columns count as one kind."""
    return len({type(row) if isinstance(row, (dict, tuple)) else None for row in rows})


def _cells(row: Any, names: Sequence[Hashable]) -> list[Any]:
    """Return the values of a row in the order of the columns, _ABSENT for a field that the row lacks."""
    if isinstance(row, dict):
        return [dict.get(row, name, _ABSENT) for name in names]
    return [*row, *[_ABSENT] * (len(names) - len(row))]


def _texts(values: Sequence[Any], *, all_quoted: bool = False) -> list[str]:
    """Return a text for each value of a column. Different values have different texts before they are cut.

    A str is shown without quotes if the column holds only str and None, and if the text cannot be mistaken for another
    value.

    >>> _texts(["a", None, "None"]), _texts(["1", 1])
    (['a', 'None', "'None'"], ["'1'", '1'])
    """
    absent = "·" if _printable("·") == "·" else "-"
    is_text = not all_quoted and all(type(value) is str or value is None or value is _ABSENT for value in values)
    return [_text(value, absent, is_text) for value in values]


def _text(value: Any, absent: str, is_text: bool) -> str:
    if value is _ABSENT:
        return absent
    bare = type(value) is str and is_text and not _looks_like_another(value, absent)
    text = value[: CELL_LIMIT + 1] if bare else shown(value, CELL_LIMIT)
    text = text if len(text) <= CELL_LIMIT else text[: CELL_LIMIT - 1] + "…"
    return _printable(text)


def _looks_like_another(text: str, absent: str) -> bool:
    """Return whether a str without quotes reads as None, an absent field, a quoted str, or an escaped character."""
    if text in ("None", absent) or text.startswith(("'", '"')) or text != text.strip():
        return True
    return _ESCAPE.search(text, 0, CELL_LIMIT) is not None


def _printable(text: str) -> str:
    """Escape characters that move the cursor, are invisible, or are not in the terminal's encoding."""
    if not text.isprintable():
        text = "".join(letter if letter.isprintable() else _escaped(letter) for letter in text)
    encoding = sys.stdout.encoding or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)


def _escaped(letter: str) -> str:
    return letter.encode("unicode_escape", "surrogatepass").decode("ascii")
