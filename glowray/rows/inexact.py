"""Why a column has no exact form in Arrow, in the user's words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from glowray.errors import InexactColumn
from glowray.rows.pickling import as_list

Steps = tuple[str | None, ...]
"""The way from a row to a value: the name of each field, None for the elements of a list."""

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
    """A column at any depth, the rows that it is made of, and what a user can do about values of several types."""

    rows: Callable[[], Iterable[Any]]
    steps: Steps = ()
    fix: str = MAP

    def field(self, name: str) -> Where:
        """The column of a field of these values."""
        return replace(self, steps=(*self.steps, name))

    def elements(self) -> Where:
        """The column of the elements of these lists."""
        return replace(self, steps=(*self.steps, None))

    def __str__(self) -> str:
        return spelled(self.steps)

    def mixed(self) -> InexactColumn:
        """The error for a column whose values are of several types: it shows the first row of each of two."""
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
    """Return the name of a column: `a.b[]` for the elements of the lists in field b of a; `value` for the row itself.

    >>> spelled(("a", "b", None)), spelled(()), spelled((None,))
    ('a.b[]', 'value', 'value[]')
    """
    if not steps or steps[0] is None:
        steps = ("value", *steps)
    first, *rest = steps
    return f"{first}{''.join('[]' if name is None else f'.{name}' for name in rest)}"


def values_at(row: Any, steps: Steps) -> Iterator[Any]:
    """Yield the values of a row at a column; a value on the way that has no such field or elements is left out."""
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
    """Return what a value is called in an error: its class, with what else sets it apart from others in a column."""
    if type(value) is Decimal and isinstance(exponent := value.as_tuple().exponent, int):
        return f"Decimal of {-exponent} digits after the point"
    if type(value) is dt.datetime and value.tzinfo is not None:
        return f"datetime in {value.tzinfo}"
    return type(as_list(value)).__qualname__


def row_text(row: Any) -> str:
    """Return repr(row) cut to a line; a repr that raises is named instead."""
    try:
        text = repr(row)
    except Exception as error:  # the class of a value may raise anything
        text = f"<{type(row).__qualname__} whose repr raises {type(error).__name__}>"
    return text if len(text) <= _SHOWN_ROW else text[: _SHOWN_ROW - 1] + "…"


def mixed_kinds(steps: Steps, first: tuple[str, Any], second: tuple[str, Any], fix: str = MAP) -> InexactColumn:
    """Values of two types in one column, each as its name and a row that holds it (None: nobody knows one)."""
    listed = " and ".join(sorted([first[0], second[0]]))
    rows = ", ".join(f"{kind} in the row {row_text(row)}" for kind, row in (first, second) if row is not None)
    return InexactColumn(f'column "{spelled(steps)}" holds {listed}{f" ({rows})" if rows else ""}: {fix}')


def row_is_none(path: str) -> InexactColumn:
    """A row that is None among rows with columns."""
    return InexactColumn(f'column "{path}" has no value for a row that is None: filter such rows out first')


def no_columns() -> InexactColumn:
    """Rows such as () and {}."""
    return InexactColumn("rows without any field have no columns: map them to something that has")


def why_inexact(where: Where, present: Sequence[Any], is_odd: Callable[[Any], bool]) -> InexactColumn:
    """The error for values (none is None) of which no array can be made; an odd one cannot even stand alone."""
    types = set(map(type, present))
    if len(types) > 1:
        return where.mixed()
    (cls,) = types
    odd = [value for value in present[:_LOOKED_AT] if is_odd(value)] or present[: 0 if cls in _DIFFER else 1]
    if not odd:
        return InexactColumn(f'column "{where}" holds {cls.__qualname__} values {_DIFFER[cls]}')
    text = repr(odd[0])
    text = text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
    return InexactColumn(
        f'column "{where}" holds {text} ({cls.__qualname__}), which Arrow cannot hold exactly: map it to what it can'
    )
