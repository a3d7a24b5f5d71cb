"""How the values of a key become one value."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from glowray.functions.captures import reading_error
from glowray.functions.function import Function
from glowray.rows.objects.static_attributes import class_name

IMMUTABLE = (int, float, complex, str, bytes, bool, type(None), frozenset)


@dataclass(frozen=True, slots=True)
class Zero:
    """The start of an accumulator: every use gets a copy of its own."""

    value: Any

    @classmethod
    def of(cls, verb: str, value: Any) -> Zero:
        """Take a start in at a verb; raise TypeError if it cannot be pickled and unpickled."""
        error = reading_error(value)
        if error is None:
            return cls(value)
        kind = class_name(type(value))
        raise TypeError(f"{verb}(): zero ({kind}) cannot be sent to workers: {error}; make it in add()") from error

    def fresh(self) -> Any:
        """Return a start that may be changed."""
        return self.copier()()

    @property
    def is_fixed(self) -> bool:
        """Whether nobody can change the value, so that all uses may share it."""
        return _is_fixed(self.value)

    def copier(self) -> Callable[[], Any]:
        """Return a function that gives a start at each call: the same one if nobody can change it."""
        value = self.value
        return (lambda: value) if self.is_fixed else partial(copy.deepcopy, value)


def _is_fixed(value: Any) -> bool:
    return isinstance(value, IMMUTABLE) or (type(value) is tuple and all(map(_is_fixed, value)))


@dataclass(frozen=True, slots=True)
class Combiner:
    """How a key's values become one: the first as it is or added to a zero, the next by `add`, partials by `merge`."""

    add: Function
    merge: Function
    zero: Zero | None = None
