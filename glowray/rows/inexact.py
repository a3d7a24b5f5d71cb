"""Why a column has no exact form in Arrow, in the user's words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Sequence
from decimal import Decimal
from typing import Any

from glowray.errors import InexactColumn

_LOOKED_AT = 1_000
_SHOWN = 80

_DIFFER: dict[type, str] = {
    Decimal: "that differ in digits after the point: quantize() them",
    dt.datetime: "that differ in time zone: bring them to one with astimezone()",
}


def absent_column(names: Iterable[Any]) -> InexactColumn:
    """Some rows have columns that others have not."""
    name = min(map(str, names))
    return InexactColumn(f'column "{name}" is not in every row: a table has all columns in all rows, so map it to None')


def mixed_types(path: str, types: Collection[type]) -> InexactColumn:
    """Values of several types in one column."""
    return mixed_names(path, (cls.__qualname__ for cls in types if cls is not type(None)))


def mixed_names(path: str, names: Iterable[str]) -> InexactColumn:
    """The same, of types by name."""
    listed = " and ".join(sorted(set(names)))
    return InexactColumn(f'column "{path}" holds {listed}: a column has one type, so map them to one')


def row_is_none(path: str) -> InexactColumn:
    """A row that is None among rows with columns."""
    return InexactColumn(f'column "{path}" has no value for a row that is None: filter such rows out first')


def no_columns() -> InexactColumn:
    """Rows such as () and {}."""
    return InexactColumn("rows without any field have no columns: map them to something that has")


def why_inexact(path: str, present: Sequence[Any], is_odd: Callable[[Any], bool]) -> InexactColumn:
    """The error for values (none is None) of which no array can be made; an odd one cannot even stand alone."""
    types = set(map(type, present))
    if len(types) > 1:
        return mixed_types(path, types)
    (cls,) = types
    odd = [value for value in present[:_LOOKED_AT] if is_odd(value)] or present[: 0 if cls in _DIFFER else 1]
    if not odd:
        return InexactColumn(f'column "{path}" holds {cls.__qualname__} values {_DIFFER[cls]}')
    text = repr(odd[0])
    text = text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
    return InexactColumn(
        f'column "{path}" holds {text} ({cls.__qualname__}), which Arrow cannot hold exactly: map it to what it can'
    )
