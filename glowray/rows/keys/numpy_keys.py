"""NumPy scalars as keys. Numbers and text compare as Python's do, times by their instant or duration."""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable
from fractions import Fraction
from typing import Any

import numpy as np

from glowray.rows.keys import hash_mixing
from glowray.rows.keys.key_hash import NAN, KeyKind, NotAKey, OneOf, canonical, hash_of

_EPOCH = dt.datetime(1970, 1, 1)
_MONTHS = {"Y": 12, "M": 1}
_ATTOSECONDS = {
    "W": 604_800 * 10**18,
    "D": 86_400 * 10**18,
    "h": 3_600 * 10**18,
    "m": 60 * 10**18,
    "s": 10**18,
    "ms": 10**15,
    "us": 10**12,
    "ns": 10**9,
    "ps": 10**6,
    "fs": 10**3,
    "as": 1,
}


def kind_of(cls: type) -> KeyKind | None:
    """Return the key kind of a NumPy scalar type, or None for a type that cannot be a key (records, objects)."""
    if issubclass(cls, np.datetime64 | np.timedelta64):
        return KeyKind(_time, _time_hash)
    if issubclass(cls, np.bool_ | np.number | np.character):
        return KeyKind(lambda key: canonical(_as_python(key)), lambda key: hash_of(_as_python(key)))
    return None


def _as_python(key: Any) -> Any:
    if isinstance(key, np.clongdouble):
        return _as_python(key.real) if key.imag == 0 else (complex.__name__, _as_python(key.real), _as_python(key.imag))
    if isinstance(key, np.longdouble):
        return Fraction(*key.as_integer_ratio()) if np.isfinite(key) else float(key)
    if isinstance(key, np.bytes_):
        return bytes(key)
    return str(key) if isinstance(key, np.str_) else key.item()


def _time(key: Any) -> Hashable:
    """Return the canonical key of a NumPy time: the equal datetime or timedelta of Python.

    A time that Python cannot hold gives a OneOf. Raises NotAKey for a time without a known unit.
    """
    if np.isnat(key):
        return OneOf(type(key).__name__, NAN)
    unit, count = np.datetime_data(key.dtype)
    moment = isinstance(key, np.datetime64)
    if unit in _MONTHS and moment:
        key, unit, count = key.astype("datetime64[D]"), "D", 1
    ticks = int(key.astype(np.int64)) * count
    if unit in _MONTHS:
        return OneOf("months", ticks * _MONTHS[unit])
    if unit not in _ATTOSECONDS:
        raise NotAKey(key)
    microseconds, rest = divmod(ticks * _ATTOSECONDS[unit], _ATTOSECONDS["us"])
    try:
        if not rest:
            duration = dt.timedelta(microseconds=microseconds)
            return _EPOCH + duration if moment else duration
    except OverflowError:
        pass  # The time is beyond the range of Python's types.
    return OneOf(type(key).__name__, (microseconds, rest))


def _time_hash(key: Any) -> int:
    standing = _time(key)
    if not isinstance(standing, OneOf):
        return hash_of(standing)
    family = hash_mixing.text_hash(str(standing.family))
    return hash_mixing.sequence_hash([family, hash_of(standing.key)], hash_mixing.NUMPY_TIME)
