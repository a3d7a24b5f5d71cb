"""Types of CSV columns: given by the user, or inferred from the whole input."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from glowray.io.csv.records import Record

Convert = Callable[[str], Any]
Places = list[tuple[int, Convert, str]]

_INT = re.compile(r"0|-?[1-9][0-9]{0,4000}")  # int() refuses more than 4,300 digits
_TRUTHS = {"true": True, "false": False, "1": True, "0": False}


def _bool(text: str) -> bool:
    """Return the truth that a text names. Python's bool("false") is True, which no user means."""
    try:
        return _TRUTHS[text.lower()]
    except KeyError:
        raise ValueError(f"neither true nor false: {text!r}") from None


_CONVERSIONS: dict[Any, Convert] = {
    bool: _bool,
    dt.date: dt.date.fromisoformat,
    dt.datetime: dt.datetime.fromisoformat,
    dt.time: dt.time.fromisoformat,
}


def conversions(types: Mapping[str, Callable[[str], Any]]) -> dict[str, Convert]:
    """Return for each column the function that makes a value of a text.

    >>> conversions({"seen": bool})["seen"]("false")
    False

    A type or function is called with the text. Exceptions: bool takes true, false, 1 and 0. date, time and datetime
    take their ISO formats. Raises TypeError for a type that is not callable.
    """
    for name, convert in types.items():
        if not isinstance(name, str) or not callable(convert):
            raise TypeError(f"types= maps column names to types or functions of a str, not {name!r} to {convert!r}")
    return {name: _CONVERSIONS.get(convert, convert) for name, convert in types.items()}


def is_pure(convert: Convert) -> bool:
    """Return whether a conversion is one of those above, which give equal values for equal texts."""
    return convert in _CONVERSIONS.values()


def type_of(convert: Convert) -> type | None:
    """Return the exact type of a conversion's values if it is str, int, float or bool, else None."""
    if convert is _bool:
        return bool
    return convert if convert in (str, int, float) and isinstance(convert, type) else None


@dataclass(frozen=True, slots=True)
class RefusedField:
    """A field that its type refuses: the place of its record among the records, its column, and the error."""

    place: int
    column: str
    error: Exception


def convert_records(
    records: list[Record], names: Sequence[str], converts: Mapping[str, Convert]
) -> Iterator[list[list[Any]] | RefusedField]:
    """Yield the records with their columns converted, in lists, and between the lists the records that are refused.

    >>> list(convert_records([["1"], ["x"], ["2"]], ["a"], {"a": int}))
    [[[1]], RefusedField(place=1, column='a', error=ValueError("invalid literal for int() with base 10: 'x'")), [[2]]]
    """
    places = [(place, converts[name], name) for place, name in enumerate(names) if name in converts]
    converted: list[list[Any]] | None = None
    with suppress(Exception):
        converted = _convert_columns(records, places)
    if converted is None:  # Once more record by record, which finds the records that fail.
        yield from _convert_each(records, places)
    else:
        yield converted


def _convert_columns(records: list[Record], places: Places) -> list[list[Any]]:
    rows: list[list[Any]] = list(map(list, records))
    for place, convert, _ in places:
        for row in rows:
            if place < len(row) and row[place] is not None:
                row[place] = convert(row[place])
    return rows


def _convert_each(records: list[Record], places: Places) -> Iterator[list[list[Any]] | RefusedField]:
    converted: list[list[Any]] = []
    for number, record in enumerate(records):
        row = _converted(number, record, places)
        if not isinstance(row, RefusedField):
            converted.append(row)
            continue
        if converted:
            yield converted
        yield row
        converted = []
    if converted:
        yield converted


def _converted(number: int, record: Record, places: Places) -> list[Any] | RefusedField:
    row: list[Any] = list(record)
    for place, convert, name in places:
        if place < len(row) and row[place] is not None:
            try:
                row[place] = convert(row[place])
            except Exception as error:
                return RefusedField(number, name, error)
    return row


def _is_int(text: str) -> bool:
    return _INT.fullmatch(text) is not None


def _is_float(text: str) -> bool:
    try:
        return repr(float(text)) == text
    except ValueError:
        return False


def _is_bool(text: str) -> bool:
    return text in ("True", "False")


_KINDS: dict[Any, Callable[[str], bool]] = {int: _is_int, float: _is_float, bool: _is_bool}


def infer_types(batches: Iterable[tuple[Sequence[str], list[Record]]]) -> dict[str, Any]:
    """Return int, float or bool for each column whose values of that type would all be written as the same text.

    Columns that have no value, or to which no type applies, are left out.

    >>> infer_types([(["n", "zip", "x"], [["1", "02139", "1.5"], ["-20", "10001", None]])])
    {'n': <class 'int'>, 'x': <class 'float'>}
    """
    possible: dict[str, list[Any]] = {}
    seen: set[str] = set()
    for names, records in batches:
        for place, name in enumerate(names):
            left = possible.setdefault(name, list(_KINDS))
            values = _values(records, place) if left else set()
            if values:
                seen.add(name)
                left[:] = [kind for kind in left if all(map(_KINDS[kind], values))]
    return {name: kinds[0] for name, kinds in possible.items() if kinds and name in seen}


def _values(records: list[Record], place: int) -> set[str]:
    """Return the different values of a column, without None."""
    return {value for record in records if place < len(record) and (value := record[place]) is not None}
