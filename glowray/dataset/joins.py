"""Verbs of several datasets: joins by key, sets of rows, products."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, overload

from glowray.dataset.base import A, B, Base, K, T_co, U, V, dataset_argument
from glowray.functions import Function
from glowray.kernels.copies import are_fixed, copier
from glowray.kernels.keyed import keyed_row
from glowray.kernels.steps import FlatMap, KeyBy, KeyRow, Values
from glowray.plan.nodes import Cartesian, CoGroup, Union, Zip

if TYPE_CHECKING:
    from glowray.dataset.dataset import Dataset

How = Literal["inner", "left", "right", "outer", "semi", "anti"]
Groups = tuple[Any, tuple[list[Any], ...]]


def product(absent: tuple[bool, ...], row: Groups) -> Iterable[tuple[Any, tuple[Any, ...]]]:
    """The rows of a join for one key; a side that may be absent stands in as one None."""
    key, sides = row
    filled = [side or [None] if may else side for side, may in zip(sides, absent, strict=True)]
    if math.prod(map(len, filled)) == 1 or all(map(are_fixed, filled)):
        return ((key, values) for values in itertools.product(*filled))
    copiers = [[copier(value) for value in side] for side in filled]
    return ((key, tuple(own() for own in values)) for values in itertools.product(*copiers))


def right_product(absent: tuple[bool, ...], row: Groups) -> Iterable[tuple[Any, tuple[Any, ...]]]:
    """As product(), for keys of the last side only."""
    return product(absent, row) if row[1][-1] else ()


def own_rows(every: bool, row: Groups) -> Iterable[tuple[Any, Any]]:
    """The first side's rows, if the key is in every (semi) or none (anti) of the others."""
    key, (own, *others) = row
    keep = all(others) if every else not any(others)
    return [(key, value) for value in own] if keep else ()


def same(row: Any) -> Any:
    """The row as its own key."""
    return row


def with_row(row: Any) -> tuple[Any, Any]:
    """The key of a keyed row, and the row."""
    return keyed_row(row, "join")[0], row


def _matcher(how: str, sides: int) -> Callable[[Groups], Iterable[Any]]:
    one, rest = (False,), (True,) * (sides - 1)
    matchers: dict[str, Callable[[Groups], Iterable[Any]]] = {
        "inner": partial(product, (False,) * sides),
        "left": partial(product, one + rest),
        "right": partial(right_product, rest + one),
        "outer": partial(product, (True,) * sides),
        "semi": partial(own_rows, True),
        "anti": partial(own_rows, False),
    }
    if how not in matchers:
        raise ValueError(f"join() knows how={', '.join(map(repr, matchers))}, got {how!r}")
    return matchers[how]


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
    def join(self, *others: Base[Any], how: How = "inner") -> Dataset[Any]:
        """(key, (left, right, …)) for every combination of values of a key; each side is shuffled once.

        >>> import glowray as gr
        >>> ages, towns = gr.from_items([("ann", 31), ("bob", 27)]), gr.from_items([("ann", "Oslo")])
        >>> ages.join(towns).collect()
        [('ann', (31, 'Oslo'))]
        >>> sorted(ages.join(towns, how="left").collect())
        [('ann', (31, 'Oslo')), ('bob', (27, None))]

        Args:
            others: the other sides.
            how: which keys. "inner": those in all sides; "left": of this one; "right": of the last; "outer": of any,
                an absent side gives None. "semi" and "anti" give this side's rows whose key is in every or in none of
                the others.

        Raises:
            ValueError: another `how`.
            TypeError: another side is not a Dataset; at the action, rows that are not keyed.
        """
        _at_least_one("join", others)
        matcher = _matcher(how, len(others) + 1)
        if how not in ("semi", "anti"):
            return self._co_group("join", others)._flat_map("join", how, matcher)
        # Rows come out as they are: their own key, and not the first that is equal to it.
        rows = self._step(KeyRow("join", "join", Function.of(with_row, "join")))
        return rows._co_group("join", others)._flat_map("join", how, matcher)._step(Values("join", "join"))

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
        """
        _at_least_one("co_group", others)
        return self._co_group("co_group", others)

    def union(self, *others: Base[U]) -> Dataset[T_co | U]:
        """All rows of this dataset, then those of the others, duplicates kept. No data moves.

        >>> import glowray as gr
        >>> gr.from_items([1, 2]).union(gr.from_items([2])).collect()
        [1, 2, 2]
        """
        parts = (self._node, *(dataset_argument("union", other)._node for other in others))
        return self._with(Union(parts))

    def subtract(self, other: Base[Any]) -> Dataset[T_co]:
        """The rows that the other does not have, duplicates kept; one shuffle of each side.

        >>> import glowray as gr
        >>> sorted(gr.from_items([1, 2, 2, 3]).subtract(gr.from_items([3])).collect())
        [1, 2, 2]
        """
        return self._matching("subtract", other, every=False)

    def intersection(self, other: Base[Any]) -> Dataset[T_co]:
        """The distinct rows that both have; shuffles both sides.

        >>> import glowray as gr
        >>> sorted(gr.from_items([1, 2, 2, 3]).intersection(gr.from_items([2, 3, 4])).collect())
        [2, 3]
        """
        return self._as_dataset()._matching("intersection", other, every=True).distinct()

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

    def _co_group(self, verb: str, others: tuple[Base[Any], ...]) -> Dataset[Any]:
        sides = (self._node, *(dataset_argument(verb, other)._node for other in others))
        return self._with(CoGroup(sides, verb, (True,) * len(sides)))

    def _flat_map(self, verb: str, label: str, f: Callable[[Any], Iterable[Any]]) -> Dataset[Any]:
        return self._step(FlatMap(verb, label, Function.of(f, verb, name=label)))

    def _matching(self, verb: str, other: Base[Any], every: bool) -> Dataset[Any]:
        whole = KeyBy(verb, verb, Function.of(same, verb))
        sides = self._step(whole), dataset_argument(verb, other)._step(whole)
        label = "in both" if every else "not in other"
        matched = sides[0]._co_group(verb, (sides[1],))._flat_map(verb, label, partial(own_rows, every))
        return matched._step(Values(verb, verb))

    def _as_dataset(self) -> Dataset[T_co]:
        return self._with(self._node)


def _at_least_one(verb: str, others: tuple[Base[Any], ...]) -> None:
    if not others:
        raise TypeError(f"{verb}() needs at least one other Dataset")
