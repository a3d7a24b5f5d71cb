"""The nodes of a plan. A node knows its children, its number of partitions, and how its rows are partitioned by key."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

from glowray.functions import Function
from glowray.functions.combiner import Zero
from glowray.io.reader import Reader
from glowray.plan.derived import derived
from glowray.plan.operator import Operator
from glowray.plan.walk import walk
from glowray.resources import NO_NEEDS, Resources


@dataclass(frozen=True, eq=False, repr=False)
class Node:
    """One verb of the plan."""

    @property
    def children(self) -> tuple[Node, ...]:
        """The nodes that it reads in a run."""
        return ()

    @property
    def origins(self) -> tuple[Node, ...]:
        """The nodes that its rows come from. Unlike `children`, they include nodes whose rows a cache already holds."""
        return self.children

    def rebuild(self, children: Sequence[Node]) -> Self:
        """Return a copy of this node with other children, or the node itself if they are the same."""
        if all(new is old for new, old in zip(children, self.children, strict=True)):
            return self
        return self._over(children)

    def _over(self, children: Sequence[Node]) -> Self:
        raise TypeError(f"{type(self).__name__} has no children")

    def walk(self) -> Iterator[Node]:
        """Yield all nodes of the plan that ends here. Each comes once, after its children."""
        return walk([self])

    @property
    def own_bytes(self) -> int | None:
        """The bytes that this node itself reads, None if unknown."""
        return 0

    @property
    def may_grow(self) -> bool:
        """Whether it may give many more rows than its children."""
        return False

    @property
    def verb(self) -> str:
        raise TypeError(f"{type(self).__name__} has no verb")

    @property
    def detail(self) -> str:
        """The text in parentheses after the verb in explain()."""
        return ""

    @derived
    def num_partitions(self) -> int:
        return self.children[0].num_partitions

    @derived
    def key_partitions(self) -> int | None:
        """n if equal keys of these keyed rows surely share one of n partitions, else None."""
        return None

    @derived
    def known_bytes(self) -> int | None:
        """The bytes that are read for these rows. None if unknown, or if one row may become many.

        Bytes that several origins read count once for each origin, because each gives the rows again.
        """
        sizes = [self.own_bytes, *(origin.known_bytes for origin in self.origins)]
        return None if self.may_grow or None in sizes else sum(size for size in sizes if size is not None)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.verb}({self.detail})>"


@dataclass(frozen=True, eq=False, repr=False)
class Read(Node):
    """The rows of a reader."""

    reader: Reader
    name: str
    function: Function | None = None  # the user's function that makes the rows, if there is one
    on_error: str = "raise"  # for rows that the reader cannot parse

    @property
    def verb(self) -> str:
        return self.name

    @property
    def detail(self) -> str:
        return self.reader.label.removeprefix(self.name).removeprefix("(").removesuffix(")")

    @derived
    def num_partitions(self) -> int:
        return self.reader.num_partitions

    @property
    def own_bytes(self) -> int | None:
        return self.reader.estimated_bytes


@dataclass(frozen=True, eq=False, repr=False)
class Unary(Node):
    """A node that reads one other."""

    input: Node

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.input,)

    def _over(self, children: Sequence[Node]) -> Self:
        (child,) = children
        return replace(self, input=child)


@dataclass(frozen=True, eq=False, repr=False)
class Narrow(Unary):
    """A step on the rows of each partition. Rows stay in their partitions."""

    step: Operator
    resources: Resources = NO_NEEDS

    @property
    def verb(self) -> str:
        return self.step.verb

    @property
    def may_grow(self) -> bool:
        return self.step.may_grow

    @property
    def detail(self) -> str:
        return "" if self.step.label == self.step.verb else self.step.label

    @derived
    def key_partitions(self) -> int | None:
        return self.input.key_partitions if self.step.keeps_keys else None


@dataclass(frozen=True, eq=False, repr=False)
class Wide(Unary):
    """A node that may move rows between partitions."""

    name: str

    @property
    def verb(self) -> str:
        return self.name


@dataclass(frozen=True, eq=False, repr=False)
class Repartition(Wide):
    """The same rows in the same order, in `count` slices of even length."""

    count: int

    @property
    def detail(self) -> str:
        return str(self.count)

    @derived
    def num_partitions(self) -> int:
        return self.count


def _order_words(function: Function | None, reverse: bool) -> str:
    """Return the arguments of a verb that orders rows."""
    return ", ".join(filter(None, [function.label if function else "", "reverse" if reverse else ""]))


@dataclass(frozen=True, eq=False, repr=False)
class Sort(Wide):
    """Rows in a stable global order. If `is_keyed`, they arrive as (key, row), with the keys of `function`."""

    function: Function | None
    reverse: bool
    is_keyed: bool = False

    @property
    def detail(self) -> str:
        return _order_words(self.function, self.reverse)


@dataclass(frozen=True, eq=False, repr=False)
class Single(Wide):
    """A wide node whose rows end in one partition."""

    @derived
    def num_partitions(self) -> int:
        return 1


@dataclass(frozen=True, eq=False, repr=False)
class Top(Single):
    """The n largest rows, or the smallest if `reverse`. `is_keyed` is as in Sort.

    `of_sort` says that the user asked for the first rows of a sort.
    """

    n: int
    function: Function | None
    reverse: bool
    is_keyed: bool = False
    of_sort: bool = False

    @property
    def detail(self) -> str:
        return ", ".join(filter(None, [str(self.n), _order_words(self.function, self.reverse)]))


@dataclass(frozen=True, eq=False, repr=False)
class Limit(Single):
    """The first n rows."""

    n: int

    @property
    def detail(self) -> str:
        return str(self.n)


@dataclass(frozen=True, eq=False, repr=False)
class Reduce(Single):
    """The rows folded by f. If `local`, each partition is folded already."""

    local: Operator
    function: Function
    zero: Zero | None = None

    @property
    def detail(self) -> str:
        return self.function.label


@dataclass(frozen=True, eq=False, repr=False)
class Gather(Single):
    """All rows in one partition, in partition order, after the given steps."""

    steps: tuple[Operator, ...]


@dataclass(frozen=True, eq=False, repr=False)
class MergeSorted(Single):
    """Sorted partitions, merged into one. `is_keyed` is as in Sort."""

    function: Function | None
    reverse: bool
    is_keyed: bool = False

    @property
    def detail(self) -> str:
        return _order_words(self.function, self.reverse)


@dataclass(frozen=True, eq=False, repr=False)
class Union(Node):
    """The partitions of several datasets, one dataset after the other."""

    parts: tuple[Node, ...]

    @property
    def verb(self) -> str:
        return "union"

    @property
    def children(self) -> tuple[Node, ...]:
        return self.parts

    def _over(self, children: Sequence[Node]) -> Self:
        return replace(self, parts=tuple(children))

    def leaves(self, is_own: Callable[[Node], bool]) -> tuple[Node, ...]:
        """Return the parts in order. A part that is a union is replaced by its own parts if `is_own` allows it."""
        found: list[Node] = []
        waiting = list(reversed(self.parts))
        while waiting:
            part = waiting.pop()
            if isinstance(part, Union) and is_own(part):
                waiting.extend(reversed(part.parts))
            else:
                found.append(part)
        return tuple(found)

    @derived
    def num_partitions(self) -> int:
        return sum(part.num_partitions for part in self.parts)


@dataclass(frozen=True, eq=False, repr=False)
class TwoSided(Node):
    """A node with two sides."""

    left: Node
    right: Node

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.left, self.right)

    def _over(self, children: Sequence[Node]) -> Self:
        left, right = children
        return replace(self, left=left, right=right)


@dataclass(frozen=True, eq=False, repr=False)
class Cartesian(TwoSided):
    """Every pair of rows."""

    @property
    def may_grow(self) -> bool:
        return True

    @property
    def verb(self) -> str:
        return "cartesian"

    @derived
    def num_partitions(self) -> int:
        return self.left.num_partitions * self.right.num_partitions


@dataclass(frozen=True, eq=False, repr=False)
class Zip(TwoSided):
    """Pairs of rows at the same position."""

    @property
    def verb(self) -> str:
        return "zip"


@dataclass(frozen=True, eq=False, repr=False)
class ZipWithIndex(Wide):
    """(row, its position among all rows)"""


@dataclass
class Store:
    """The blocks that a cache keeps between actions: one ref per partition, or None if there are none yet.

    `kind` is the kind of all rows as columns, None if they have none. `identity` is the fingerprint of the stage that
    made them, if it has one.
    """

    refs: list[Any] | None = None
    rows: list[int] = field(default_factory=list)
    kind: Any = None
    identity: str | None = None


@dataclass(frozen=True, eq=False, repr=False)
class Cache(Wide):
    """Rows whose blocks are kept after the first action that makes them."""

    store: Store

    @property
    def origins(self) -> tuple[Node, ...]:
        return (self.input,)

    @property
    def children(self) -> tuple[Node, ...]:
        # Once the rows are kept, the nodes that made them no longer run.
        return () if self.store.refs is not None else (self.input,)

    @derived
    def num_partitions(self) -> int:
        return self.input.num_partitions

    @derived
    def key_partitions(self) -> int | None:
        return self.input.key_partitions
