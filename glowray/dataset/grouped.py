"""What group_by gives: a dataset of groups, of which agg() makes records without holding any group."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from glowray.boundary import public
from glowray.dataset.aggregating import ALONE, aggregated
from glowray.dataset.base import T_co
from glowray.dataset.dataset import Dataset
from glowray.plan.by_key import GroupByKey

if TYPE_CHECKING:
    from glowray.aggregates.aggregate import Aggregate
    from glowray.plan.nodes import Node


@public
class Grouped(Dataset[T_co]):
    """(key, rows) of each group, and the names of the fields that make the key (none where it is a function's)."""

    _keyed: Dataset[Any]
    _names: Sequence[str]

    @classmethod
    def of(cls, keyed: Dataset[Any], names: Sequence[str]) -> Grouped[Any]:
        """Group keyed rows by their key."""
        grouped = cls(GroupByKey(keyed._node, "group_by"), keyed.flow)
        grouped._keyed, grouped._names = keyed, names
        return grouped

    def agg(self, **aggregates: Aggregate) -> Dataset[dict[str, Any]]:
        """A record a group: the fields of its key, and aggregates of its rows; combined, one shuffle, then merged.

        >>> import glowray as gr
        >>> from glowray import agg
        >>> rows = gr.from_items([{"a": 1, "n": 2}, {"a": 2, "n": 5}, {"a": 1, "n": 4}])
        >>> rows.group_by("a").agg(mean=agg.mean("n"), top=agg.max(lambda row: row["n"] * 10)).sort("a").collect()
        [{'a': 1, 'mean': 3.0, 'top': 40}, {'a': 2, 'mean': 5.0, 'top': 50}]

        Where the key is a function's, its field is called `key`.

        Args:
            aggregates: the fields after those of the key, each with what it is of the rows, from `glowray.agg`.

        Raises:
            TypeError: there is no aggregate, or something else.
            ValueError: an aggregate has the name of a field of the key.
            KeyError: at the action, a record lacks a field.
        """
        return aggregated(self._keyed, "agg", aggregates, self._names or ALONE)

    def _with(self, node: Node) -> Dataset[Any]:
        return Dataset(node, self._flow)
