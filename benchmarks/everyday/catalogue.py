"""The catalogue of everyday functions: what each is, which verb takes it, and rows as people have them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

Verb = Literal["map", "filter", "flat_map", "reduce_by_key"]
F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Everyday:
    """A function, the verb that takes it, and its rows."""

    function: Callable[..., Any]
    rows: Sequence[Any]
    verb: Verb

    @property
    def name(self) -> str:
        return self.function.__name__


EVERYDAY: list[Everyday] = []


def everyday(rows: Sequence[Any], verb: Verb = "map") -> Callable[[F], F]:
    """Add a function to the catalogue."""

    def add(function: F) -> F:
        EVERYDAY.append(Everyday(function, rows, verb))
        return function

    return add
