"""The types of the values of each column: CSV writes their texts alone, so the sink has to compare them."""

from __future__ import annotations

import datetime as dt
import operator
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from glowray.io.sink import Held, Part
from glowray.rows.tables.column_errors import MAP_OR_SCHEMA, mixed_kinds_shown, row_text

if TYPE_CHECKING:
    from glowray.rows.codec.chunk import Chunk


_BASES = (str, bool, int, float, dt.datetime)


@runtime_checkable
class NumPyScalar(Protocol):
    """A scalar of NumPy."""

    dtype: Any

    def item(self) -> Any: ...


class ValueTypes:
    """The type of each column so far, with the first row that holds it. A column of None alone has none.

    Every method raises InexactColumn, which shows two rows, if a column has values of two types. Readers of a folder
    take a column's type from one of the files.
    """

    def __init__(self) -> None:
        self.held: dict[str, Held] = {}
        self._classes: dict[str, set[type]] = {}

    def add_rows(self, rows: Sequence[dict[str, Any]]) -> None:
        """Add the values of dict rows."""
        names = tuple(rows[0])
        if operator.countOf(map(tuple, rows), names) < len(rows):
            for row in rows:
                self._add_row(row)
            return
        for name, values in zip(names, zip(*map(dict.values, rows), strict=True), strict=True):
            if not set(map(type, values)) <= self._known(name):
                for row, value in zip(rows, values, strict=True):
                    self._add(name, value, row)

    def _add_row(self, row: dict[str, Any]) -> None:
        for name, value in row.items():
            if type(value) not in self._known(name):
                self._add(name, value, row)

    def add_chunk(self, chunk: Chunk) -> None:
        """Add the values of rows for which `record_names` returns names."""
        from glowray.io.csv.column_lines import record_kinds

        for (name, kind), column in zip(record_kinds(chunk).items(), chunk.columns, strict=True):
            if kind != "None" and (name not in self.held or self.held[name][0] != kind) and len(column):
                place = column.is_valid().index(True).as_py() if column.null_count else 0
                if place >= 0:
                    row = row_text(next(iter(chunk.slice(place, place + 1).rows())))
                    self.held[name] = _one_of(name, self.held.get(name), (kind, row))

    def _known(self, name: str) -> set[type]:
        return self._classes.setdefault(name, {type(None)})

    def _add(self, name: str, value: Any, row: dict[str, Any]) -> None:
        if type(value) not in self._known(name):
            kind = _kind(value)
            if name not in self.held or self.held[name][0] != kind:
                self.held[name] = _one_of(name, self.held.get(name), (kind, row_text(row)))
            self._known(name).add(type(value))


def check_types(parts: Iterable[Part]) -> None:
    """Raise InexactColumn if a column has another type in one part than in another."""
    held: dict[str, Held] = {}
    for part in parts:
        for name, found in part.held.items():
            held[name] = _one_of(name, held.get(name), found)


def all_held(parts: Sequence[Part]) -> Mapping[str, Held]:
    """Return the types of the columns of parts of one task, whose types agree."""
    return {name: held for part in reversed(parts) for name, held in part.held.items()}


def _one_of(name: str, first: Held | None, second: Held) -> Held:
    if first is not None and first[0] != second[0]:
        raise mixed_kinds_shown((name,), first, second, MAP_OR_SCHEMA)
    return first or second


def _kind(value: Any) -> str:
    """Return the name of a value's type. A subclass has the name of its base, a NumPy scalar that of Python's type."""
    if isinstance(value, NumPyScalar):
        value = value.item()
    return next((base.__name__ for base in _BASES if isinstance(value, base)), type(value).__qualname__)
