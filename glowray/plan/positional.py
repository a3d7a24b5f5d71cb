"""The nodes of the verbs on neighbours and order: reverse, take_while, drop_while and sliding."""

from __future__ import annotations

from dataclasses import dataclass

from glowray.functions import Function
from glowray.plan.derived import derived
from glowray.plan.nodes import Wide
from glowray.resources import NO_NEEDS, Resources


@dataclass(frozen=True, eq=False, repr=False)
class Reverse(Wide):
    """All rows in the opposite order: the last partition becomes the first."""


@dataclass(frozen=True, eq=False, repr=False)
class Bounded(Wide):
    """A node that looks for the first row on which a function is false. It skips the partitions after that row.

    `on_error` says what happens to a row on which the function fails.
    """

    function: Function
    on_error: str
    resources: Resources = NO_NEEDS

    @property
    def detail(self) -> str:
        return self.function.label

    @derived
    def key_partitions(self) -> int | None:
        return self.input.key_partitions


@dataclass(frozen=True, eq=False, repr=False)
class TakeWhile(Bounded):
    """The rows before the first false row, at most `most` of them. None means no limit."""

    most: int | None = None


@dataclass(frozen=True, eq=False, repr=False)
class DropWhile(Bounded):
    """The first false row, and all rows after it."""


@dataclass(frozen=True, eq=False, repr=False)
class Sliding(Wide):
    """Lists of `size` neighbours. The first rows of two consecutive lists are `step` rows apart."""

    size: int
    step: int

    @property
    def detail(self) -> str:
        return str(self.size) if self.step == 1 else f"{self.size}, {self.step}"

    @property
    def may_grow(self) -> bool:
        return self.size > self.step
