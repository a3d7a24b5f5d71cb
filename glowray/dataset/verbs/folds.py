"""Verbs that end in one row, and Glow's building blocks: verbs within a partition, and their merges."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Unpack

from glowray.dataset.core.base import A, Base, K, Options, StepOptions, T_co, U, V
from glowray.dataset.core.field_order import order_argument
from glowray.functions import Function
from glowray.functions.combiner import Combiner, Zero
from glowray.kernels.keys.combiners import CombineStep
from glowray.kernels.operators.keyed import KeyBy
from glowray.kernels.partition import partition_steps as steps
from glowray.kernels.partition.fold_steps import ReduceStep as FoldRows
from glowray.kernels.partition.order_steps import LocalSort
from glowray.plan.nodes import Gather, MergeSorted, Reduce

if TYPE_CHECKING:
    from glowray.dataset.dataset import Dataset


class FoldVerbs(Base[T_co]):
    """The verbs reduce and aggregate, and the building blocks local_… and merge_…."""

    def reduce(self, f: Callable[[T_co, T_co], U], **options: Unpack[StepOptions]) -> Dataset[T_co | U]:
        """Fold all rows with f into a dataset of one row, or of none if there are no rows. One row a partition moves.

        >>> import glowray as gr
        >>> gr.from_range(1, 5).reduce(lambda a, b: a * b).collect()
        [24]

        Args:
            f: associative function of two rows. It folds each partition from left to right, then the partial results in
                partition order.
            options: name=, on_error= (without effect: f always raises), num_cpus=, num_gpus=, memory=, as for map().

        Raises:
            TypeError: as for map().
        """
        rows, function = self._granted(Options.of("reduce", options)), _reducer(f, "reduce", options)
        return self._with(Reduce(rows._node, "reduce", FoldRows("reduce", function.label, function), function))

    def aggregate(
        self, zero: A, add: Callable[[A, T_co], A], merge: Callable[[A, A], A], **options: Unpack[StepOptions]
    ) -> Dataset[A]:
        """Fold all rows into an accumulator: a dataset of one row. One row a partition moves.

        >>> import glowray as gr
        >>> total = gr.from_items([3, 4]).aggregate((0, 0), lambda a, n: (a[0] + n, a[1] + 1),
        ...                                         lambda a, b: (a[0] + b[0], a[1] + b[1]))
        >>> total.collect()
        [(7, 2)]

        Args:
            zero: the first accumulator of each partition that has rows; every use is a copy. The result if there are no
                rows.
            add: add(accumulator, row) returns the accumulator, which it may change in place.
            merge: merge(left, right) joins the accumulators of two partitions, in partition order.
            options: as for reduce().

        Raises:
            TypeError: as for map().
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
        """Sort the rows of each partition. No data moves.

        >>> import glowray as gr
        >>> gr.from_items([3, 1, 2, 0], partitions=2).local_sort().collect()
        [1, 3, 0, 2]

        Arguments and errors are as for sort().
        """

        call, descending, label = order_argument("local_sort", key, others, reverse)

        def order(rows: Dataset[Any], function: Function | None, is_keyed: bool) -> Dataset[Any]:
            if function is not None and not is_keyed:
                rows = rows._step(KeyBy("local_sort", function.label, function, is_part=True))
            direction = "reverse" if descending else "local_sort"
            return rows._step(LocalSort("local_sort", direction, descending, function, strip=True))

        return self._ordered("local_sort", call, Options.of("local_sort", options), order, label)

    def merge_sorted(
        self,
        key: Callable[..., Any] | str | None = None,
        *others: str | bool,
        reverse: bool = False,
        **options: Unpack[StepOptions],
    ) -> Dataset[T_co]:
        """Merge partitions that are each sorted into one partition, which is sorted. All rows move.

        >>> import glowray as gr
        >>> gr.from_items([3, 1, 2, 0], partitions=2).local_sort().merge_sorted().collect()
        [0, 1, 2, 3]

        Give the same key and `reverse` as to local_sort(). Arguments and errors are as for sort().
        """

        call, descending, label = order_argument("merge_sorted", key, others, reverse)

        def order(rows: Dataset[Any], function: Function | None, is_keyed: bool) -> Dataset[Any]:
            return rows._with(MergeSorted(rows._node, "merge_sorted", function, descending, is_keyed))

        return self._ordered("merge_sorted", call, Options.of("merge_sorted", options), order, label)

    def local_reduce(self, f: Callable[[T_co, T_co], U], **options: Unpack[StepOptions]) -> Dataset[T_co | U]:
        """Fold the rows of each partition with f into one row; an empty partition stays empty. No data moves.

        >>> import glowray as gr
        >>> gr.from_range(4, partitions=2).local_reduce(lambda a, b: a + b).collect()
        [1, 5]

        Arguments and errors are as for reduce().
        """
        rows, function = self._granted(Options.of("local_reduce", options)), _reducer(f, "local_reduce", options)
        return rows._step(FoldRows("local_reduce", function.label, function))

    def merge_reduce(self, f: Callable[[T_co, T_co], U], **options: Unpack[StepOptions]) -> Dataset[T_co | U]:
        """Fold all rows with f into one row, after moving them to one partition. All rows move.

        >>> import glowray as gr
        >>> gr.from_range(4, partitions=2).local_reduce(max).merge_reduce(lambda a, b: a + b).collect()
        [4]

        It is the merge after local_reduce(), which leaves one row a partition. Arguments and errors are as for
        reduce().
        """
        rows, function = self._granted(Options.of("merge_reduce", options)), _reducer(f, "merge_reduce", options)
        return self._with(Gather(rows._node, "merge_reduce", (FoldRows("merge_reduce", function.label, function),)))

    def local_reduce_by_key(
        self: FoldVerbs[tuple[K, V]], f: Callable[[V, V], U], **options: Unpack[StepOptions]
    ) -> Dataset[tuple[K, V | U]]:
        """Fold the values of each key within its partition into rows (key, result). No data moves.

        >>> import glowray as gr
        >>> rows = gr.from_items([("a", 1), ("a", 2), ("a", 4)], partitions=2)
        >>> rows.local_reduce_by_key(lambda x, y: x + y).collect()
        [('a', 1), ('a', 6)]

        Arguments and errors are as for reduce_by_key().
        """
        verb = "local_reduce_by_key"
        rows, function = self._granted(Options.of("local_reduce_by_key", options)), _reducer(f, verb, options)
        return rows._step(CombineStep(verb, function.label, Combiner(function, function), verb))

    def local_group_by_key(self: FoldVerbs[tuple[K, V]]) -> Dataset[tuple[K, list[V]]]:
        """Collect the values of each key within its partition: rows (key, values in order). No data moves.

        >>> import glowray as gr
        >>> gr.from_items([("a", 1), ("b", 2), ("a", 4)], partitions=1).local_group_by_key().collect()
        [('a', [1, 4]), ('b', [2])]

        Raises:
            TypeError: as for group_by_key().
        """
        return self._step(steps.LocalGroupByKey("local_group_by_key", "local_group_by_key"))


def _reducer(f: Callable[..., Any], verb: str, options: StepOptions) -> Function:
    return Function.of(f, verb, name=options.get("name"), spreads=False, arguments=(2,))
