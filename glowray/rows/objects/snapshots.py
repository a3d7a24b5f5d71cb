"""Copies of rows as they are now, for error messages. They are made only if a function may change the row itself."""

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
"""Types of immutable values. An immutable value is its own snapshot."""

_HEAP_TYPE = 1 << 9
_Copies = dict[int, tuple[Any, Any]]


def snapshot(value: Any) -> Any:
    """Return a copy of a row that does not change with the row. Return the row itself if it cannot be copied.

    Collections, NumPy arrays and objects of Python classes are copied at any depth. None of the user's code runs.

    >>> row = {"tags": ["a"]}
    >>> kept = snapshot(row)
    >>> row["tags"].append("b")
    >>> kept
    {'tags': ['a']}
    """
    kind = type(value)
    if kind in FIXED:
        return value
    # Most rows hold only numbers and texts. One call copies them.
    if kind is tuple and FIXED.issuperset(map(type, value)):
        return value
    if kind is list and FIXED.issuperset(map(type, value)):
        return value[:]
    if kind is dict and FIXED.issuperset(map(type, value.values())):
        return value.copy()
    try:
        return _copy(value, {})
    except Exception:  # The row nests deeper than Python's stack, or its class hides its fields.
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
    """Record the copy of a value by the value's id. Keep the value alive, so that no other object gets its id."""
    copies[id(value)] = made, value
    return made


def _list(value: Any, copies: _Copies) -> Any:
    if FIXED.issuperset(map(type, value)):
        return _known(value, value[:], copies)
    made = _known(value, [], copies)
    made.extend(_copy(item, copies) for item in value)
    return made


def _tuple(value: Any, copies: _Copies) -> Any:
    if FIXED.issuperset(map(type, value)):
        return value
    return _known(value, tuple(_copy(item, copies) for item in value), copies)


def _dict(value: Any, copies: _Copies) -> Any:
    made = _known(value, value.copy(), copies)
    if FIXED.issuperset(map(type, value.values())):
        return made
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
    """Copy a collection of immutable items: a set or a bytearray."""
    return _known(value, value.copy(), copies)


def _object(value: Any, copies: _Copies) -> Any:
    """Copy an object of a Python class: create it without calling its constructor, then copy its attributes."""
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
        with suppress(AttributeError):  # The slot has no value yet.
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
