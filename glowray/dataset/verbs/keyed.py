"""Verbs of keyed rows, 2-tuples (key, value): map values; reduce, aggregate, count and group by key."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Concatenate, Unpack, overload

from glowray.arguments import Bytes
from glowray.dataset.core.base import A, B, Base, C, D, K, Options, P, StepOptions, T_co, U, V
from glowray.dataset.core.fields import key_argument
from glowray.dataset.verbs.joins import same
from glowray.dataset.verbs.rowwise import Policy
from glowray.functions import Function
from glowray.functions.combiner import Combiner, Zero
from glowray.functions.pairing import Pairing
from glowray.kernels.operators.keyed import KeyBy, Keys, Values
from glowray.kernels.operators.map import Map
from glowray.kernels.operators.map_values import FlatMapValues, MapValues
from glowray.plan.by_key import CombineByKey, GroupByKey

if TYPE_CHECKING:
    from glowray.dataset.dataset import Dataset, Grouped


def first_of(kept: Any, other: Any) -> Any:
    """Return the first of two equal rows: the combiner of distinct()."""
    return kept


def count_one(count: int, value: Any) -> int:
    """Return the count plus one: the combiner of count_by_key() and count_by_value()."""
    return count + 1


def counted(row: Any) -> tuple[Any, int]:
    """Return the row as the key of a keyed row."""
    return row, 1


class KeyedVerbs(Base[T_co]):
    """The verbs of keyed rows, and those that make keys themselves: count_by_value, distinct and group_by."""

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
        """Apply f to the value of every keyed row, in order; keys do not change. No data moves.

        >>> import glowray as gr
        >>> gr.from_items([("a", 1), ("b", 2)]).map_values(lambda n: n * 10).collect()
        [('a', 10), ('b', 20)]

        Args:
            f: function of a value; returns the new value. If it has n ≥ 2 required parameters, a tuple or list value of
                n items is spread over them.
            name: as for map(), like on_error, num_cpus, num_gpus and memory.

        Raises:
            TypeError: as for map(). At the action, a row is not a 2-tuple.
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
        """Apply f to the value of every keyed row, and make a row (key, item) of each item. No data moves.

        >>> import glowray as gr
        >>> gr.from_items([("a", "x y")]).flat_map_values(str.split).collect()
        [('a', 'x'), ('a', 'y')]

        f returns an iterable. Other arguments and errors are as for map_values().
        """
        return self._rowwise(FlatMapValues, "flat_map_values", f, Options(name, on_error, num_cpus, num_gpus, memory))

    def keys(self: KeyedVerbs[tuple[K, Any]]) -> Dataset[K]:
        """Take the key of every keyed row, in order. No data moves.

        >>> import glowray as gr
        >>> gr.from_items([("a", 1), ("b", 2)]).keys().collect()
        ['a', 'b']

        Raises:
            TypeError: at the action, a row is not a 2-tuple.
        """
        return self._step(Keys("keys", "keys"))

    def values(self: KeyedVerbs[tuple[Any, V]]) -> Dataset[V]:
        """Take the value of every keyed row, in order. No data moves.

        >>> import glowray as gr
        >>> gr.from_items([("a", 1), ("b", 2)]).values().collect()
        [1, 2]

        Raises:
            TypeError: at the action, a row is not a 2-tuple.
        """
        return self._step(Values("values", "values"))

    def reduce_by_key(
        self: KeyedVerbs[tuple[K, V]],
        f: Callable[[V, V], U],
        **options: Unpack[StepOptions],
    ) -> Dataset[tuple[K, V | U]]:
        """Fold the values of each key with f into rows (key, result). One shuffle, of one row a key and partition.

        >>> import glowray as gr
        >>> sorted(gr.from_items([("a", 1), ("b", 2), ("a", 3)]).reduce_by_key(lambda x, y: x + y).collect())
        [('a', 4), ('b', 2)]

        Args:
            f: associative function of two values. It folds the values within a partition from left to right, then the
                partial results in partition order.
            options: name=, on_error= (without effect: f always raises), num_cpus=, num_gpus=, memory=, as for map().

        Raises:
            TypeError: as for map(). At the action, a row is not a 2-tuple, or a key's type is not allowed.
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
        """Fold the values of each key into rows (key, accumulator). One shuffle, as for reduce_by_key().

        >>> import glowray as gr
        >>> words = gr.from_items([("a", 1), ("b", 2), ("a", 3)])
        >>> add = lambda seen, n: seen + [n]
        >>> sorted(words.aggregate_by_key([], add, lambda left, right: left + right).collect())
        [('a', [1, 3]), ('b', [2])]

        Args:
            zero: the first accumulator of each key in each partition; every use is a copy.
            add: add(accumulator, value) returns the accumulator, which it may change in place.
            merge: merge(left, right) joins the accumulators of two partitions, in partition order.
            options: as for reduce_by_key().

        Raises:
            TypeError: as for reduce_by_key().
        """
        added = Function.of(add, "aggregate_by_key", name=options.get("name"), spreads=False, arguments=(2,))
        merged = Function.of(merge, "aggregate_by_key", name=options.get("name"), spreads=False, arguments=(2,))
        return self._granted(Options.of("aggregate_by_key", options))._combine(
            "aggregate_by_key", Combiner(added, merged, Zero.of("aggregate_by_key", zero)), added.label
        )

    def count_by_key(self: KeyedVerbs[tuple[K, Any]]) -> Dataset[tuple[K, int]]:
        """Count the rows of each key: rows (key, int). One shuffle, as for reduce_by_key().

        >>> import glowray as gr
        >>> sorted(gr.from_items([("a", 1), ("b", 2), ("a", 3)]).count_by_key().collect())
        [('a', 2), ('b', 1)]

        Raises:
            TypeError: at the action, a row is not a 2-tuple, or a key's type is not allowed.
        """
        return self._count("count_by_key")

    def count_by_value(self) -> Dataset[tuple[T_co, int]]:
        """Count how often each row occurs: rows (row, int). One shuffle, as for reduce_by_key().

        >>> import glowray as gr
        >>> sorted(gr.from_items("abca").count_by_value().collect())
        [('a', 2), ('b', 1), ('c', 1)]

        Raises:
            TypeError: at the action, a row's type is not allowed as a key.
        """
        function = Function.of(counted, "count_by_value")
        keyed = self._step(Map("count_by_value", "count_by_value", function, is_part=True))
        return keyed._count("count_by_value", Pairing(0))

    def distinct(
        self, key: Callable[..., Any] | str | None = None, *others: str, **options: Unpack[StepOptions]
    ) -> Dataset[T_co]:
        """Keep the first of all equal rows, or of all rows with equal keys. One shuffle, as for reduce_by_key().

        >>> import glowray as gr
        >>> sorted(gr.from_items([3, 1, 3.0, 2]).distinct().collect())
        [1, 2, 3]

        Args:
            key: function of a row (spread as for map()), or a field name of records; None: the row is its own key.
            others: more field names; the key is then a tuple of the fields' values.
            options: name=, on_error= (for rows on which `key` fails), num_cpus=, num_gpus=, memory=, as for map().

        Raises:
            TypeError: as for map(). At the action, a key's type is not allowed.
            KeyError: at the action, a record lacks a field.
        """
        if key is None:
            whole = KeyBy("distinct", "distinct", Function.of(same, "distinct"), is_part=True)
            keyed, function = self._granted(Options.of("distinct", options))._step(whole), None
        else:
            call, label = key_argument("distinct", key, others)
            keyed, function = self._keyed_by("distinct", call, Options.of("distinct", options), label)
        combiner = Combiner(_FIRST, _FIRST)
        first = keyed._combine("distinct", combiner, "", Pairing(1, function))
        return first._step(Values("distinct", "distinct", is_part=True))

    def group_by_key(self: KeyedVerbs[tuple[K, V]]) -> Dataset[tuple[K, Sequence[V]]]:
        """Collect the values of each key: rows (key, values in input order). One shuffle of all rows.

        >>> import glowray as gr
        >>> sorted(gr.from_items([("a", 1), ("b", 2), ("a", 3)]).group_by_key().collect())
        [('a', [1, 3]), ('b', [2])]

        Prefer reduce_by_key() or aggregate_by_key() where possible: they shuffle fewer rows.

        Values are a list. If their encoded size exceeds 1/8 of the task's `memory` (64 MiB without one), they are a
        `gr.Group`. It is a sequence that is read from a file piece by piece, as often as it is iterated. Writers and
        exports treat a Group as a list. Call list() if a function needs one.

        Raises:
            TypeError: at the action, a row is not a 2-tuple, or a key's type is not allowed.
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
        """Collect the rows with equal f(row): rows (f(row), rows in input order). One shuffle of all rows.

        >>> import glowray as gr
        >>> sorted(gr.from_range(5).group_by(lambda n: n % 2).collect())
        [(0, [0, 2, 4]), (1, [1, 3])]

        A large group is a `gr.Group`, as for group_by_key(). `agg()` on the result aggregates without holding groups.

        Args:
            f: function of a row (spread as for map()), or a field name of records.
            others: more field names; the key is then a tuple of the fields' values.
            name: as for map(), like on_error, num_cpus, num_gpus and memory.

        Raises:
            TypeError: as for map(), or a function beside field names. At the action, a key's type is not allowed.
            KeyError: at the action, a record lacks a field.
        """
        key, label = key_argument("group_by", f, others)
        options = Options(name, on_error, num_cpus, num_gpus, memory)
        keyed, function = self._keyed_by("group_by", key, options, label)
        return self._groups_of(keyed, (f, *others) if isinstance(f, str) else (), function)

    def _keyed_by(
        self, verb: str, f: Callable[..., Any], options: Options, label: str | None
    ) -> tuple[Dataset[Any], Function]:
        """Return (f(row), row) for every row, and f."""
        function = Function.of(f, verb, name=options.name, label=label)
        return self._function_step(KeyBy, function, options, is_part=True), function

    def _count(self, verb: str, pairing: Pairing | None = None) -> Dataset[Any]:
        return self._combine(verb, Combiner(Function.of(count_one, verb, spreads=False), _ADD, Zero(0)), "", pairing)

    def _combine(self, verb: str, combiner: Combiner, label: str, pairing: Pairing | None = None) -> Dataset[Any]:
        return self._with(CombineByKey(self._node, verb, combiner, label, pairing))


_FIRST = Function.of(first_of, "distinct", spreads=False)
_ADD = Function.of(operator.add, "count_by_key", spreads=False, is_glowrays=True)
