"""Values that stand in several rows: each row has its own, so that a function may change one without the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from glowray.rows import pickling

_ATOMS = frozenset({type(None), bool, int, float, complex, str, bytes})


def are_fixed(values: Iterable[Any]) -> bool:
    """Whether nobody can change any of these values: numbers, text, and tuples of such."""
    return all(kind in _ATOMS for kind in set(map(type, values))) or all(map(_is_fixed, values))


def copier(value: Any) -> Callable[[], Any]:
    """A function that gives copies of `value` as it is now; `value` itself where nobody can change it."""
    if _is_fixed(value):
        return lambda: value
    data = pickling.dumps(value)
    return lambda: pickling.loads(data)


def _is_fixed(value: Any) -> bool:
    return type(value) in _ATOMS or (type(value) is tuple and are_fixed(value))
