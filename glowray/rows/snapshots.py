"""Rows as they are now: copies for error messages, made only where a function may change the row itself."""

from __future__ import annotations

import copyreg
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

FIXED: frozenset[type] = frozenset({
    type(None), bool, int, float, complex, str, bytes, date, datetime, time, timedelta, Decimal, UUID, range,
})  # fmt: skip
"""Types whose values nobody can change: a value of one is its own snapshot."""

_HEAP_TYPE = 1 << 9
_Copies = dict[int, tuple[Any, Any]]


def snapshot(value: Any) -> Any:
    """A copy of a row that stays as it is when the row is changed; the row itself where no copy can be had.

    Collections, NumPy arrays and objects of Python classes are copied to any depth, and no code of the user's runs.

    >>> row = {"tags": ["a"]}
    >>> kept = snapshot(row)
    >>> row["tags"].append("b")
    >>> kept
    {'tags': ['a']}
    """
    kind = type(value)
    if kind in FIXED:
        return value
    # Most rows hold nothing but numbers and texts: for these the copy is one call.
    if kind is tuple and FIXED.issuperset(map(type, value)):
        return value
    if kind is list and FIXED.issuperset(map(type, value)):
        return value[:]
    if kind is dict and FIXED.issuperset(map(type, value.values())):
        return value.copy()
    try:
        return _copy(value, {})
    except Exception:  # deeper than Python's stack, or a class that hides its fields: there is no copy
        return value


def _copy(value: Any, copies: _Copies) -> Any:
    kind = type(value)
    if kind in FIXED:
        return value
    if id(value) in copies:
        return copies[id(value)][0]
    copier = _COPIERS.get(kind)
    if copier is not None:
        return copier(value, copies)
    if kind.__module__ == "numpy" and kind.__name__ == "ndarray":
        return _known(value, value.copy(), copies)
    return _object(value, copies) if kind.__flags__ & _HEAP_TYPE and not isinstance(value, type) else value


def _known(value: Any, made: Any, copies: _Copies) -> Any:
    """Remembers the copy of a value, and keeps the value alive as long as its id stands for it."""
    copies[id(value)] = made, value
    return made


def _list(value: Any, copies: _Copies) -> Any:
    made = _known(value, [], copies)
    made.extend(_copy(item, copies) for item in value)
    return made


def _tuple(value: Any, copies: _Copies) -> Any:
    return _known(value, tuple(_copy(item, copies) for item in value), copies)


def _dict(value: Any, copies: _Copies) -> Any:
    made = _known(value, value.copy(), copies)
    for key, item in value.items():
        dict.__setitem__(made, key, _copy(item, copies))
    return made


def _counter(value: Any, copies: _Copies) -> Any:
    made = _known(value, Counter(), copies)
    dict.update(made, value)
    return made


def _deque(value: Any, copies: _Copies) -> Any:
    made = _known(value, deque(maxlen=value.maxlen), copies)
    made.extend(_copy(item, copies) for item in value)
    return made


def _whole(value: Any, copies: _Copies) -> Any:
    """A collection of values that cannot be changed themselves: of sets, and of bytes."""
    return _known(value, value.copy(), copies)


def _object(value: Any, copies: _Copies) -> Any:
    """An object of a Python class: its attributes, in a new object that no constructor has seen."""
    kind = type(value)
    base = next(each for each in kind.__mro__ if not each.__flags__ & _HEAP_TYPE)
    if base is tuple:  # a named tuple
        return _known(value, tuple.__new__(kind, [_copy(item, copies) for item in value]), copies)
    if base is not object:
        return value
    made = _known(value, object.__new__(kind), copies)
    for name, item in _attributes(value, kind):
        object.__setattr__(made, name, _copy(item, copies))
    return made


def _attributes(value: Any, kind: type) -> Iterator[tuple[str, Any]]:
    with suppress(AttributeError):
        yield from object.__getattribute__(value, "__dict__").items()
    for name in copyreg._slotnames(kind):  # type: ignore[attr-defined]
        with suppress(AttributeError):  # a slot that has no value yet
            yield name, object.__getattribute__(value, name)


_COPIERS: dict[type, Callable[[Any, _Copies], Any]] = {
    list: _list,
    tuple: _tuple,
    dict: _dict,
    OrderedDict: _dict,
    defaultdict: _dict,
    Counter: _counter,
    deque: _deque,
    set: _whole,
    bytearray: _whole,
}
