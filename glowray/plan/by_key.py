"""The nodes of the logical plan that bring equal keys together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

from glowray.functions import Function
from glowray.functions.combiner import Combiner
from glowray.functions.pairing import Pairing
from glowray.plan.derived import derived
from glowray.plan.nodes import Node, Wide
from glowray.plan.placement import common_partitions, first_side_stays


@dataclass(frozen=True, eq=False, repr=False)
class CombineByKey(Wide):
    """reduce_by_key and similar verbs. Rules decide whether it combines before the shuffle, and whether it shuffles."""

    combiner: Combiner
    label: str
    pairing: Pairing | None = None
    combine_first: bool = False
    shuffle: bool = True

    @property
    def detail(self) -> str:
        return self.label

    @derived
    def key_partitions(self) -> int | None:
        return self.num_partitions


@dataclass(frozen=True, eq=False, repr=False)
class GroupByKey(Wide):
    """(key, values)"""

    pairing: Pairing | None = None
    shuffle: bool = True

    @derived
    def key_partitions(self) -> int | None:
        return self.num_partitions


@dataclass(frozen=True, eq=False, repr=False)
class Meeting(Node):
    """Several sides of keyed rows, whose equal keys meet. `shuffles` says for each side whether it must be shuffled."""

    sides: tuple[Node, ...]
    name: str
    shuffles: tuple[bool, ...]

    @property
    def verb(self) -> str:
        return self.name

    @property
    def children(self) -> tuple[Node, ...]:
        return self.sides

    def _over(self, children: Sequence[Node]) -> Self:
        return replace(self, sides=tuple(children))

    @property
    def may_grow(self) -> bool:
        return True

    @derived
    def num_partitions(self) -> int:
        return common_partitions(self.sides)

    @derived
    def key_partitions(self) -> int | None:
        return self.num_partitions


@dataclass(frozen=True, eq=False, repr=False)
class CoGroup(Meeting):
    """Gives one row `(key, (values of side 1, values of side 2, …))` for each key."""


@dataclass(frozen=True, eq=False, repr=False)
class Join(Meeting):
    """Gives rows `(key, (value of side 1, value of side 2, …))`, or rows of the first side, as `how` says.

    Args:
        how: "inner", "left", …
        keeps_rows: whether the join gives rows of the first side, unchanged.
        stays: whether the first side's rows stay in their partitions. Each partition reads the other sides whole.
        is_step: whether the tasks that make the first side's rows also join them. A rule sets it.
        pairings: for each side how the verb made keyed rows of the user's rows, None if the user made them.

    Equal keys may look different (1 and 1.0). A row shows the key that comes first in partition order. So with `stays`
    and without `keeps_rows`, the first side ends a stage: the types of its keys then say if that key must be looked up.
    """

    how: str
    keeps_rows: bool
    stays: bool
    is_step: bool = False
    pairings: tuple[Pairing | None, ...] = ()

    @classmethod
    def of(
        cls, sides: tuple[Node, ...], verb: str, how: str, *, keeps_rows: bool, pairings: Sequence[Pairing | None]
    ) -> Join:
        """Return the join of some sides. Decide where its rows will be."""
        stays = first_side_stays(sides, how, keeps_rows=keeps_rows)
        return cls(sides, verb, (True,) * len(sides), how, keeps_rows, stays, pairings=tuple(pairings))

    @property
    def detail(self) -> str:
        return self.how if self.name == "join" else ""

    @property
    def may_grow(self) -> bool:
        return not self.keeps_rows

    @derived
    def key_partitions(self) -> int | None:
        return None if self.stays else self.num_partitions


@dataclass(frozen=True, eq=False, repr=False)
class PartitionByKey(Wide):
    """Equal keys in one of `count` partitions. If there is a `sort_key`, it orders the rows of each partition."""

    count: int
    sort_key: Function | None = None
    shuffle: bool = True

    @property
    def detail(self) -> str:
        return str(self.count) if self.sort_key is None else f"{self.count}, sort"

    @derived
    def num_partitions(self) -> int:
        return self.count

    @derived
    def key_partitions(self) -> int | None:
        return self.count
