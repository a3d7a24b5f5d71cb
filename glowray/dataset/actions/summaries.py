"""Actions that sum up all rows: describe and histogram."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from glowray.dataset.core.base import Base, T_co, count_argument
from glowray.functions import Function
from glowray.functions.combiner import Zero
from glowray.kernels.operators.filter import Filter
from glowray.kernels.partition.fold_steps import ReduceStep as FoldRows
from glowray.plan.nodes import Cartesian, Reduce

if TYPE_CHECKING:
    from glowray.dataset.dataset import Dataset


class SummaryActions(Base[T_co]):
    """The actions describe and histogram."""

    def describe(self) -> dict[Any, Any]:
        """Return a summary of the rows as a dict; for rows that are records, a dict of such dicts by field.

        >>> import glowray as gr
        >>> gr.from_items([1, 2, None, 3]).describe()
        {'count': 3, 'nulls': 1, 'mean': 2.0, 'std': 1.0, 'min': 1, 'max': 3}
        >>> summary = gr.from_items([{"n": 1, "s": "b"}, {"n": 2, "s": "a"}, {"s": None}]).describe()
        >>> summary["s"]
        {'count': 2, 'nulls': 1, 'mean': None, 'std': None, 'min': 'a', 'max': 'b'}
        >>> summary["n"]["nulls"]
        1

        One summary a partition moves. Its values:

        - count: the number of values that are not None.
        - nulls: the number of rows whose value is None, or which lack the field.
        - mean, and std (of a sample: divided by count - 1): floats, if all values are numbers, else None. std of fewer
          than two values is None, mean of none is None.
        - min, max: None if there is no value, or if the values have several types or no order. A NaN is there only if
          there is nothing else. Tuples, lists, dicts and sets have none.

        Raises:
            TypeError: some rows are records, and others are not.
        """
        from glowray.aggregates.summary import Summary, with_row, with_summary

        found: Summary = _folded(self, "describe", with_row, with_summary, Summary())
        return found.result()

    def histogram(self, bins: int | Sequence[Any]) -> tuple[list[Any], list[int]]:
        """Count the rows between edges: return (edges, counts), one count fewer than edges.

        >>> import glowray as gr
        >>> gr.from_range(51).histogram(2)
        ([0, 25, 50], [25, 26])
        >>> gr.from_range(51).histogram([0, 5, 25, 50])
        ([0, 5, 25, 50], [5, 20, 26])

        A bin has the rows from its lower edge on and below its upper edge. The last bin has its upper edge too. None,
        NaN, and rows outside the edges are not counted. One row a partition moves. With a number of bins, rows are kept
        until their smallest and largest are known.

        Args:
            bins: the edges in ascending order, of any type that can be compared with the rows. Or the number of bins, 1
                or more, of equal width from the smallest row to the largest. If all rows are equal, there is one bin.

        Raises:
            ValueError: there is no bin, or edges do not ascend, or are None or NaN. With a number of bins: there are no
                rows, or one is infinite.
            TypeError: rows cannot be compared, or with a number of bins, they are not numbers.
        """
        from glowray.aggregates.histogram import Counted, checked_edges, is_countable, with_counted, with_counts

        test = Function.of(is_countable, "histogram")
        rows = self._step(Filter("histogram", "histogram", test, is_part=True))
        if not isinstance(bins, Iterable):
            return _even_histogram(rows, count_argument("histogram", bins, 1))
        edges = checked_edges(bins)
        start = edges, [0] * (len(edges) - 1)
        found: Counted = _folded(rows, "histogram", with_counted, with_counts, start)
        return found


def _even_histogram(rows: Dataset[Any], bins: int) -> tuple[list[Any], list[int]]:
    """Return the histogram of `bins` bins of equal width. The ends of all rows are sent to each partition of rows."""
    from glowray.aggregates.histogram import Counted, with_counts, with_ends, with_pair, with_value

    ends = _fold(rows, "histogram", with_value, with_ends, ())
    pairs = rows._with(Cartesian(ends._node, rows._node))
    found: Counted | None = _folded(pairs, "histogram", partial(with_pair, bins), with_counts, None)
    if found is None:
        raise ValueError(f"histogram({bins}) of no values: give a list of edges instead")
    return found


def _fold(
    rows: Base[Any], verb: str, add: Callable[[Any, Any], Any], merge: Callable[[Any, Any], Any], start: Any
) -> Dataset[Any]:
    """Return a dataset of one row: all rows added to a start."""
    added, merged = (Function.of(call, verb, spreads=False) for call in (add, merge))
    return rows._with(Reduce(rows._node, verb, FoldRows(verb, "", added, Zero(start)), merged, Zero(start)))


def _folded(
    rows: Base[Any], verb: str, add: Callable[[Any, Any], Any], merge: Callable[[Any, Any], Any], start: Any
) -> Any:
    """Return all rows added to a start. Runs the plan."""
    return _fold(rows, verb, add, merge, start).collect()[0]
