"""Make a table of rows: one column a field, or the single column `value`."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Hashable, Sequence
from decimal import Decimal
from fractions import Fraction
from numbers import Number
from typing import Any, Final
from uuid import UUID

from glowray.functions.show import shown
from glowray.watch.table.cell_text import Signs, printable
from glowray.watch.table.table import Cell, Table, TableColumn

CELL_LIMIT = 1_000
"""The maximum number of characters kept of a cell."""

_ABSENT: Final = object()

_ESCAPE = re.compile(r"\\[\\'\"abfnrtvxuUN0-7]")

_PLAIN_TYPES = frozenset({str, Decimal, Fraction, dt.date, dt.datetime, dt.time, dt.timedelta, UUID})
"""Types that a column shows by str() instead of repr(), if all its values have this one type."""


def rows_table(rows: Sequence[Any], signs: Signs, notes: Sequence[str] = ()) -> Table:
    """Return rows as a table.

    Tuples and dicts have a column for each field. Other rows, and rows of several kinds, have the single column
    `value`. A field that a row lacks is shown as `·`. Different values of a column have different texts.
    """
    names = columns_of(rows)
    lines = [[row] for row in rows] if names is None else [_fields(row, names) for row in rows]
    headings = ["value"] if names is None else [cell.text or "''" for cell in _cells(names, signs)]
    is_mixed = _kinds(rows) > 1
    columns = [
        _column(heading, [line[place] for line in lines], signs, is_mixed) for place, heading in enumerate(headings)
    ]
    return Table(columns, notes)


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


def _fields(row: Any, names: Sequence[Hashable]) -> list[Any]:
    """Return the values of a row in the order of the columns, _ABSENT for a field that the row lacks."""
    if isinstance(row, dict):
        return [dict.get(row, name, _ABSENT) for name in names]
    return [*row, *[_ABSENT] * (len(names) - len(row))]


def _column(heading: str, values: Sequence[Any], signs: Signs, is_mixed: bool) -> TableColumn:
    there = [value for value in values if value is not None and value is not _ABSENT]
    is_right = bool(there) and all(isinstance(value, Number) and not isinstance(value, bool) for value in there)
    return TableColumn(heading, _cells(values, signs, all_quoted=is_mixed), is_right)


def _cells(values: Sequence[Any], signs: Signs, *, all_quoted: bool = False) -> list[Cell]:
    """Return a cell for each value of a column.

    A str has no quotes if the column holds only str and None, and if its text cannot be mistaken for another value.
    `["a", None, "None"]` is shown as `a`, `None`, `'None'`, and `["1", 1]` as `'1'`, `1`.
    """
    kinds = {type(value) for value in values if value is not None and value is not _ABSENT}
    is_plain = not all_quoted and len(kinds) == 1 and all(map(_is_shown_plain, kinds))
    return [_cell(value, signs, is_plain) for value in values]


def _is_shown_plain(kind: type) -> bool:
    import numpy as np  # A scalar of NumPy writes its type: `np.int64(3)`.

    return kind in _PLAIN_TYPES or issubclass(kind, np.number)


def _cell(value: Any, signs: Signs, is_plain: bool) -> Cell:
    if value is _ABSENT:
        return Cell(signs.absent, "pale")
    if value is None:
        return Cell("None", "pale")
    if not is_plain or (type(value) is str and _looks_like_another(value, signs)):
        text = shown(value, CELL_LIMIT)
    else:
        text = value[: CELL_LIMIT + 1] if type(value) is str else str(value)
    text = text if len(text) <= CELL_LIMIT else text[: CELL_LIMIT - 1] + "…"
    return Cell(printable(text, signs.encoding))


def _looks_like_another(text: str, signs: Signs) -> bool:
    """Return whether a str without quotes reads as None, an absent field, a quoted or cut str, or an escape."""
    if text in ("", "None", signs.absent) or text.startswith(("'", '"')) or text != text.strip():
        return True
    return signs.more in text or _ESCAPE.search(text, 0, CELL_LIMIT) is not None
