"""Verbs of several datasets: joins by key, sets of rows, products."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, get_args, overload

from glowray.dataset.base import A, B, Base, K, T_co, U, V, dataset_argument
from glowray.dataset.record_joins import join_records
from glowray.functions import Function
from glowray.kernels.keyed_step import Pairing
from glowray.kernels.steps import Keys, Map
from glowray.plan.by_key import CoGroup, Join
from glowray.plan.nodes import Cartesian, Node, Union, Zip

if TYPE_CHECKING:
    from glowray.dataset.dataset import Dataset

How = Literal["inner", "left", "right", "outer", "semi", "anti"]
HOWS: tuple[How, ...] = get_args(How)
On = str | Sequence[str] | Mapping[str, str]


def same(row: Any) -> Any:
    """The row as its own key."""
    return row


def as_key(row: Any) -> tuple[Any, bool]:
    """The row as the key of a keyed row."""
    return row, True


class JoinVerbs(Base[T_co]):
    """join, co_group, union, subtract, intersection, cartesian, zip."""

    @overload
    def join(
        self: Base[tuple[K, V]], other: Base[tuple[K, A]], /, *, how: Literal["inner"] = "inner"
    ) -> Dataset[tuple[K, tuple[V, A]]]: ...
    @overload
    def join(
        self: Base[tuple[K, V]], other: Base[tuple[K, A]], /, *, how: Literal["left"]
    ) -> Dataset[tuple[K, tuple[V, A | None]]]: ...
    @overload
    def join(
        self: Base[tuple[K, V]], other: Base[tuple[K, A]], /, *, how: Literal["right"]
    ) -> Dataset[tuple[K, tuple[V | None, A]]]: ...
    @overload
    def join(
        self: Base[tuple[K, V]], other: Base[tuple[K, A]], /, *, how: Literal["outer"]
    ) -> Dataset[tuple[K, tuple[V | None, A | None]]]: ...
    @overload
    def join(
        self: Base[tuple[K, V]],
        second: Base[tuple[K, A]],
        third: Base[tuple[K, B]],
        /,
        *,
        how: Literal["inner"] = "inner",
    ) -> Dataset[tuple[K, tuple[V, A, B]]]: ...
    @overload
    def join(
        self: Base[tuple[K, V]], *others: Base[tuple[K, Any]], how: Literal["semi", "anti"]
    ) -> Dataset[tuple[K, V]]: ...
    @overload
    def join(self: Base[tuple[K, Any]], *others: Base[tuple[K, Any]], how: How = "inner") -> Dataset[tuple[K, Any]]: ...
    @overload
    def join(self, other: Base[Any], /, *, on: On, how: How = "inner", suffix: str = "_right") -> Dataset[Any]: ...
    def join(
        self, *others: Base[Any], on: On | None = None, how: How = "inner", suffix: str = "_right"
    ) -> Dataset[Any]:
        """(key, (left, right, …)) for every combination of values of a key; each side is shuffled once.

        Where the other sides are read from a few megabytes every partition gets those whole, and no row of this one
        moves: in semi and anti joins, and in inner and left ones of a side that is not as small itself.

        >>> import glowray as gr
        >>> ages, towns = gr.from_items([("ann", 31), ("bob", 27)]), gr.from_items([("ann", "Oslo")])
        >>> ages.join(towns).collect()
        [('ann', (31, 'Oslo'))]
        >>> sorted(ages.join(towns, how="left").collect())
        [('ann', (31, 'Oslo')), ('bob', (27, None))]

        Records are joined on field names:

        >>> left, right = gr.from_items([{"id": 1, "n": 2}]), gr.from_items([{"id": 1, "n": 3}])
        >>> left.join(right, on="id").collect()
        [{'id': 1, 'n': 2, 'n_right': 3}]

        Args:
            others: the other sides; one of them with `on`.
            on: the names of the fields that make the key: one, a list, or a dict of left to right names. Rows are then
                records: the left's fields, then the right's without those of `on`. None joins None. The fields of an
                absent side, those of that side's first row, are None, while the fields of `on` hold the key.
            suffix: added to a field name of the right that the left has too.
            how: which keys. "inner": those in all sides; "left": of this one; "right": of the last; "outer": of any,
                an absent side gives None. "semi" and "anti" give this side's rows whose key is in every or in none of
                the others.

        Raises:
            ValueError: another `how`.
            TypeError: another side is not a Dataset; at the action, rows that are not keyed.
        """
        _at_least_one("join", others)
        if how not in HOWS:
            raise ValueError(f"join() knows how={', '.join(map(repr, HOWS))}, got {how!r}")
        if on is not None:
            if len(others) != 1:
                raise TypeError(f"join(on=…) takes one other Dataset, got {len(others)}: join one after the other")
            return join_records(self, others[0], on, how, suffix)
        return self._join("join", others, how)

    @overload
    def co_group(
        self: Base[tuple[K, V]], other: Base[tuple[K, A]], /
    ) -> Dataset[tuple[K, tuple[Sequence[V], Sequence[A]]]]: ...
    @overload
    def co_group(
        self: Base[tuple[K, V]], second: Base[tuple[K, A]], third: Base[tuple[K, B]], /
    ) -> Dataset[tuple[K, tuple[Sequence[V], Sequence[A], Sequence[B]]]]: ...
    @overload
    def co_group(
        self: Base[tuple[K, Any]], *others: Base[tuple[K, Any]]
    ) -> Dataset[tuple[K, tuple[Sequence[Any], ...]]]: ...
    def co_group(self, *others: Base[Any]) -> Dataset[Any]:
        """(key, (values here, values there, …)) for the keys of any side; each side is shuffled once.

        >>> import glowray as gr
        >>> left, right = gr.from_items([("a", 1), ("a", 2)]), gr.from_items([("a", "x"), ("b", "y")])
        >>> sorted(left.co_group(right).collect())
        [('a', ([1, 2], ['x'])), ('b', ([], ['y']))]

        Large ones are a `gr.Group` each, as in group_by_key().
        """
        _at_least_one("co_group", others)
        sides = self._sides("co_group", others)
        return self._with(CoGroup(sides, "co_group", (True,) * len(sides)))

    def union(self, *others: Base[U]) -> Dataset[T_co | U]:
        """All rows of this dataset, then those of the others, duplicates kept. No data moves.

        >>> import glowray as gr
        >>> gr.from_items([1, 2]).union(gr.from_items([2])).collect()
        [1, 2, 2]
        """
        parts = (self._node, *(dataset_argument("union", other)._node for other in others))
        return self._with(Union(parts))

    def subtract(self, other: Base[Any]) -> Dataset[T_co]:
        """The rows that the other does not have, duplicates kept; one shuffle of each side, none if the other is small.

        >>> import glowray as gr
        >>> sorted(gr.from_items([1, 2, 2, 3]).subtract(gr.from_items([3])).collect())
        [1, 2, 2]
        """
        return self._matching("subtract", other, "anti")

    def intersection(self, other: Base[Any]) -> Dataset[T_co]:
        """The distinct rows that both have; shuffles both sides.

        >>> import glowray as gr
        >>> sorted(gr.from_items([1, 2, 2, 3]).intersection(gr.from_items([2, 3, 4])).collect())
        [2, 3]
        """
        return self._matching("intersection", other, "semi").distinct()

    def cartesian(self, other: Base[U]) -> Dataset[tuple[T_co, U]]:
        """(row, other row) for every pair; every partition meets every other.

        >>> import glowray as gr
        >>> gr.from_items("ab").cartesian(gr.from_range(2)).count()
        4
        """
        return self._with(Cartesian(self._node, dataset_argument("cartesian", other)._node))

    def zip(self, other: Base[U]) -> Dataset[tuple[T_co, U]]:
        """(row, the other's row at the same place); the other's rows move to this one's partitions.

        >>> import glowray as gr
        >>> gr.from_items("ab").zip(gr.from_range(2)).collect()
        [('a', 0), ('b', 1)]

        Raises:
            ValueError: at the action, if one is longer than the other.
        """
        return self._with(Zip(self._node, dataset_argument("zip", other)._node))

    def _join(
        self, verb: str, others: tuple[Base[Any], ...], how: How, pairing: Pairing | None = None
    ) -> Dataset[Any]:  # fmt: skip
        sides = self._sides(verb, others)
        return self._with(Join(sides, verb, (True,) * len(sides), how, pairing))

    def _sides(self, verb: str, others: tuple[Base[Any], ...]) -> tuple[Node, ...]:
        return (self._node, *(dataset_argument(verb, other)._node for other in others))

    def _matching(self, verb: str, other: Base[Any], how: How) -> Dataset[Any]:
        keyed = Map(verb, verb, Function.of(as_key, verb))
        other_keyed = dataset_argument(verb, other)._step(keyed)
        return self._step(keyed)._join(verb, (other_keyed,), how, Pairing(0))._step(Keys(verb, verb))


def _at_least_one(verb: str, others: tuple[Base[Any], ...]) -> None:
    if not others:
        raise TypeError(f"{verb}() needs at least one other Dataset")
