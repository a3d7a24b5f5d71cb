"""Errors that say which column Arrow cannot hold exactly, show a row, and name the fix."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from glowray.errors import InexactColumn
from glowray.rows.objects.pickling import as_list

Steps = tuple[str | None, ...]
"""The path from a row to a value: the name of each field, None for the elements of a list."""

MAP = "map them to one type"
MAP_OR_SCHEMA = "map them to one type, or name it with schema="

_LOOKED_AT = 1_000
_SHOWN = 80
_SHOWN_ROW = 200

_DIFFER: dict[type, str] = {
    Decimal: "that differ in digits after the point: quantize() them",
    dt.datetime: "that differ in time zone: bring them to one with astimezone()",
}


@dataclass(frozen=True)
class Where:
    """A column at any depth: its rows, the path to it, and the fix that the error for mixed types names."""

    rows: Callable[[], Iterable[Any]]
    steps: Steps = ()
    fix: str = MAP

    def field(self, name: str) -> Where:
        """Return the column of a field of these values."""
        return replace(self, steps=(*self.steps, name))

    def elements(self) -> Where:
        """Return the column of the elements of these lists."""
        return replace(self, steps=(*self.steps, None))

    def __str__(self) -> str:
        return spelled(self.steps)

    def mixed(self) -> InexactColumn:
        """Return the error for a column of several types. It shows the first row of each of two types."""
        found: dict[str, Any] = {}
        for row in self.rows():
            for value in values_at(row, self.steps):
                if value is not None:
                    found.setdefault(value_kind(value), row)
            if len(found) > 1:
                break
        kinds = [*found.items(), *[("another type", None)] * 2]
        return mixed_kinds(self.steps, kinds[0], kinds[1], self.fix)


def spelled(steps: Steps) -> str:
    """Return a column's name: `a.b[]` for the elements of the lists in field b of a, `value` for the row itself.

    >>> spelled(("a", "b", None)), spelled(()), spelled((None,))
    ('a.b[]', 'value', 'value[]')
    """
    if not steps or steps[0] is None:
        steps = ("value", *steps)
    first, *rest = steps
    return f"{first}{''.join('[]' if name is None else f'.{name}' for name in rest)}"


def values_at(row: Any, steps: Steps) -> Iterator[Any]:
    """Yield the values of a row at a path. A value on the path without that field, or without elements, is skipped."""
    if not steps:
        yield row
        return
    name, *rest = steps
    if name is None:
        items = as_list(row)
        for item in items if isinstance(items, list) else ():
            yield from values_at(item, tuple(rest))
    elif isinstance(row, dict):
        if name in row:
            yield from values_at(row[name], tuple(rest))
    elif isinstance(row, tuple) and not hasattr(row, name):
        if int(name) < len(row):
            yield from values_at(row[int(name)], tuple(rest))
    elif hasattr(row, name):
        yield from values_at(getattr(row, name), tuple(rest))


def value_kind(value: Any) -> str:
    """Return a value's kind for an error: its class, with the scale of a Decimal or the zone of a datetime."""
    if type(value) is Decimal and isinstance(exponent := value.as_tuple().exponent, int):
        return f"Decimal of {-exponent} digits after the point"
    if type(value) is dt.datetime and value.tzinfo is not None:
        return f"datetime in {value.tzinfo}"
    return type(as_list(value)).__qualname__


def row_text(row: Any) -> str:
    """Return `repr(row)`, cut to one line. If the repr raises, name its exception instead."""
    try:
        text = repr(row)
    except Exception as error:  # A repr may raise any exception.
        text = f"<{type(row).__qualname__} whose repr raises {type(error).__name__}>"
    return text if len(text) <= _SHOWN_ROW else text[: _SHOWN_ROW - 1] + "…"


def mixed_kinds(steps: Steps, first: tuple[str, Any], second: tuple[str, Any], fix: str = MAP) -> InexactColumn:
    """Return the error for two types in one column. Each is (its name, a row that holds it, or None if unknown)."""
    shown = [(kind, None if row is None else row_text(row)) for kind, row in (first, second)]
    return mixed_kinds_shown(steps, shown[0], shown[1], fix)


def mixed_kinds_shown(
    steps: Steps, first: tuple[str, str | None], second: tuple[str, str | None], fix: str
) -> InexactColumn:
    """Return the error of `mixed_kinds` for rows that are texts already."""
    listed = " and ".join(sorted([first[0], second[0]]))
    rows = ", ".join(f"{kind} in the row {text}" for kind, text in (first, second) if text is not None)
    return InexactColumn(f'column "{spelled(steps)}" holds {listed}{f" ({rows})" if rows else ""}: {fix}')


def row_is_none(path: str) -> InexactColumn:
    """Return the error for a row that is None among rows with columns. `path` names one of these columns."""
    return InexactColumn(f'column "{path}" has no value for a row that is None: filter such rows out first')


def no_columns() -> InexactColumn:
    """Return the error for rows without fields: `()` and `{}`."""
    return InexactColumn("rows without any field have no columns: map them to something that has")


def why_inexact(where: Where, present: Sequence[Any], is_odd: Callable[[Any], bool]) -> InexactColumn:
    """Return the error for values that no Arrow array holds. None of them is None.

    `is_odd` says whether Arrow cannot hold a value even alone. Without one, the values only differ among themselves.
    """
    types = set(map(type, present))
    if len(types) > 1:
        return where.mixed()
    (cls,) = types
    looked_at = present[:_LOOKED_AT]
    odd = [value for value in looked_at if is_odd(value)] or present[: 0 if cls in _DIFFER else 1]
    if cls is dt.datetime and len({value.tzinfo for value in looked_at}) > 1:
        odd = []  # Arrow may hold each value alone, but one column has one zone
    if not odd:
        return InexactColumn(f'column "{where}" holds {cls.__qualname__} values {_DIFFER[cls]}')
    text = repr(odd[0])
    text = text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
    return InexactColumn(
        f'column "{where}" holds {text} ({cls.__qualname__}), which Arrow cannot hold exactly: map it to a type it can'
    )
