"""The nodes of the logical plan that bring equal keys together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

from glowray.kernels.combine import Combiner
from glowray.kernels.join import ROWS_ALONE
from glowray.kernels.keyed_step import Pairing
from glowray.plan.derived import derived
from glowray.plan.nodes import Node, Wide
from glowray.plan.size import is_small


@dataclass(frozen=True, eq=False, repr=False)
class CombineByKey(Wide):
    """reduce_by_key and its kin; the rules set whether it combines before the shuffle, and whether it shuffles."""

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
    """Several sides of keyed rows, of which equal keys meet; `shuffles` says which sides have to move for that."""

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
        # A side that is partitioned by key sets the count: then it can stay where it is.
        settled = [side.key_partitions for side in self.sides if side.key_partitions is not None]
        return max(settled) if settled else max(side.num_partitions for side in self.sides)

    @derived
    def key_partitions(self) -> int | None:
        return self.num_partitions


@dataclass(frozen=True, eq=False, repr=False)
class CoGroup(Meeting):
    """(key, (values of each side, …))"""


@dataclass(frozen=True, eq=False, repr=False)
class Join(Meeting):
    """(key, (a value of each side, …)), or rows of the first side, as `how` says."""

    how: str
    pairing: Pairing | None = None

    @property
    def detail(self) -> str:
        return self.how if self.name == "join" else ""

    @property
    def keeps_rows(self) -> bool:
        """Whether its rows are the first side's, some of them, as they are."""
        return self.how in ROWS_ALONE

    @property
    def may_grow(self) -> bool:
        return not self.keeps_rows

    @cached_property
    def in_place(self) -> bool:
        """Whether the first side's rows stay where they are, and each of its partitions gets the other sides whole.

        Where rows are not kept as they are the first side ends a stage all the same: the key that stands for its equals
        is the first of all partitions, and types of keys, which tell whether that has to be looked for, are known then.
        Of a side that is small itself the rows rather meet their equals, for verbs by key that may come.
        """
        first, *others = self.sides
        is_widest = first.key_partitions is None and first.num_partitions == self.num_partitions
        leads = self.keeps_rows or (self.how in ("inner", "left") and is_widest and not is_small(first))
        return leads and is_widest and all(map(is_small, others))

    @derived
    def key_partitions(self) -> int | None:
        return None if self.in_place else self.num_partitions


@dataclass(frozen=True, eq=False, repr=False)
class PartitionByKey(Wide):
    """Equal keys in one of `count` partitions."""

    count: int
    shuffle: bool = True

    @property
    def detail(self) -> str:
        return str(self.count)

    @derived
    def num_partitions(self) -> int:
        return self.count

    @derived
    def key_partitions(self) -> int | None:
        return self.count
