"""The Python types that an Arrow column holds exactly, each with its conversion and its guard."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from operator import attrgetter
from typing import Any
from uuid import UUID, SafeUUID

import pyarrow as pa

Values = Sequence[Any]

_DECIMAL_DIGITS = 38
_TOO_WIDE = (OverflowError, UnicodeEncodeError, pa.ArrowInvalid)


@dataclass(frozen=True, slots=True)
class ScalarKind:
    """One exact Python type with its Arrow type. Two kinds are equal if their names and Arrow types are.

    `guard(present)` says whether Arrow holds all values exactly; `present` has no None. `to_arrow` and `to_python`
    convert a value if Arrow's own conversion is wrong for the type.
    """

    name: str
    arrow: pa.DataType
    guard: Callable[[Values], bool] | None = field(default=None, compare=False)
    to_arrow: Callable[[Any], Any] | None = field(default=None, compare=False)
    to_python: Callable[[Any], Any] | None = field(default=None, compare=False)

    def __reduce__(self) -> tuple[Any, ...]:
        return _kind_named, (self.name, self.arrow.scale if self.name == "Decimal" else 0)

    def encode(self, values: Values, present: Values) -> pa.Array | None:
        """Return the Arrow column, or None if a value would come back changed. `present` is `values` without None."""
        if self.guard is not None and not self.guard(present):
            return None
        if self.to_arrow is not None:
            convert = self.to_arrow
            values = [None if value is None else convert(value) for value in values]
        try:
            return pa.array(values, self.arrow)
        except _TOO_WIDE:
            return None

    def decode(self, array: pa.Array) -> list[Any]:
        """Return the Python values of a column."""
        values = array.to_pylist()
        if self.to_python is not None:
            convert = self.to_python
            values = [None if value is None else convert(value) for value in values]
        return values  # type: ignore[no-any-return]


def _all_naive(values: Values) -> bool:
    """Return whether all values have no tzinfo and fold=0, as Arrow stores neither."""
    return set(map(attrgetter("tzinfo"), values)) == {None} and not any(map(attrgetter("fold"), values))


def _all_utc(values: Values) -> bool:
    return all(value.tzinfo is dt.UTC for value in values) and not any(map(attrgetter("fold"), values))


def _add_utc(value: dt.datetime) -> dt.datetime:
    return value.replace(tzinfo=dt.UTC)


def _drop_zone(value: dt.datetime) -> dt.datetime:
    return value.replace(tzinfo=None)


def _plain_uuids(values: Values) -> bool:
    return all(value.is_safe is SafeUUID.unknown for value in values)


def _uuid(data: bytes) -> UUID:
    return UUID(bytes=data)


def _one_scale(values: Values) -> bool:
    """Return whether decimal128 holds the values exactly: one exponent, at most 38 digits, and no negative zero."""
    exponents = set()
    for value in values:
        sign, digits, exponent = value.as_tuple()
        if len(digits) > _DECIMAL_DIGITS or (sign and digits == (0,)):
            return False
        exponents.add(exponent)
    return len(exponents) == 1


def decimal_kind(scale: int) -> ScalarKind:
    """Return the kind of Decimals with `scale` digits after the point."""
    return ScalarKind("Decimal", pa.decimal128(_DECIMAL_DIGITS, scale), _one_scale)


NONE = ScalarKind("None", pa.null())
UTC_DATETIME = ScalarKind("datetime[UTC]", pa.timestamp("us"), _all_utc, _drop_zone, _add_utc)

_BY_TYPE: dict[type, ScalarKind] = {
    bool: ScalarKind("bool", pa.bool_()),
    int: ScalarKind("int", pa.int64()),
    float: ScalarKind("float", pa.float64()),
    str: ScalarKind("str", pa.large_string()),
    bytes: ScalarKind("bytes", pa.large_binary()),
    dt.date: ScalarKind("date", pa.date32()),
    dt.datetime: ScalarKind("datetime", pa.timestamp("us"), _all_naive),
    dt.time: ScalarKind("time", pa.time64("us"), _all_naive),
    dt.timedelta: ScalarKind("timedelta", pa.duration("us")),
    UUID: ScalarKind("UUID", pa.binary(16), _plain_uuids, attrgetter("bytes"), _uuid),
}

_BY_NAME = {kind.name: kind for kind in (NONE, UTC_DATETIME, *_BY_TYPE.values())}


def scalar_kind(cls: type, present: Values) -> ScalarKind | None:
    """Return the kind for values of exactly the type `cls`, or None if Arrow has none. `present` is not empty."""
    if cls is Decimal:
        exponent = present[0].as_tuple().exponent
        exact = isinstance(exponent, int) and -_DECIMAL_DIGITS <= exponent <= _DECIMAL_DIGITS
        return decimal_kind(-exponent) if exact else None
    if cls is dt.datetime and present[0].tzinfo is dt.UTC:
        return UTC_DATETIME
    return _BY_TYPE.get(cls)


def _kind_named(name: str, scale: int) -> ScalarKind:
    return decimal_kind(scale) if name == "Decimal" else _BY_NAME[name]
