"""Combiners: how the values of a key become one value."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from glowray.functions.captures import reading_error
from glowray.functions.function import Function
from glowray.rows.objects.snapshots import FIXED
from glowray.rows.objects.static_attributes import class_name

IMMUTABLE = (int, float, complex, str, bytes, bool, type(None), frozenset)


@dataclass(frozen=True, slots=True)
class Zero:
    """The start of an accumulator. Every use gets its own copy, unless the start is immutable."""

    value: Any

    @classmethod
    def of(cls, verb: str, value: Any) -> Zero:
        """Take the start that a verb was given. Raise TypeError if it cannot be pickled and unpickled."""
        error = reading_error(value)
        if error is None:
            return cls(value)
        kind = class_name(type(value))
        raise TypeError(f"{verb}(): zero ({kind}) cannot be sent to workers: {error}; make it in add()") from error

    def fresh(self) -> Any:
        """Return a start that the caller may change without an effect on other uses."""
        return self.copier()()

    @property
    def is_fixed(self) -> bool:
        """Whether the value is immutable, so that all uses may share it."""
        return _is_fixed(self.value)

    def copier(self) -> Callable[[], Any]:
        """Return a function that returns a start at each call, always the same object if the start is immutable."""
        value = self.value
        return (lambda: value) if self.is_fixed else _shallow_copier(value) or partial(copy.deepcopy, value)


def _is_fixed(value: Any) -> bool:
    return isinstance(value, IMMUTABLE) or (type(value) is tuple and all(map(_is_fixed, value)))


def _shallow_copier(value: Any) -> Callable[[], Any] | None:
    """Return a function that copies a list, dict or set of immutable values, or a tuple with such parts.

    Return None for other values. `copy.deepcopy` takes 3 µs for `([], 0)`, which counts if there are many keys.

    >>> _shallow_copier(([], 0))()
    ([], 0)
    """
    if type(value) is not tuple:
        return value.copy if _is_flat(value) else None
    parts = [each for each in value if type(each) not in FIXED]
    if not all(map(_is_flat, parts)) or len(set(map(id, parts))) < len(parts):
        return None
    copiers = [_sharer(each) if type(each) in FIXED else each.copy for each in value]
    return lambda: tuple([copier() for copier in copiers])


def _sharer(value: Any) -> Callable[[], Any]:
    return lambda: value


def _is_flat(value: Any) -> bool:
    """Return whether a value is a plain list, dict or set whose items are immutable."""
    kind = type(value)
    if kind is dict:
        return FIXED.issuperset(map(type, value)) and FIXED.issuperset(map(type, value.values()))
    return kind in (list, set) and FIXED.issuperset(map(type, value))


@dataclass(frozen=True, slots=True)
class Combiner:
    """How a key's values become one.

    The first value is the accumulator, or `add` adds it to the zero. `add` adds the next values, and `merge` joins
    partial results.
    """

    add: Function
    merge: Function
    zero: Zero | None = None
