"""Copies of a value that goes into several rows. A function may then change one row without the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from glowray.rows.objects import pickling

_ATOMS = frozenset({type(None), bool, int, float, complex, str, bytes})


def are_fixed(values: Iterable[Any]) -> bool:
    """Return whether all values are immutable: None, numbers, text, bytes, and tuples of these."""
    return all(kind in _ATOMS for kind in set(map(type, values))) or all(map(_is_fixed, values))


def copier(value: Any) -> Callable[[], Any]:
    """Return a function that returns a copy of `value` as it is now. An immutable value is returned itself."""
    if _is_fixed(value):
        return lambda: value
    data = pickling.dumps(value)
    return lambda: pickling.loads(data)


def _is_fixed(value: Any) -> bool:
    return type(value) in _ATOMS or (type(value) is tuple and are_fixed(value))
