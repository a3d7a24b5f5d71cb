"""Verbs that end in one row, and Glow's building blocks: within each partition, then merged."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Unpack

from glowray.dataset.base import A, Base, K, Options, StepOptions, T_co, U, V
from glowray.dataset.field_order import order_argument
from glowray.functions import Function
from glowray.kernels import partition_steps as steps
from glowray.kernels.combine import CombineByKey, Combiner, Zero
from glowray.kernels.fold_steps import Reduce as FoldRows
from glowray.kernels.operators.keyed import KeyBy
from glowray.kernels.order_steps import LocalSort
from glowray.plan.nodes import Gather, MergeSorted, Reduce

if TYPE_CHECKING:
    from glowray.dataset.dataset import Dataset


class FoldVerbs(Base[T_co]):
    """reduce, aggregate; local_… and merge_…."""

    def reduce(self, f: Callable[[T_co, T_co], U], **options: Unpack[StepOptions]) -> Dataset[T_co | U]:
        """A dataset of one row: f over all rows (of no row where there is none); one row a partition moves.

        >>> import glowray as gr
        >>> gr.from_range(1, 5).reduce(lambda a, b: a * b).collect()
        [24]

        Args:
            f: associative; each partition is folded from left to right, then the results in partition order.
        """
        rows, function = self._granted(Options.of("reduce", options)), _reducer(f, "reduce", options)
        return self._with(Reduce(rows._node, "reduce", FoldRows("reduce", function.label, function), function))

    def aggregate(
        self, zero: A, add: Callable[[A, T_co], A], merge: Callable[[A, A], A], **options: Unpack[StepOptions]
    ) -> Dataset[A]:
        """A dataset of one row: a copy of zero and `add` in each partition with rows, then `merge`; zero for no rows.

        >>> import glowray as gr
        >>> total = gr.from_items([3, 4]).aggregate((0, 0), lambda a, n: (a[0] + n, a[1] + 1),
        ...                                         lambda a, b: (a[0] + b[0], a[1] + b[1]))
        >>> total.collect()
        [(7, 2)]
        """
        rows = self._granted(Options.of("aggregate", options))
        added, merged = _reducer(add, "aggregate", options), _reducer(merge, "aggregate", options)
        start = Zero.of("aggregate", zero)
        local = FoldRows("aggregate", added.label, added, start)
        return self._with(Reduce(rows._node, "aggregate", local, merged, start))

    def local_sort(
        self,
        key: Callable[..., Any] | str | None = None,
        *others: str | bool,
        reverse: bool = False,
        **options: Unpack[StepOptions],
    ) -> Dataset[T_co]:
        """Each partition's rows in order. No data moves.

        >>> import glowray as gr
        >>> gr.from_items([3, 1, 2, 0], partitions=2).local_sort().collect()
        [1, 3, 0, 2]
        """

        call, descending, label = order_argument("local_sort", key, others, reverse)

        def order(rows: Dataset[Any], function: Function | None) -> Dataset[Any]:
            if function is not None:
                rows = rows._step(KeyBy("local_sort", function.label, function, is_part=True))
            direction = "reverse" if descending else "local_sort"
            return rows._step(LocalSort("local_sort", direction, descending, function is not None, strip=True))

        return self._ordered("local_sort", call, Options.of("local_sort", options), order, label)

    def merge_sorted(
        self,
        key: Callable[..., Any] | str | None = None,
        *others: str | bool,
        reverse: bool = False,
        **options: Unpack[StepOptions],
    ) -> Dataset[T_co]:
        """Partitions that are each in order, merged into one; all rows move to one partition.

        >>> import glowray as gr
        >>> gr.from_items([3, 1, 2, 0], partitions=2).local_sort().merge_sorted().collect()
        [0, 1, 2, 3]
        """

        call, descending, label = order_argument("merge_sorted", key, others, reverse)

        def order(rows: Dataset[Any], function: Function | None) -> Dataset[Any]:
            return rows._with(MergeSorted(rows._node, "merge_sorted", function, descending))

        return self._ordered("merge_sorted", call, Options.of("merge_sorted", options), order, label)

    def local_reduce(self, f: Callable[[T_co, T_co], U], **options: Unpack[StepOptions]) -> Dataset[T_co | U]:
        """One row a partition: f over its rows; none for an empty one. No data moves.

        >>> import glowray as gr
        >>> gr.from_range(4, partitions=2).local_reduce(lambda a, b: a + b).collect()
        [1, 5]
        """
        rows, function = self._granted(Options.of("local_reduce", options)), _reducer(f, "local_reduce", options)
        return rows._step(FoldRows("local_reduce", function.label, function))

    def merge_reduce(self, f: Callable[[T_co, T_co], U], **options: Unpack[StepOptions]) -> Dataset[T_co | U]:
        """A dataset of one row: f over all rows, gathered in one partition.

        >>> import glowray as gr
        >>> gr.from_range(4, partitions=2).local_reduce(max).merge_reduce(lambda a, b: a + b).collect()
        [4]
        """
        rows, function = self._granted(Options.of("merge_reduce", options)), _reducer(f, "merge_reduce", options)
        return self._with(Gather(rows._node, "merge_reduce", (FoldRows("merge_reduce", function.label, function),)))

    def local_reduce_by_key(
        self: FoldVerbs[tuple[K, V]], f: Callable[[V, V], U], **options: Unpack[StepOptions]
    ) -> Dataset[tuple[K, V | U]]:
        """(key, folded values) for the keys of each partition. No data moves.

        >>> import glowray as gr
        >>> rows = gr.from_items([("a", 1), ("a", 2), ("a", 4)], partitions=2)
        >>> rows.local_reduce_by_key(lambda x, y: x + y).collect()
        [('a', 1), ('a', 6)]
        """
        verb = "local_reduce_by_key"
        rows, function = self._granted(Options.of("local_reduce_by_key", options)), _reducer(f, verb, options)
        return rows._step(CombineByKey(verb, function.label, Combiner(function, function), verb))

    def local_group_by_key(self: FoldVerbs[tuple[K, V]]) -> Dataset[tuple[K, list[V]]]:
        """(key, values in order) for the keys of each partition. No data moves.

        >>> import glowray as gr
        >>> gr.from_items([("a", 1), ("b", 2), ("a", 4)], partitions=1).local_group_by_key().collect()
        [('a', [1, 4]), ('b', [2])]
        """
        return self._step(steps.LocalGroupByKey("local_group_by_key", "local_group_by_key"))


def _reducer(f: Callable[..., Any], verb: str, options: StepOptions) -> Function:
    return Function.of(f, verb, name=options.get("name"), spreads=False, arguments=(2,))
