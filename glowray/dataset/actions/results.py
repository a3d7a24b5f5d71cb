"""Actions: each runs the plan and brings a result to the driver. Also cache() and output(), which prepare actions."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Literal, overload

from glowray.action.outputs import SinkTarget
from glowray.action.perform import collect_blocks, perform, stream_blocks
from glowray.action.settings import error_policy
from glowray.action.sinks import sink_of
from glowray.arguments import Bytes
from glowray.boundary import only_user_frames
from glowray.dataset.core.base import Base, K, Options, T_co, U, V, count_argument
from glowray.dataset.core.fields import checked_names, is_present, key_of, label_of_names
from glowray.dataset.verbs.rowwise import Policy
from glowray.functions import Cause, Failure, Function
from glowray.functions.combiner import Zero
from glowray.functions.replay import Attempt
from glowray.kernels.base.keyed import keyed_row
from glowray.kernels.ends.exchange import Count
from glowray.kernels.keys.keyed_step import check_dict_key
from glowray.kernels.operators.filter import Filter
from glowray.kernels.operators.for_each import ForEach
from glowray.kernels.operators.map import Map
from glowray.kernels.partition.fold_steps import ReduceStep as FoldRows
from glowray.plan.nodes import Cache, Limit, Reduce, Store, Top
from glowray.rows import Block
from glowray.watch.row_view import show_rows

if TYPE_CHECKING:
    from glowray.dataset.dataset import Dataset

_MISSING: Any = object()


class Actions(Base[T_co]):
    """The actions that return a result to the driver or call a function, with cache, uncache and output."""

    def collect(self) -> list[T_co]:
        """Return all rows as a list, in partition order. All rows come to the driver.

        >>> import glowray as gr
        >>> gr.from_range(3).collect()
        [0, 1, 2]
        """
        return self._collect_rows()

    def take(self, n: int) -> list[T_co]:
        """Return the first n rows as a list. They come to the driver; later partitions are not computed.

        >>> import glowray as gr
        >>> gr.from_range(1_000_000).map(lambda n: n * n).take(3)
        [0, 1, 4]

        Raises:
            ValueError: n is negative.
            TypeError: n is not an int.
        """
        return self._first_rows(count_argument("take", n))

    @overload
    def first(self) -> T_co: ...
    @overload
    def first(self, default: U) -> T_co | U: ...
    def first(self, default: Any = _MISSING) -> Any:
        """Return the first row. It comes to the driver.

        >>> import glowray as gr
        >>> gr.from_items("abc").first()
        'a'

        Args:
            default: the result if there are no rows.

        Raises:
            ValueError: there are no rows and no default.
        """
        rows = self._first_rows(1)
        if rows:
            return rows[0]
        if default is _MISSING:
            raise ValueError("first() of an empty dataset; give first(default=…) for one")
        return default

    def is_empty(self) -> bool:
        """Return whether there are no rows. At most one row comes to the driver.

        >>> import glowray as gr
        >>> gr.from_items([]).is_empty()
        True
        """
        return not self._first_rows(1)

    def count(self) -> int:
        """Return the number of rows. No data moves: each task reports its count.

        >>> import glowray as gr
        >>> gr.from_range(10).filter(lambda n: n % 3 == 0).count()
        4
        """
        (stage,) = perform(self._flow.settings, self._flow.outcome, [self._node], [Count()])
        return sum(report.rows_out for report in stage.ended)

    @overload
    def sum(self) -> T_co | Literal[0]: ...
    @overload
    def sum(self, field: str) -> Any: ...
    def sum(self, field: str | None = None) -> Any:
        """Return the sum of the rows, or 0 if there are none. One row a partition moves.

        >>> import glowray as gr
        >>> gr.from_range(5).sum()
        10
        >>> gr.from_items([{"n": 1}, {"n": None}, {"n": 2}]).sum("n")
        3

        Rows are added in the order in which reduce() folds them.

        Args:
            field: a field name of records: add this field's values, without None. None: add the rows themselves.
        """
        rows = self._values_of("sum", field)
        add = Function.of(operator.add, "sum", spreads=False, is_glowrays=True)
        local = FoldRows("sum", "", add, Zero(0))
        return rows._with(Reduce(rows._node, "sum", local, add, Zero(0)))._collect_rows()[0]

    @overload
    def mean(self: Base[float]) -> float: ...
    @overload
    def mean(self, field: str | None = None) -> Any: ...
    def mean(self, field: str | None = None) -> Any:
        """Return the sum of the rows divided by their number. One row a partition moves.

        >>> import glowray as gr
        >>> gr.from_items([1, 2, 6]).mean()
        3.0

        Args:
            field: as for sum().

        Raises:
            ValueError: there are no rows, or no values but None.
        """
        source = self._values_of("mean", field)
        add = Function.of(_add_counted, "mean", spreads=False)
        merge = Function.of(_merge_counted, "mean", spreads=False)
        local = FoldRows("mean", "", add, Zero((0, 0)))
        rows = source._with(Reduce(source._node, "mean", local, merge))._collect_rows()
        if not rows:
            raise ValueError("mean() of an empty dataset")
        total, count = rows[0]
        return total / count

    @overload
    def min(self, key: str) -> Any: ...
    @overload
    def min(self, key: Callable[..., Any] | None = None) -> T_co: ...
    def min(self, key: Callable[..., Any] | str | None = None) -> Any:
        """Return the smallest row, the first of equal ones. One row a partition moves.

        >>> import glowray as gr
        >>> gr.from_items([3, 1, 2]).min()
        1

        A NaN is returned only if there is nothing else.

        Args:
            key: function of a row (spread as for map()); None: the row itself. A field name of records: return the
                smallest value of this field, without None, and not its row.

        Raises:
            ValueError: there are no rows, or no values but None.
            TypeError: two keys cannot be compared.
        """
        return self._best("min", key, reverse=True)

    @overload
    def max(self, key: str) -> Any: ...
    @overload
    def max(self, key: Callable[..., Any] | None = None) -> T_co: ...
    def max(self, key: Callable[..., Any] | str | None = None) -> Any:
        """Return the largest row, the first of equal ones. One row a partition moves.

        >>> import glowray as gr
        >>> gr.from_items(["fig", "apple"]).max(key=len)
        'apple'

        NaN, arguments and errors are as for min().
        """
        return self._best("max", key, reverse=False)

    def to_dict(self: Actions[tuple[K, V]]) -> dict[K, V]:
        """Return keyed rows as a dict. All rows come to the driver.

        >>> import glowray as gr
        >>> gr.from_items([("a", 1), ("b", 2)]).to_dict()
        {'a': 1, 'b': 2}

        If a key has several rows, the last row's value counts.

        Raises:
            TypeError: a row is not a 2-tuple, or its key is not hashable.
        """
        pairs: dict[Any, Any] = {}
        for row in self.collect():
            try:
                key, value = keyed_row(row, "to_dict")
                pairs[key] = value
            except Exception as error:
                cause = Cause(row=row, attempt=Attempt(check_dict_key, "to_dict", (row,), is_check=True))
                failure = Failure.capture(error, verb="to_dict", cause=cause)
                break
        else:
            return pairs
        raise failure.exception()

    def __iter__(self) -> Iterator[T_co]:
        """Yield the rows in order. Partitions come to the driver one after the other; it holds few at a time.

        >>> import glowray as gr
        >>> [row for row in gr.from_range(3)]
        [0, 1, 2]
        """
        with only_user_frames():
            for block in stream_blocks(self._flow.settings, self._flow.outcome, self._node):
                for morsel in block.morsels():
                    yield from morsel

    def show(self, n: int = 20) -> None:
        """Print the first n rows as a table, as wide as the terminal at most. They come to the driver.

        Long texts are cut with "…", and columns of the middle are left out where the terminal is narrow. None, "", the
        text 'None' and a field that a row lacks (·) differ.

        >>> import glowray as gr
        >>> gr.from_items([("a", 1)]).show()
        ┌───┬───┐
        │ 0 │ 1 │
        ├───┼───┤
        │ a │ 1 │
        └───┴───┘

        Raises:
            ValueError: n is negative.
            TypeError: n is not an int.
        """
        rows = self._first_rows(count_argument("show", n) + 1)
        show_rows(rows[:n], more=len(rows) > n)

    def for_each(
        self,
        f: Callable[..., Any],
        *,
        name: str | None = None,
        on_error: Policy = None,
        num_cpus: float | None = None,
        num_gpus: float | None = None,
        memory: Bytes | None = None,
    ) -> None:
        """Call f with every row, on the workers, and drop what it returns. No data moves.

        >>> import glowray as gr
        >>> gr.from_items(["a"]).for_each(lambda row: None)

        Arguments and errors are as for map().
        """
        rows = self._rowwise(ForEach, "for_each", f, Options(name, on_error, num_cpus, num_gpus, memory))
        perform(self._flow.settings, self._flow.outcome, [rows._node], [Count()])

    def output(
        self,
        sink: Any,
        *,
        name: str | None = None,
        on_error: Policy = None,
        num_cpus: float | None = None,
        num_gpus: float | None = None,
        memory: Bytes | None = None,
    ) -> Dataset[T_co]:
        """Register a queue or function that gets every row, in the driver, when flow.run() is called.

        >>> import glowray as gr, queue
        >>> flow, rows = gr.Flow("out"), queue.Queue()
        >>> _ = flow.from_range(2).output(rows)
        >>> _ = flow.run()
        >>> [rows.get(), rows.get(), rows.get()]
        [0, 1, None]

        Rows come in order, when the whole run has succeeded. Rows of a channel come as they arrive, on two conditions.
        The verbs between must move no rows, and no other output may read the result of these verbs.

        Args:
            sink: a queue.Queue, which gets one None at the end. Or a function of a row (spread as for map()). Or a str,
                the name of a channel of the cluster, which `glowray receive` and from_channel() read.
            name: the function's name in statistics and errors.
            on_error: for rows on which the function fails, as for map().
            num_cpus: CPUs that each task which makes the rows needs; num_gpus and memory likewise.

        Returns:
            This dataset.

        Raises:
            TypeError: the sink is none of these.
        """
        asked = self._flow.settings.on_error if on_error is None else on_error
        rows = self._granted(Options(name, on_error, num_cpus, num_gpus, memory))
        self._flow.targets.append(SinkTarget(rows._node, sink_of(sink, error_policy(asked), name)))
        return self._with(self._node)

    def cache(self) -> Dataset[T_co]:
        """Keep the rows as blocks once an action has made them. No data moves.

        >>> import glowray as gr
        >>> squares = gr.from_range(4).map(lambda n: n * n).cache()
        >>> squares.sum(), squares.max()
        (14, 9)

        Later actions read these blocks. They stay until uncache(), or until nothing refers to the dataset any more.
        """
        return self._with(Cache(self._node, "cache", Store()))

    def uncache(self) -> Dataset[T_co]:
        """Forget the blocks that cache() kept, so that the next action computes them again.

        Raises:
            ValueError: cache() did not return this dataset.
        """
        if not isinstance(self._node, Cache):
            raise ValueError("uncache() is for the dataset that cache() gave")
        self._node.store.refs = None
        return self._with(self._node)

    def _collect_rows(self) -> list[Any]:
        return collect_blocks(self._flow.settings, self._flow.outcome, self._node, _rows_of)

    def _first_rows(self, n: int) -> list[Any]:
        return self._with(Limit(self._node, "limit", n))._collect_rows() if n else []

    def _values_of(self, verb: str, field: str | None) -> Dataset[Any]:
        """Return the values of a field without None, or the rows themselves if `field` is None."""
        if field is None:
            return self._with(self._node)
        names = checked_names(verb, [field])
        function = Function.of(key_of(names), verb, label=label_of_names(names))
        present = Filter(verb, verb, Function.of(is_present, verb), is_part=True)
        return self._step(Map(verb, function.label, function, is_part=True))._step(present)

    def _best(self, verb: str, key: Callable[..., Any] | str | None, reverse: bool) -> Any:
        if isinstance(key, str):
            return self._values_of(verb, key)._best(verb, None, reverse)

        def order(rows: Dataset[Any], function: Function | None, is_keyed: bool) -> Dataset[Any]:
            return rows._with(Top(rows._node, verb, 1, function, reverse, is_keyed))

        rows = self._ordered(verb, key, Options(), order)._collect_rows()
        if not rows:
            raise ValueError(f"{verb}() of an empty dataset")
        return rows[0]


def _rows_of(blocks: list[Block]) -> list[Any]:
    return [row for block in blocks for row in block.rows()]


def _add_counted(total: tuple[Any, int], row: Any) -> tuple[Any, int]:
    return total[0] + row, total[1] + 1


def _merge_counted(left: tuple[Any, int], right: tuple[Any, int]) -> tuple[Any, int]:
    return left[0] + right[0], left[1] + right[1]
