"""Arrays of values that blocks hold pickled although Arrow has a type for them.

Arrow would give these values back as other objects: a NumPy number as a Python number, a time zone as another class.
A table for other readers may hold them.
"""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa


def zoned_datetimes(values: list[Any]) -> pa.Array | None:
    """Return an array of datetimes (or None) of one time zone that Arrow can name.

    Return None if one of them would come back with another wall time.

    >>> zoned_datetimes([dt.datetime(2024, 7, 1, 12, tzinfo=ZoneInfo("Europe/Paris")), None]).type
    TimestampType(timestamp[us, tz=Europe/Paris])
    """
    names = {_zone_name(value.tzinfo) for value in values if value is not None}
    if len(names) != 1 or None in names:
        return None
    try:
        array = pa.array(values, pa.timestamp("us", names.pop()))
        back = array.to_pylist()
    except (pa.ArrowInvalid, OverflowError, ValueError):
        return None
    return array if list(map(_wall, values)) == list(map(_wall, back)) else None


def _wall(value: dt.datetime | None) -> Any:
    """Return (the wall time, fold). `fold` tells apart the two passes through an hour that the clock repeats."""
    return None if value is None else (value.replace(tzinfo=None, fold=0), value.fold)


def _zone_name(zone: dt.tzinfo | None) -> str | None:
    if type(zone) is ZoneInfo:
        return zone.key
    if type(zone) is not dt.timezone:
        return None
    offset = zone.utcoffset(None)
    minutes, rest = divmod(offset, dt.timedelta(minutes=1))
    if rest or zone.tzname(None) != dt.timezone(offset).tzname(None):
        return None
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


def numpy_scalars(values: list[Any]) -> pa.Array | None:
    """Return an array of NumPy numbers or bools of one type (or None), in their own width. Else return None.

    >>> numpy_scalars([np.float32(0.5), None]).type
    DataType(float)
    """
    present = [value for value in values if value is not None]
    first = present[0]
    if not isinstance(first, (np.bool_, np.integer, np.floating)) or first.dtype.itemsize > 8:
        return None
    there = np.array([value is not None for value in values])
    dense = np.zeros(len(values), first.dtype)
    dense[there] = present
    return pa.array(dense, mask=~there)
