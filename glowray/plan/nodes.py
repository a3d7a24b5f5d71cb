"""The nodes of a plan. A node knows its children, its number of partitions, and by what its rows are partitioned."""

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
        """The nodes that it reads when it runs."""
        return ()

    @property
    def origins(self) -> tuple[Node, ...]:
        """The nodes that the rows come from, also where a cache has them already."""
        return self.children

    def rebuild(self, children: Sequence[Node]) -> Self:
        """Return this node over other children: itself if they are the same."""
        if all(new is old for new, old in zip(children, self.children, strict=True)):
            return self
        return self._over(children)

    def _over(self, children: Sequence[Node]) -> Self:
        raise TypeError(f"{type(self).__name__} has no children")

    def walk(self) -> Iterator[Node]:
        """Yield all nodes of the plan that ends here, each once, after its children."""
        return walk([self])

    @property
    def own_bytes(self) -> int | None:
        """The bytes that this node itself reads; None: nobody knows."""
        return 0

    @property
    def may_grow(self) -> bool:
        """Whether there may be many more rows than in the children."""
        return False

    @property
    def verb(self) -> str:
        raise TypeError(f"{type(self).__name__} has no verb")

    @property
    def detail(self) -> str:
        """What stands in parentheses after the verb in explain()."""
        return ""

    @derived
    def num_partitions(self) -> int:
        return self.children[0].num_partitions

    @derived
    def key_partitions(self) -> int | None:
        """n, if equal keys of these keyed rows are known to share one of n partitions; else None."""
        return None

    @derived
    def known_bytes(self) -> int | None:
        """The bytes that are read for these rows; None if nobody knows, or if one row may become many.

        What is read for several origins counts once for each: its rows are there once for each.
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
    function: Function | None = None  # the user's, where the rows come from one
    on_error: str = "raise"  # for rows that the reader cannot make

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
    """A step on the rows of each partition: no row leaves its partition."""

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
    """The arguments of a verb that orders rows."""
    return ", ".join(filter(None, [function.label if function else "", "reverse" if reverse else ""]))


@dataclass(frozen=True, eq=False, repr=False)
class Sort(Wide):
    """Rows in a stable global order; `is_keyed`: they come as (key, row), with the keys that `function` gave."""

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
    """The n largest rows (smallest if `reverse`); `is_keyed` as in Sort.

    `of_sort`: they are the first rows of a sort that the user asked for.
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
    """f over all rows; `local` has been done within each partition."""

    local: Operator
    function: Function
    zero: Zero | None = None

    @property
    def detail(self) -> str:
        return self.function.label


@dataclass(frozen=True, eq=False, repr=False)
class Gather(Single):
    """All rows in one partition, in partition order, through the steps given."""

    steps: tuple[Operator, ...]


@dataclass(frozen=True, eq=False, repr=False)
class MergeSorted(Single):
    """Partitions that are each sorted, merged into one; `is_keyed` as in Sort."""

    function: Function | None
    reverse: bool
    is_keyed: bool = False

    @property
    def detail(self) -> str:
        return _order_words(self.function, self.reverse)


@dataclass(frozen=True, eq=False, repr=False)
class Union(Node):
    """The partitions of one dataset after those of another."""

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
        """Return the parts in order, those of unions among them in the place of each union that is its reader's own."""
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
    """A node of two sides."""

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
    """Rows at the same place, in pairs."""

    @property
    def verb(self) -> str:
        return "zip"


@dataclass(frozen=True, eq=False, repr=False)
class ZipWithIndex(Wide):
    """(row, its position in the whole)"""


@dataclass
class Store:
    """Where cached blocks are kept between actions: one ref a partition, or None while there are none.

    `kind` is that of all rows as columns, where they have one.
    """

    refs: list[Any] | None = None
    rows: list[int] = field(default_factory=list)
    kind: Any = None


@dataclass(frozen=True, eq=False, repr=False)
class Cache(Wide):
    """Rows whose blocks are kept after the first action that makes them."""

    store: Store

    @property
    def origins(self) -> tuple[Node, ...]:
        return (self.input,)

    @property
    def children(self) -> tuple[Node, ...]:
        # What led to rows that are kept is of no interest any more.
        return () if self.store.refs is not None else (self.input,)

    @derived
    def num_partitions(self) -> int:
        return self.input.num_partitions

    @derived
    def key_partitions(self) -> int | None:
        return self.input.key_partitions
