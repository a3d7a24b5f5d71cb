"""Cut the range of a column into slices, one for each partition of a query."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from glowray.io.sql.dbapi import sql_label
from glowray.io.sql.identifiers import quoted
from glowray.io.sql.query import Query


def conditions(query: Query, column: str, count: int) -> tuple[str | None, ...]:
    """Return one SQL condition for each of `count` slices of a column. None selects all rows.

    The database is asked for the column's least and greatest values. The first slice has no lower end and takes NULL;
    the last slice has no upper end. So each row is in exactly one slice, also if its value is NaN, infinite, or was
    written after the question. If no value is finite, the first slice takes all rows.

    Raises:
        ValueError: the query has no such column, or cannot be cut.
        TypeError: its values cannot be cut.
    """
    check_column(query, column)
    low, high = query.ends(column)
    if low is None:
        return (None, *["1 = 0"] * (count - 1))
    points = list(map(query.literal, cut_points(column, low, high, count)))
    if not points:
        return (None,)
    name = quoted(column)
    first, last = f"({name} < {points[0]} OR {name} IS NULL)", f"{name} >= {points[-1]}"
    inner = (f"{name} >= {low} AND {name} < {high}" for low, high in itertools.pairwise(points))
    return (first, *inner, last)


def check_column(query: Query, column: str) -> None:
    """Raise ValueError if a query lacks a column, or is none that can be cut, as a PRAGMA."""
    names = query.names
    if names is None:
        raise ValueError(f"{sql_label(query.text)} cannot be cut by partition_on: it is no SELECT that SQLite accepts")
    if column not in names:
        raise ValueError(
            f'{sql_label(query.text)} has no column "{column}" for partition_on; it has {", ".join(names)}'
        )


def cut_points(column: str, low: Any, high: Any, count: int) -> list[Any]:
    """Return the `count - 1` values that cut the range from `low` to `high` into even slices.

    >>> cut_points("n", 0, 9, 3)
    [3, 6]
    >>> cut_points("at", dt.date(2024, 1, 1), dt.date(2024, 12, 31), 2)
    [datetime.date(2024, 7, 2)]

    Raises TypeError for values of other types than numbers, dates and timestamps.
    """
    for kind, to_number, from_number in _KINDS:
        if type(low) is type(high) is kind:
            first, last = to_number(low), to_number(high)
            width = last - first + 1 if kind in (int, dt.date) else last - first
            return [from_number(low, first + width * place / count) for place in range(1, count)]
    found = " and ".join(dict.fromkeys([type(low).__name__, type(high).__name__]))
    raise uncut(column, found)


def uncut(column: str, found: str) -> TypeError:
    """Return the error for a column whose values cannot be cut."""
    return TypeError(
        f'read_sql(): partition_on="{column}" needs a column of numbers, dates or timestamps, but it holds {found}'
    )


def _day(value: dt.date) -> Fraction:
    return Fraction(value.toordinal())


def _micros(value: dt.datetime) -> Fraction:
    first = dt.datetime.min.replace(tzinfo=value.tzinfo)
    return Fraction((value - first) // dt.timedelta(microseconds=1))


def _timestamp(like: dt.datetime, micros: Fraction) -> dt.datetime:
    return dt.datetime.min.replace(tzinfo=like.tzinfo) + dt.timedelta(microseconds=int(micros))


def _decimal(like: Decimal, number: Fraction) -> Decimal:
    return Decimal(number.numerator) / Decimal(number.denominator)


_KINDS: Sequence[tuple[type, Callable[[Any], Fraction], Callable[[Any, Fraction], Any]]] = (
    (int, Fraction, lambda like, number: int(number // 1)),
    (float, Fraction, lambda like, number: float(number)),
    (Decimal, Fraction, _decimal),
    (dt.date, _day, lambda like, number: dt.date.fromordinal(int(number))),
    (dt.datetime, _micros, _timestamp),
)
"""Types of values that can be cut: how a value becomes an exact number, and how a number becomes a value of the type.

Fractions do not overflow: floats may be ±1.7e308 apart.
"""
