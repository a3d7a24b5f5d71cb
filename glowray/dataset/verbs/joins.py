"""Verbs of several datasets: joins by key, set operations, products."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, get_args, overload

from glowray.dataset.core.base import A, B, Base, K, T_co, U, V, dataset_argument
from glowray.dataset.verbs.record_joins import join_records
from glowray.functions import Function
from glowray.functions.pairing import Pairing
from glowray.kernels.join.join import ROWS_ALONE
from glowray.kernels.operators.keyed import Keys
from glowray.kernels.operators.map import Map
from glowray.plan.by_key import CoGroup, Join
from glowray.plan.nodes import Cartesian, Node, Union, Zip

if TYPE_CHECKING:
    from glowray.dataset.dataset import Dataset

How = Literal["inner", "left", "right", "outer", "semi", "anti"]
HOWS: tuple[How, ...] = get_args(How)
On = str | Sequence[str] | Mapping[str, str]


def same(row: Any) -> Any:
    """Return the row as its own key."""
    return row


def as_key(row: Any) -> tuple[Any, bool]:
    """Return the row as the key of a keyed row."""
    return row, True


class JoinVerbs(Base[T_co]):
    """The verbs join, co_group, union, subtract, intersection, cartesian and zip."""

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
        """Join keyed rows by key: (key, (left, right, …)) for every combination of values. One shuffle of each side.

        >>> import glowray as gr
        >>> ages, towns = gr.from_items([("ann", 31), ("bob", 27)]), gr.from_items([("ann", "Oslo")])
        >>> ages.join(towns).collect()
        [('ann', (31, 'Oslo'))]
        >>> sorted(ages.join(towns, how="left").collect())
        [('ann', (31, 'Oslo')), ('bob', (27, None))]

        With `on`, records are joined by fields:

        >>> left, right = gr.from_items([{"id": 1, "n": 2}]), gr.from_items([{"id": 1, "n": 3}])
        >>> left.join(right, on="id").collect()
        [{'id': 1, 'n': 2, 'n_right': 3}]

        A record then has the left's fields, then the right's without those in `on`. None joins None. If a side is
        absent, its fields (those of its first row) are None, and the fields in `on` hold the key.

        A side is small if its sources have at most 4 MiB and no step makes many rows of one. This side's rows do not
        move if all other sides are small and have no more partitions. Each of its partitions then gets them whole. That
        holds for "semi" and "anti", and for "inner" and "left" if this side is not small.

        Args:
            others: the other sides, at least one; exactly one with `on`.
            on: a field name, a list of names, or a dict of left to right names; None: the rows are keyed.
            how: which keys to keep. "inner": keys in all sides; "left": keys of this side; "right": keys of the last
                side; "outer": keys in any side. An absent side gives None. "semi" keeps this side's rows, unchanged,
                whose key is in every other side. "anti" keeps those whose key is in none.
            suffix: added to a field name of the right if the left has it too.

        Raises:
            ValueError: there is no such `how`, or a name is twice in `on`. At the action, a name with the suffix
                exists.
            TypeError: another side is not a Dataset, or a name or the suffix is not a str. At the action, a row is not
                a 2-tuple, or a key's type is not allowed.
            KeyError: at the action, a record lacks a field in `on`.
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
        """Collect each key's values, side by side: (key, (values here, values there, …)). One shuffle of each side.

        >>> import glowray as gr
        >>> left, right = gr.from_items([("a", 1), ("a", 2)]), gr.from_items([("a", "x"), ("b", "y")])
        >>> sorted(left.co_group(right).collect())
        [('a', ([1, 2], ['x'])), ('b', ([], ['y']))]

        Keys are those of any side. A large group is a `gr.Group`, as for group_by_key().

        Raises:
            TypeError: as for join().
        """
        _at_least_one("co_group", others)
        sides = self._sides("co_group", others)
        return self._with(CoGroup(sides, "co_group", (True,) * len(sides)))

    def union(self, *others: Base[U]) -> Dataset[T_co | U]:
        """Chain the rows of this dataset and of the others, with duplicates, in order. No data moves.

        >>> import glowray as gr
        >>> gr.from_items([1, 2]).union(gr.from_items([2])).collect()
        [1, 2, 2]

        Raises:
            TypeError: another side is not a Dataset.
        """
        parts = (self._node, *(dataset_argument("union", other)._node for other in others))
        return self._with(Union(parts))

    def subtract(self, other: Base[Any]) -> Dataset[T_co]:
        """Keep the rows that the other dataset does not contain, with duplicates.

        >>> import glowray as gr
        >>> sorted(gr.from_items([1, 2, 2, 3]).subtract(gr.from_items([3])).collect())
        [1, 2, 2]

        One shuffle of each side, or none if the other is small, as for join(how="anti").

        Raises:
            TypeError: `other` is not a Dataset. At the action, a row's type is not allowed as a key.
        """
        return self._matching("subtract", other, "anti")

    def intersection(self, other: Base[Any]) -> Dataset[T_co]:
        """Keep the distinct rows that both datasets contain.

        >>> import glowray as gr
        >>> sorted(gr.from_items([1, 2, 2, 3]).intersection(gr.from_items([2, 3, 4])).collect())
        [2, 3]

        One shuffle of each side, or none if the other is small, as for join(how="semi"); then distinct() of the result.

        Raises:
            TypeError: `other` is not a Dataset. At the action, a row's type is not allowed as a key.
        """
        return self._matching("intersection", other, "semi").distinct()

    def cartesian(self, other: Base[U]) -> Dataset[tuple[T_co, U]]:
        """Pair every row with every row of the other dataset. Each partition meets each partition of the other.

        >>> import glowray as gr
        >>> gr.from_items("ab").cartesian(gr.from_range(2)).count()
        4

        Raises:
            TypeError: `other` is not a Dataset.
        """
        return self._with(Cartesian(self._node, dataset_argument("cartesian", other)._node))

    def zip(self, other: Base[U]) -> Dataset[tuple[T_co, U]]:
        """Pair every row with the other dataset's row at the same position. The other's rows move.

        >>> import glowray as gr
        >>> gr.from_items("ab").zip(gr.from_range(2)).collect()
        [('a', 0), ('b', 1)]

        Raises:
            TypeError: `other` is not a Dataset.
            ValueError: at the action, one dataset has more rows than the other.
        """
        return self._with(Zip(self._node, dataset_argument("zip", other)._node))

    def _join(
        self, verb: str, others: tuple[Base[Any], ...], how: How, pairing: Pairing | None = None
    ) -> Dataset[Any]:  # fmt: skip
        sides = self._sides(verb, others)
        return self._with(Join.of(sides, verb, how, keeps_rows=how in ROWS_ALONE, pairings=[pairing] * len(sides)))

    def _sides(self, verb: str, others: tuple[Base[Any], ...]) -> tuple[Node, ...]:
        return (self._node, *(dataset_argument(verb, other)._node for other in others))

    def _matching(self, verb: str, other: Base[Any], how: How) -> Dataset[Any]:
        keyed = Map(verb, verb, Function.of(as_key, verb), is_part=True)
        other_keyed = dataset_argument(verb, other)._step(keyed)
        return self._step(keyed)._join(verb, (other_keyed,), how, Pairing(0))._step(Keys(verb, verb, is_part=True))


def _at_least_one(verb: str, others: tuple[Base[Any], ...]) -> None:
    if not others:
        raise TypeError(f"{verb}() needs at least one other Dataset")
