"""Dates and times: strptime and fromisoformat of fixed formats, fields, weekday, strftime and isoformat.

A text that has each number at its place, with all its digits, is read from the bytes. Python reads each other text.

    "2024-02-29" by "%Y-%m-%d" → digits at 0-3, 5-6, 8-9 → day 19782 since 1970
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from glowray.rows.arrow.numpy_columns import as_numpy
from glowray.rows.texts.texts import Texts
from glowray.rows.types.kinds import Opaque
from glowray.rows.types.scalar_kinds import scalar_kind
from glowray.vectorize.columns.texts.mended_texts import mended
from glowray.vectorize.columns.texts.text_slices import texts_of
from glowray.vectorize.columns.vectors.frame import Expr, Frame, spread_out
from glowray.vectorize.columns.vectors.untranslatable import Untranslatable


def _kind(sample: dt.date) -> Opaque:
    found = scalar_kind(type(sample), [sample])
    assert found is not None
    return Opaque(found)


EPOCH = dt.datetime(1970, 1, 1)
DATETIME, DATE = _kind(EPOCH), _kind(EPOCH.date())
_WIDTHS = {"Y": 4, "m": 2, "d": 2, "H": 2, "M": 2, "S": 2}
_DEFAULTS = {"Y": 1900, "m": 1, "d": 1, "H": 0, "M": 0, "S": 0}
_MOST = {"Y": 9999, "m": 12, "d": 31, "H": 23, "M": 59, "S": 59}
_SECOND = 10**6
_DAY = 86_400 * _SECOND
_FIELDS: dict[str, Callable[[Any], Any]] = {
    "year": pc.year, "month": pc.month, "day": pc.day, "hour": pc.hour, "minute": pc.minute, "second": pc.second,
}  # fmt: skip
_OF_DATES = ("year", "month", "day")
_SPELLED = {"Y": "year", "m": "month", "d": "day", "H": "hour", "M": "minute", "S": "second"}
_LEAST_YEAR = 1000
"""Before this year, platforms differ in how %Y is filled up."""


def parsed(text: Expr, pattern: str) -> Expr:
    """Return `datetime.strptime(text, pattern)`."""
    pieces = re.findall(r"%(.)|([^%])", pattern, re.DOTALL)
    letters = [letter for letter, _ in pieces if letter]
    is_whole = sum(2 if letter else 1 for letter, _ in pieces) == len(pattern)
    if not is_whole or set(letters) - set(_WIDTHS) or len(set(letters)) < len(letters) or not pattern.isascii():
        raise Untranslatable(f"strptime with the format {pattern!r}")
    return _read(text, [pieces], lambda value: dt.datetime.strptime(value, pattern), DATETIME)


def from_iso(text: Expr, cls: type) -> Expr:
    """Return `datetime.fromisoformat(text)`, or that of date."""
    day = _pieces("%Y-%m-%d")
    if cls is dt.date:
        return _read(text, [day], dt.date.fromisoformat, DATE)
    layouts = [day, _pieces("%Y-%m-%dT%H:%M:%S"), _pieces("%Y-%m-%d %H:%M:%S")]
    return _read(text, layouts, dt.datetime.fromisoformat, DATETIME)


def _pieces(pattern: str) -> list[tuple[str, str]]:
    return re.findall(r"%(.)|([^%])", pattern)


def _read(
    text: Expr, layouts: list[list[tuple[str, str]]], python: Callable[[str], dt.date], kind: Opaque
) -> Expr:  # fmt: skip
    """Return the times of texts. Texts of no layout are Python's; one that is no time raises ValueError."""

    def run(frame: Frame) -> Any:
        texts = texts_of(text, frame)
        made, good = np.zeros(len(texts), np.int64), np.zeros(len(texts), bool)
        for layout in layouts:
            found, fits = _by_layout(texts, layout)
            made, good = np.where(fits, found, made), good | fits
        made = _by_python(texts, np.flatnonzero(~good), made, python, frame)
        if kind is DATE:
            return pa.array((made // _DAY).astype(np.int32)).cast(pa.date32())
        return pa.array(made).cast(pa.timestamp("us"))

    return Expr(kind, run)


def _by_layout(texts: Texts, layout: list[tuple[str, str]]) -> tuple[Any, Any]:
    """Return (microseconds since 1970, mask of the texts of this layout that are a time)."""
    width = sum(_WIDTHS[letter] if letter else 1 for letter, _ in layout)
    good = texts.lengths == width
    if not good.any():
        return np.zeros(len(texts), np.int64), good
    numbers: dict[str, Any] = dict(_DEFAULTS)
    place = 0
    for letter, literal in layout:
        if not letter:
            good &= texts.data.take(texts.starts + place, mode="clip") == ord(literal)
            place += 1
            continue
        number = np.zeros(len(texts), np.int64)
        for _ in range(_WIDTHS[letter]):
            digit = texts.data.take(texts.starts + place, mode="clip").astype(np.int64) - ord("0")
            good &= (digit >= 0) & (digit <= 9)
            number = number * 10 + digit
            place += 1
        good &= (number <= _MOST[letter]) & (number >= min(_DEFAULTS[letter], 1))
        numbers[letter] = np.where(good, number, _DEFAULTS[letter])
    months = (np.asarray(numbers["Y"]) - 1970) * 12 + numbers["m"] - 1
    days = _first_days(months) + numbers["d"] - 1
    good &= days < _first_days(months + 1)
    seconds = (np.asarray(numbers["H"]) * 60 + numbers["M"]) * 60 + numbers["S"]
    return days * _DAY + seconds * _SECOND, good


def _first_days(months: Any) -> Any:
    """Return the day since 1970 on which each month since 1970 begins."""
    return months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)


def _by_python(texts: Texts, rows: Any, made: Any, python: Callable[[str], dt.date], frame: Frame) -> Any:
    if not len(rows):
        return made
    made = made.copy()
    wrong, odd = np.zeros((2, frame.length), bool)
    for row, value in zip(rows.tolist(), texts.take(rows).array.to_pylist(), strict=True):
        try:
            time = python(value)
        except ValueError:
            wrong[row] = True
            continue
        if type(time) is dt.date:
            made[row] = (time - EPOCH.date()).days * _DAY
        elif isinstance(time, dt.datetime) and time.tzinfo is None:
            made[row] = (time - EPOCH) // dt.timedelta(microseconds=1)
        else:
            odd[row] = True
    frame.fail(wrong, ValueError)
    frame.require(~odd)
    return made


def is_time(kind: object) -> bool:
    """Return whether a kind is that of naive datetimes or of dates."""
    return kind in (DATETIME, DATE)


def _there(time: Expr, frame: Frame) -> Any:
    """Return the column of a time. Rows with None raise AttributeError."""
    column = spread_out(time.kind, time.carry(frame), frame.length)
    if column.null_count:
        frame.fail(as_numpy(column.is_null()), AttributeError)
        column = column.fill_null(0)
    return column


def field_of(time: Expr, name: str) -> Expr:
    """Return `time.year`, `time.hour`, …"""
    if name not in _FIELDS or (time.kind == DATE and name not in _OF_DATES):
        raise Untranslatable(f"the attribute {name} of a date or time")
    return Expr(int, lambda frame: as_numpy(_FIELDS[name](_there(time, frame))).astype(np.int64))


def method(time: Expr, name: str, arguments: list[object]) -> Expr:
    """Return `time.name(*arguments)`, for constant arguments."""
    if name in ("weekday", "isoweekday") and not arguments:
        first = 1 if name == "isoweekday" else 0
        return Expr(int, lambda frame: as_numpy(pc.day_of_week(_there(time, frame))).astype(np.int64) + first)
    if name == "date" and not arguments and time.kind == DATETIME:
        return Expr(DATE, lambda frame: _there(time, frame).cast(pa.date32(), safe=False))
    if name == "isoformat" and not arguments:
        return _iso(time)
    if name == "strftime" and len(arguments) == 1 and isinstance(arguments[0], str):
        return _spelled(time, arguments[0])
    raise Untranslatable(f"the method {name} of a date or time")


def _iso(time: Expr) -> Expr:
    made = _spelled(time, "%Y-%m-%d" if time.kind == DATE else "%Y-%m-%dT%H:%M:%S", fills_years=True)
    if time.kind == DATE:
        return made

    def run(frame: Frame) -> Any:
        column = _there(time, frame)
        parts = as_numpy(column.cast(pa.int64())) % _SECOND
        return mended(made.run(frame), parts != 0, lambda row: column[row].as_py().isoformat())

    return Expr(str, run)


def _spelled(time: Expr, pattern: str, *, fills_years: bool = False) -> Expr:
    pieces = re.findall(r"%(.)|([^%]+)", pattern, re.DOTALL)
    if sum(2 if letter else len(literal) for letter, literal in pieces) != len(pattern) or not pattern:
        raise Untranslatable(f"strftime with the format {pattern!r}")
    if {letter for letter, _ in pieces} - {*_SPELLED, "%", ""} or "\0" in pattern or not pattern.isascii():
        raise Untranslatable(f"strftime with the format {pattern!r}")

    def run(frame: Frame) -> Any:
        column = _there(time, frame)
        texts = []
        for letter, literal in pieces:
            if letter in _SPELLED and (time.kind == DATETIME or _SPELLED[letter] in _OF_DATES):
                number = _FIELDS[_SPELLED[letter]](column).cast(pa.large_string())
                texts.append(pc.utf8_lpad(number, _WIDTHS[letter], padding="0"))
            else:  # a date has no hours
                texts.append(pa.scalar(literal or ("%" if letter == "%" else "00"), pa.large_string()))
        if not any(isinstance(each, pa.Array) for each in texts):
            texts[0] = pa.repeat(texts[0], frame.length)
        made = pc.binary_join_element_wise(*texts, pa.scalar("", pa.large_string()))
        if fills_years or not any(letter == "Y" for letter, _ in pieces):
            return made
        early = as_numpy(pc.less(pc.year(column), _LEAST_YEAR))
        return mended(made, early, lambda row: column[row].as_py().strftime(pattern))

    return Expr(str, run)
