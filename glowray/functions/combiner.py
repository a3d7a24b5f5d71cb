"""How the values of a key become one value."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from glowray.functions.function import Function

IMMUTABLE = (int, float, complex, str, bytes, bool, type(None), frozenset)


@dataclass(frozen=True, slots=True)
class Zero:
    """The start of an accumulator: every use gets a copy of its own."""

    value: Any

    def fresh(self) -> Any:
        """A start to be changed at will."""
        return self.copier()()

    def copier(self) -> Callable[[], Any]:
        """Gives a start at each call; one for all where nobody can change it."""
        value = self.value
        return (lambda: value) if _is_fixed(value) else partial(copy.deepcopy, value)


def _is_fixed(value: Any) -> bool:
    return isinstance(value, IMMUTABLE) or (type(value) is tuple and all(map(_is_fixed, value)))


@dataclass(frozen=True, slots=True)
class Combiner:
    """How a key's values become one: the first as it is or added to a zero, the next by `add`, partials by `merge`."""

    add: Function
    merge: Function
    zero: Zero | None = None
