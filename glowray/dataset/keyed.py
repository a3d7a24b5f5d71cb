"""Verbs of keyed rows, 2-tuples (key, value): reduce, aggregate, count and group by key."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Concatenate, Unpack, overload

from glowray.arguments import Bytes
from glowray.dataset.base import A, B, Base, C, D, K, Options, P, StepOptions, T_co, U, V, count_argument
from glowray.dataset.fields import key_argument
from glowray.dataset.joins import same
from glowray.dataset.rowwise import Policy
from glowray.functions import Function
from glowray.kernels.combine import Combiner, Zero
from glowray.kernels.operators.keyed import KeyBy, Keys, Values
from glowray.kernels.operators.map import Map
from glowray.kernels.operators.map_values import FlatMapValues, MapValues
from glowray.plan.by_key import CombineByKey, GroupByKey, PartitionByKey

if TYPE_CHECKING:
    from glowray.dataset.dataset import Dataset
    from glowray.dataset.grouped import Grouped


def first_of(kept: Any, other: Any) -> Any:
    """The combiner of distinct(): what was there first stays."""
    return kept


def count_one(count: int, value: Any) -> int:
    """The combiner of the counts."""
    return count + 1


def counted(row: Any) -> tuple[Any, int]:
    """The row as a key, for counting."""
    return row, 1


class KeyedVerbs(Base[T_co]):
    """map_values to group_by."""

    @overload
    def map_values(
        self: Base[tuple[K, V]], f: Callable[[V], U], **options: Unpack[StepOptions]
    ) -> Dataset[tuple[K, U]]: ...
    @overload
    def map_values(
        self: Base[tuple[K, list[A]]], f: Callable[[A, A], U], **options: Unpack[StepOptions]
    ) -> Dataset[tuple[K, U]]: ...
    @overload
    def map_values(
        self: Base[tuple[K, list[A]]], f: Callable[[A, A, A], U], **options: Unpack[StepOptions]
    ) -> Dataset[tuple[K, U]]: ...
    @overload
    def map_values(
        self: Base[tuple[K, tuple[A, B]]], f: Callable[[A, B], U], **options: Unpack[StepOptions]
    ) -> Dataset[tuple[K, U]]: ...
    @overload
    def map_values(
        self: Base[tuple[K, tuple[A, B, C]]], f: Callable[[A, B, C], U], **options: Unpack[StepOptions]
    ) -> Dataset[tuple[K, U]]: ...
    @overload
    def map_values(
        self: Base[tuple[K, Any]], f: Callable[Concatenate[Any, Any, Any, Any, P], U], **options: Unpack[StepOptions]
    ) -> Dataset[tuple[K, U]]: ...
    def map_values(
        self,
        f: Callable[..., Any],
        *,
        name: str | None = None,
        on_error: Policy = None,
        num_cpus: float | None = None,
        num_gpus: float | None = None,
        memory: Bytes | None = None,
    ) -> Dataset[Any]:
        """(key, f(value)) for every keyed row; keys stay where they are. No data moves.

        >>> import glowray as gr
        >>> gr.from_items([("a", 1), ("b", 2)]).map_values(lambda n: n * 10).collect()
        [('a', 10), ('b', 20)]

        Args:
            f: of the value; with n ≥ 2 required parameters a tuple value is spread over them. Others as for map().
        """
        return self._rowwise(MapValues, "map_values", f, Options(name, on_error, num_cpus, num_gpus, memory))

    @overload
    def flat_map_values(
        self: Base[tuple[K, V]], f: Callable[[V], Iterable[U]], **options: Unpack[StepOptions]
    ) -> Dataset[tuple[K, U]]: ...
    @overload
    def flat_map_values(
        self: Base[tuple[K, list[A]]], f: Callable[[A, A], Iterable[U]], **options: Unpack[StepOptions]
    ) -> Dataset[tuple[K, U]]: ...
    @overload
    def flat_map_values(
        self: Base[tuple[K, list[A]]], f: Callable[[A, A, A], Iterable[U]], **options: Unpack[StepOptions]
    ) -> Dataset[tuple[K, U]]: ...
    @overload
    def flat_map_values(
        self: Base[tuple[K, tuple[A, B]]], f: Callable[[A, B], Iterable[U]], **options: Unpack[StepOptions]
    ) -> Dataset[tuple[K, U]]: ...
    @overload
    def flat_map_values(
        self: Base[tuple[K, tuple[A, B, C]]], f: Callable[[A, B, C], Iterable[U]], **options: Unpack[StepOptions]
    ) -> Dataset[tuple[K, U]]: ...
    @overload
    def flat_map_values(
        self: Base[tuple[K, Any]],
        f: Callable[Concatenate[Any, Any, Any, Any, P], Iterable[U]],
        **options: Unpack[StepOptions],
    ) -> Dataset[tuple[K, U]]: ...
    def flat_map_values(
        self,
        f: Callable[..., Any],
        *,
        name: str | None = None,
        on_error: Policy = None,
        num_cpus: float | None = None,
        num_gpus: float | None = None,
        memory: Bytes | None = None,
    ) -> Dataset[Any]:
        """(key, item) for every item of f(value). No data moves.

        >>> import glowray as gr
        >>> gr.from_items([("a", "x y")]).flat_map_values(str.split).collect()
        [('a', 'x'), ('a', 'y')]
        """
        return self._rowwise(FlatMapValues, "flat_map_values", f, Options(name, on_error, num_cpus, num_gpus, memory))

    def keys(self: KeyedVerbs[tuple[K, Any]]) -> Dataset[K]:
        """The key of every keyed row. No data moves.

        >>> import glowray as gr
        >>> gr.from_items([("a", 1), ("b", 2)]).keys().collect()
        ['a', 'b']
        """
        return self._step(Keys("keys", "keys"))

    def values(self: KeyedVerbs[tuple[Any, V]]) -> Dataset[V]:
        """The value of every keyed row. No data moves.

        >>> import glowray as gr
        >>> gr.from_items([("a", 1), ("b", 2)]).values().collect()
        [1, 2]
        """
        return self._step(Values("values", "values"))

    def reduce_by_key(
        self: KeyedVerbs[tuple[K, V]],
        f: Callable[[V, V], U],
        **options: Unpack[StepOptions],
    ) -> Dataset[tuple[K, V | U]]:
        """(key, the key's values folded by f): combined in each partition, one shuffle, then merged.

        >>> import glowray as gr
        >>> sorted(gr.from_items([("a", 1), ("b", 2), ("a", 3)]).reduce_by_key(lambda x, y: x + y).collect())
        [('a', 4), ('b', 2)]

        Args:
            f: of two values, associative; values of a partition are folded from left to right, then the partial
                results in partition order.

        Raises:
            TypeError: at the action, for rows that are not 2-tuples and keys that are not allowed.
        """
        function = Function.of(f, "reduce_by_key", name=options.get("name"), spreads=False, arguments=(2,))
        return self._granted(Options.of("reduce_by_key", options))._combine(
            "reduce_by_key", Combiner(function, function), function.label
        )

    def aggregate_by_key(
        self: KeyedVerbs[tuple[K, V]],
        zero: A,
        add: Callable[[A, V], A],
        merge: Callable[[A, A], A],
        **options: Unpack[StepOptions],
    ) -> Dataset[tuple[K, A]]:
        """(key, accumulator): a copy of zero and `add` in each partition, one shuffle, then `merge`.

        >>> import glowray as gr
        >>> words = gr.from_items([("a", 1), ("b", 2), ("a", 3)])
        >>> add = lambda seen, n: seen + [n]
        >>> sorted(words.aggregate_by_key([], add, lambda left, right: left + right).collect())
        [('a', [1, 3]), ('b', [2])]
        """
        added = Function.of(add, "aggregate_by_key", name=options.get("name"), spreads=False, arguments=(2,))
        merged = Function.of(merge, "aggregate_by_key", name=options.get("name"), spreads=False, arguments=(2,))
        return self._granted(Options.of("aggregate_by_key", options))._combine(
            "aggregate_by_key", Combiner(added, merged, Zero.of("aggregate_by_key", zero)), added.label
        )

    def count_by_key(self: KeyedVerbs[tuple[K, Any]]) -> Dataset[tuple[K, int]]:
        """(key, number of its rows); one shuffle.

        >>> import glowray as gr
        >>> sorted(gr.from_items([("a", 1), ("b", 2), ("a", 3)]).count_by_key().collect())
        [('a', 2), ('b', 1)]
        """
        return self._count("count_by_key")

    def count_by_value(self) -> Dataset[tuple[T_co, int]]:
        """(row, number of times it occurs); one shuffle.

        >>> import glowray as gr
        >>> sorted(gr.from_items("abca").count_by_value().collect())
        [('a', 2), ('b', 1), ('c', 1)]
        """
        function = Function.of(counted, "count_by_value")
        keyed = self._step(Map("count_by_value", "count_by_value", function, is_part=True))
        return keyed._count("count_by_value")

    def distinct(
        self, key: Callable[..., Any] | str | None = None, *others: str, **options: Unpack[StepOptions]
    ) -> Dataset[T_co]:
        """The first of all rows that are equal, or whose key is equal; one shuffle.

        >>> import glowray as gr
        >>> sorted(gr.from_items([3, 1, 3.0, 2]).distinct().collect())
        [1, 2, 3]

        Args:
            key: of the row; rows with equal keys are one. Names of fields stand for their values. None: the row itself.
            others: more field names.
            options: as in map().
        """
        if key is None:
            whole = KeyBy("distinct", "distinct", Function.of(same, "distinct"), is_part=True)
            keyed = self._granted(Options.of("distinct", options))._step(whole)
        else:
            function, label = key_argument("distinct", key, others)
            keyed = self._rowwise(KeyBy, "distinct", function, Options.of("distinct", options), label, is_part=True)
        combiner = Combiner(_FIRST, _FIRST)
        return keyed._combine("distinct", combiner, "")._step(Values("distinct", "distinct", is_part=True))

    def group_by_key(self: KeyedVerbs[tuple[K, V]]) -> Dataset[tuple[K, Sequence[V]]]:
        """(key, values in input order); one shuffle of all rows: reduce_by_key or aggregate_by_key move fewer.

        >>> import glowray as gr
        >>> sorted(gr.from_items([("a", 1), ("b", 2), ("a", 3)]).group_by_key().collect())
        [('a', [1, 3]), ('b', [2])]

        Values are a list; where they take more than a fraction of a task's `memory` (64 MB where nothing says it),
        a `gr.Group`: a sequence that is read from a file as often as it is gone through, never whole in memory.
        JSON, Parquet, Arrow and text have it as the list that it stands for; a function that wants one calls list().
        """
        return self._with(GroupByKey(self._node, "group_by_key"))

    @overload
    def group_by(self, f: str, *others: str, **options: Unpack[StepOptions]) -> Grouped[tuple[Any, Sequence[T_co]]]: ...
    @overload
    def group_by(self, f: Callable[[T_co], U], **options: Unpack[StepOptions]) -> Grouped[tuple[U, Sequence[T_co]]]: ...
    @overload
    def group_by(
        self: Base[tuple[A, B]], f: Callable[[A, B], U], **options: Unpack[StepOptions]
    ) -> Grouped[tuple[U, Sequence[tuple[A, B]]]]: ...
    @overload
    def group_by(
        self: Base[tuple[A, B, C]], f: Callable[[A, B, C], U], **options: Unpack[StepOptions]
    ) -> Grouped[tuple[U, Sequence[tuple[A, B, C]]]]: ...
    @overload
    def group_by(
        self: Base[tuple[A, B, C, D]], f: Callable[[A, B, C, D], U], **options: Unpack[StepOptions]
    ) -> Grouped[tuple[U, Sequence[tuple[A, B, C, D]]]]: ...
    @overload
    def group_by(
        self: Base[list[A]], f: Callable[[A, A], U], **options: Unpack[StepOptions]
    ) -> Grouped[tuple[U, Sequence[list[A]]]]: ...
    @overload
    def group_by(
        self: Base[list[A]], f: Callable[[A, A, A], U], **options: Unpack[StepOptions]
    ) -> Grouped[tuple[U, Sequence[list[A]]]]: ...
    @overload
    def group_by(
        self: Base[tuple[K, tuple[A, B]]], f: Callable[[K, A, B], U], **options: Unpack[StepOptions]
    ) -> Grouped[tuple[U, Sequence[tuple[K, tuple[A, B]]]]]: ...
    @overload
    def group_by(
        self: Base[tuple[K, tuple[A, B, C]]], f: Callable[[K, A, B, C], U], **options: Unpack[StepOptions]
    ) -> Grouped[tuple[U, Sequence[tuple[K, tuple[A, B, C]]]]]: ...
    @overload
    def group_by(
        self, f: Callable[Concatenate[Any, Any, Any, Any, Any, P], U], **options: Unpack[StepOptions]
    ) -> Grouped[tuple[U, Sequence[T_co]]]: ...
    def group_by(
        self,
        f: Callable[..., Any] | str,
        *others: str,
        name: str | None = None,
        on_error: Policy = None,
        num_cpus: float | None = None,
        num_gpus: float | None = None,
        memory: Bytes | None = None,
    ) -> Grouped[Any]:
        """(f(row), rows in input order); one shuffle.

        >>> import glowray as gr
        >>> sorted(gr.from_range(5).group_by(lambda n: n % 2).collect())
        [(0, [0, 2, 4]), (1, [1, 3])]

        Args:
            f: of the row; or the names of fields of a record: one is the field's value, several are a tuple of values.
            others: more field names.
            name: and the other options, as in map().
            on_error: as in map().
            num_cpus: as in map().
            num_gpus: as in map().
            memory: as in map().
        """
        from glowray.dataset.grouped import Grouped

        key, label = key_argument("group_by", f, others)
        options = Options(name, on_error, num_cpus, num_gpus, memory)
        keyed = self._rowwise(KeyBy, "group_by", key, options, label, is_part=True)
        return Grouped.of(keyed, (f, *others) if isinstance(f, str) else ())

    def partition_by_key(self, n: int) -> Dataset[T_co]:
        """The same keyed rows, equal keys in one of n partitions; one shuffle, and none for later keyed verbs.

        >>> import glowray as gr
        >>> gr.from_items([("a", 1), ("b", 2)]).partition_by_key(3).num_partitions
        3
        """
        return self._with(PartitionByKey(self._node, "partition_by_key", count_argument("partition_by_key", n, 1)))

    def _count(self, verb: str) -> Dataset[Any]:
        return self._combine(verb, Combiner(Function.of(count_one, verb, spreads=False), _ADD, Zero(0)), "")

    def _combine(self, verb: str, combiner: Combiner, label: str) -> Dataset[Any]:
        return self._with(CombineByKey(self._node, verb, combiner, label))


_FIRST = Function.of(first_of, "distinct", spreads=False)
_ADD = Function.of(operator.add, "count_by_key", spreads=False)
