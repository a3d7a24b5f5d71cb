"""Verbs that keep one number, one value or the largest values of each key, or bring equal keys together."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Unpack

from glowray import agg
from glowray.dataset.core.base import Base, K, Options, StepOptions, T_co, V, count_argument
from glowray.dataset.core.field_order import rank_argument
from glowray.dataset.verbs.aggregating import aggregated_values
from glowray.functions import Function
from glowray.functions.pairing import Pairing
from glowray.kernels.operators.map_values import RankValues
from glowray.plan.by_key import PartitionByKey

if TYPE_CHECKING:
    from glowray.dataset.dataset import Dataset


def key_of_pair(row: tuple[Any, Any]) -> Any:
    """Return the key of a keyed row: the sort key of partition_by_key()."""
    return row[0]


class ByKeyVerbs(Base[T_co]):
    """The verbs sum_by_key, mean_by_key, min_by_key, max_by_key, top_by_key and partition_by_key."""

    def sum_by_key(self: Base[tuple[K, V]]) -> Dataset[tuple[K, V]]:
        """Add the values of each key: rows (key, sum). One shuffle, of one row a key and partition.

        >>> import glowray as gr
        >>> sorted(gr.from_items([("a", 1), ("b", None), ("a", 3)]).sum_by_key().collect())
        [('a', 4), ('b', 0)]

        None is left out; the sum of no value is 0. Values are added to 0 in the order in which reduce_by_key() folds
        them. For values that cannot be added to 0, such as str, use reduce_by_key().

        Raises:
            TypeError: at the action, a row is not a 2-tuple, a key's type is not allowed, or a value is not a number.
        """
        return aggregated_values(self, "sum_by_key", agg.sum())

    def mean_by_key(self: Base[tuple[K, Any]]) -> Dataset[tuple[K, Any]]:
        """Average the values of each key: rows (key, sum / number). One shuffle, of one row a key and partition.

        >>> import glowray as gr
        >>> sorted(gr.from_items([("a", 1), ("b", None), ("a", 4)]).mean_by_key().collect())
        [('a', 2.5), ('b', None)]

        None is left out; the mean of no value is None.

        Raises:
            TypeError: as for sum_by_key().
        """
        return aggregated_values(self, "mean_by_key", agg.mean())

    def min_by_key(self: Base[tuple[K, V]]) -> Dataset[tuple[K, V | None]]:
        """Keep the smallest value of each key, the first of equal ones. One shuffle, of one row a key and partition.

        >>> import glowray as gr
        >>> sorted(gr.from_items([("a", 3), ("b", None), ("a", 1)]).min_by_key().collect())
        [('a', 1), ('b', None)]

        None is left out; the minimum of no value is None. A NaN is kept only if there is nothing else.

        Raises:
            TypeError: at the action, a row is not a 2-tuple, a key's type is not allowed, or two values cannot be
                compared.
        """
        return aggregated_values(self, "min_by_key", agg.min())

    def max_by_key(self: Base[tuple[K, V]]) -> Dataset[tuple[K, V | None]]:
        """Keep the largest value of each key, the first of equal ones. One shuffle, of one row a key and partition.

        >>> import glowray as gr
        >>> sorted(gr.from_items([("a", 3), ("b", None), ("a", 1)]).max_by_key().collect())
        [('a', 3), ('b', None)]

        None, NaN and errors are as for min_by_key().
        """
        return aggregated_values(self, "max_by_key", agg.max())

    def top_by_key(
        self: Base[tuple[K, V]], n: int, key: Callable[..., Any] | str | None = None, **options: Unpack[StepOptions]
    ) -> Dataset[tuple[K, list[V]]]:
        """Keep the n largest values of each key: rows (key, list, largest first). One shuffle, of n values a key and
        partition.

        >>> import glowray as gr
        >>> rows = gr.from_items([("a", 1), ("b", 2), ("a", 3), ("a", 2)])
        >>> sorted(rows.top_by_key(2).collect())
        [('a', [3, 2]), ('b', [2])]
        >>> sorted(rows.top_by_key(1, key=lambda n: -n).collect())
        [('a', [1]), ('b', [2])]

        Equal values keep their order, and NaN comes last. A value that is None, or whose key is None, is left out.

        Args:
            n: number of values a key, 0 or more.
            key: function of a value (spread as for map_values()), called once a value. A field name of values that are
                records, such as "a", takes the largest by this field; "-a" takes the smallest. None: the value itself.
            options: name=, on_error= (for rows on which `key` fails), num_cpus=, num_gpus=, memory=, as for map().

        Raises:
            ValueError: n is negative.
            TypeError: as for map_values(). At the action, a key's type is not allowed, or two values cannot be
                compared.
            KeyError: at the action, a record lacks the field.
        """
        from glowray.aggregates.ranked import ranked_values

        count = count_argument("top_by_key", n)
        chosen = Options.of("top_by_key", options)
        if key is None:
            return aggregated_values(self._granted(chosen), "top_by_key", agg.top(count))
        call, label = rank_argument("top_by_key", key)
        ranked = self._rowwise(RankValues, "top_by_key", call, chosen, label, is_part=True)
        return aggregated_values(ranked, "top_by_key", ranked_values(count), Pairing(None, steps=1))

    def partition_by_key(self, n: int, sort: bool = False) -> Dataset[T_co]:
        """Move keyed rows so that equal keys share one of n partitions. One shuffle; later keyed verbs need none.

        >>> import glowray as gr
        >>> gr.from_items([("a", 1), ("b", 2)]).partition_by_key(3).num_partitions
        3
        >>> gr.from_items([("b", 1), ("a", 2), ("b", 3)]).partition_by_key(1, sort=True).collect()
        [('a', 2), ('b', 1), ('b', 3)]

        Args:
            n: number of partitions, 1 or more.
            sort: sort each partition by key, where it lies. Rows with equal keys keep their order, and NaN comes last.

        Raises:
            ValueError: n is less than 1.
            TypeError: n is not an int. At the action, a row is not a 2-tuple, a key's type is not allowed, or with
                `sort` two keys cannot be compared.
        """
        count = count_argument("partition_by_key", n, 1)
        sort_key = Function.of(key_of_pair, "partition_by_key") if sort else None
        return self._with(PartitionByKey(self._node, "partition_by_key", count, sort_key))
