"""The summary of all rows that describe() returns: of each field, or of the rows themselves."""

from __future__ import annotations

import math
from decimal import Decimal
from numbers import Real
from typing import Any

from glowray.aggregates import moments
from glowray.aggregates.values import greatest, least

_NUMBERS = (int, float, bool)
_CONTAINERS = (dict, list, tuple, set, frozenset)


class Column:
    """The summary of some values: their count, and their mean, minimum and maximum if their types have these.

    `kind` is Real for numbers, else the type of the values. `is_mixed` says that the values have several kinds, or no
    order.
    """

    __slots__ = ("count", "greatest", "is_mixed", "kind", "least", "moments")

    def __init__(self) -> None:
        self.count = 0
        self.kind: type | None = None
        self.is_mixed = False
        self.moments = moments.NONE
        self.least: Any = None
        self.greatest: Any = None

    def add(self, value: Any) -> None:
        """Add a value. None is no value."""
        if value is None:
            return
        kind = _kind(value)
        if kind is Real:
            self.moments = moments.with_value(self.moments, _as_float(value))
        self._meet(kind, value, value, 1)

    def merge(self, other: Column) -> None:
        """Add the values of another part."""
        self.moments = moments.merged(self.moments, other.moments)
        self.is_mixed = self.is_mixed or other.is_mixed
        if other.kind is not None:
            self._meet(other.kind, other.least, other.greatest, other.count)

    def _meet(self, kind: type, low: Any, high: Any, count: int) -> None:
        self.count += count
        if self.kind is not None and kind is not self.kind:
            self.is_mixed = True
        self.kind = kind
        if self.is_mixed or kind in _CONTAINERS:
            return
        try:
            self.least, self.greatest = least(self.least, low), greatest(self.greatest, high)
        except Exception:  # values without an order, such as times with and without a zone
            self.is_mixed = True

    def summary(self, rows: int) -> dict[str, Any]:
        """Return the summary of the values of `rows` rows. A row may lack the value."""
        is_number = self.kind is Real and not self.is_mixed
        return {
            "count": self.count,
            "nulls": rows - self.count,
            "mean": self.moments[1] if is_number else None,
            "std": moments.deviation(self.moments) if is_number else None,
            "min": None if self.is_mixed else self.least,
            "max": None if self.is_mixed else self.greatest,
        }


class Summary:
    """The columns of all rows. Fields of records have one column each, and other rows have a common one."""

    __slots__ = ("fields", "records", "rows", "values")

    def __init__(self) -> None:
        self.rows = self.records = 0
        self.values = Column()
        self.fields: dict[Any, Column] = {}

    def result(self) -> dict[Any, Any]:
        """Return the summary of the rows, or of each of their fields.

        Raises:
            TypeError: only some rows are records.
        """
        if not self.records:
            return self.values.summary(self.rows)
        if self.records < self.rows:
            raise TypeError(
                f"describe() needs rows that are all records, or none, but {self.records} of {self.rows} rows are "
                "dicts; filter() them, or describe one field after map()"
            )
        return {name: column.summary(self.rows) for name, column in self.fields.items()}


def with_row(summary: Summary, row: Any) -> Summary:
    """Add a row."""
    summary.rows += 1
    if not isinstance(row, dict):
        summary.values.add(row)
        return summary
    summary.records += 1
    fields = summary.fields
    for name, value in row.items():
        if name not in fields:
            fields[name] = Column()
        fields[name].add(value)
    return summary


def with_summary(summary: Summary, other: Summary) -> Summary:
    """Add the rows of another part."""
    summary.rows += other.rows
    summary.records += other.records
    summary.values.merge(other.values)
    for name, column in other.fields.items():
        summary.fields.setdefault(name, Column()).merge(column)
    return summary


def _kind(value: Any) -> type:
    if type(value) in _NUMBERS or isinstance(value, Real | Decimal):
        return Real
    return next((cls for cls in (str, bytes, *_CONTAINERS) if isinstance(value, cls)), type(value))


def _as_float(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf
    except ValueError:  # the signaling NaN of Decimal
        return math.nan
