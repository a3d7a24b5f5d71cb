"""Verbs of order and position: sort, top, limit, zip_with_index, repartition."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Unpack

from glowray.dataset.core.base import Base, Options, StepOptions, T_co, count_argument
from glowray.dataset.core.field_order import order_argument
from glowray.functions import Function
from glowray.plan.nodes import Limit, Repartition, Sort, Top, ZipWithIndex

if TYPE_CHECKING:
    from glowray.dataset.dataset import Dataset


class OrderVerbs(Base[T_co]):
    """The verbs sort, top, limit, zip_with_index and repartition."""

    def sort(
        self,
        key: Callable[..., Any] | str | None = None,
        *others: str | bool,
        reverse: bool = False,
        **options: Unpack[StepOptions],
    ) -> Dataset[T_co]:
        """Sort all rows; equal rows keep their order, NaN comes last. One shuffle, after a sample of the keys.

        >>> import glowray as gr
        >>> gr.from_items(["pear", "fig", "apple"]).sort(key=len).collect()
        ['fig', 'pear', 'apple']
        >>> gr.from_items([{"a": 1, "b": 2}, {"a": 1, "b": 3}, {"a": 0, "b": 4}]).sort("a", "-b").collect()
        [{'a': 0, 'b': 4}, {'a': 1, 'b': 3}, {'a': 1, 'b': 2}]

        A task sorts at most 1/4 of its `memory` in memory (128 MiB without one). More rows are sorted as runs in a
        temporary file.

        Args:
            key: function of a row (spread as for map()), called once a row; None: the row itself. A field name of
                records, such as "a", sorts by this field; "-a" sorts in descending order. None and NaN come last in
                both.
            others: more field names; after a function, `reverse`.
            reverse: descending; equal rows still keep their order. With field names, turns the order of each around.
            options: name=, on_error= (for rows on which `key` fails), num_cpus=, num_gpus=, memory=, as for map().

        Raises:
            TypeError: as for map(), or a function beside field names. At the action, two keys cannot be compared.
            ValueError: a field is named twice.
            KeyError: at the action, a record lacks a field.
        """

        call, descending, label = order_argument("sort", key, others, reverse)

        def order(rows: Dataset[Any], function: Function | None, is_keyed: bool) -> Dataset[Any]:
            return rows._with(Sort(rows._node, "sort", function, descending, is_keyed))

        return self._ordered("sort", call, Options.of("sort", options), order, label)

    def top(
        self,
        n: int,
        key: Callable[..., Any] | str | None = None,
        *others: str | bool,
        reverse: bool = False,
        **options: Unpack[StepOptions],
    ) -> Dataset[T_co]:
        """Take the n largest rows, in descending order. At most n rows of each partition move.

        >>> import glowray as gr
        >>> gr.from_items([("a", 1), ("b", 3), ("c", 2)]).top(2, key=lambda word, n: n).collect()
        [('b', 3), ('c', 2)]

        Args:
            n: number of rows, 0 or more.
            key: function of a row (spread as for map()), or a field name as for sort(); None: the row itself.
            others: more field names; after a function, `reverse`.
            reverse: take the n smallest, in ascending order.
            options: as for sort().

        Raises:
            ValueError: n is negative, or a field is named twice.
            TypeError: as for map(). At the action, two keys cannot be compared.
        """
        count = count_argument("top", n)

        call, descending, label = order_argument("top", key, others, reverse, largest_first=True)

        def order(rows: Dataset[Any], function: Function | None, is_keyed: bool) -> Dataset[Any]:
            return rows._with(Top(rows._node, "top", count, function, not descending, is_keyed))

        return self._ordered("top", call, Options.of("top", options), order, label)

    def limit(self, n: int) -> Dataset[T_co]:
        """Take the first n rows, in one partition. They move there; later partitions are not computed.

        >>> import glowray as gr
        >>> gr.from_range(1_000_000).limit(3).collect()
        [0, 1, 2]

        Raises:
            ValueError: n is negative.
            TypeError: n is not an int.
        """
        return self._with(Limit(self._node, "limit", count_argument("limit", n)))

    def zip_with_index(self) -> Dataset[tuple[T_co, int]]:
        """Pair every row with its position, counted from 0. No data moves; several partitions are counted first.

        >>> import glowray as gr
        >>> gr.from_items("abc").zip_with_index().collect()
        [('a', 0), ('b', 1), ('c', 2)]
        """
        return self._with(ZipWithIndex(self._node, "zip_with_index"))

    def repartition(self, n: int) -> Dataset[T_co]:
        """Cut the rows, in order, into n partitions whose lengths differ by at most one. Rows move.

        >>> import glowray as gr
        >>> gr.from_range(10).repartition(4).map_partitions(lambda rows: [len(list(rows))]).collect()
        [2, 3, 2, 3]

        Raises:
            ValueError: n is less than 1.
            TypeError: n is not an int.
        """
        return self._with(Repartition(self._node, "repartition", count_argument("repartition", n, 1)))
