"""The result of group_by: a dataset of groups, whose agg() makes records without holding any group."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from glowray.boundary import public
from glowray.dataset.aggregating import ALONE, aggregated
from glowray.dataset.base import T_co
from glowray.dataset.dataset import Dataset
from glowray.functions import Function
from glowray.functions.pairing import Pairing
from glowray.plan.by_key import GroupByKey

if TYPE_CHECKING:
    from glowray.aggregates.aggregate import Aggregate
    from glowray.plan.nodes import Node


@public
class Grouped(Dataset[T_co]):
    """Rows (key, rows of the group), and the names of the key's fields (none if the key is a function's)."""

    _keyed: Dataset[Any]
    _names: Sequence[str]

    @classmethod
    def of(cls, keyed: Dataset[Any], names: Sequence[str], function: Function) -> Grouped[Any]:
        """Return (key, row) grouped by the key, which `function` gave for the row."""
        grouped = cls(GroupByKey(keyed._node, "group_by", Pairing(1, function)), keyed.flow)
        grouped._keyed, grouped._names = keyed, names
        return grouped

    def agg(self, **aggregates: Aggregate) -> Dataset[dict[str, Any]]:
        """Aggregate each group into a record: the key's fields, then the aggregates. One shuffle, of one row a key and
        partition.

        >>> import glowray as gr
        >>> from glowray import agg
        >>> rows = gr.from_items([{"a": 1, "n": 2}, {"a": 2, "n": 5}, {"a": 1, "n": 4}])
        >>> rows.group_by("a").agg(mean=agg.mean("n"), top=agg.max(lambda row: row["n"] * 10)).sort("a").collect()
        [{'a': 1, 'mean': 3.0, 'top': 40}, {'a': 2, 'mean': 5.0, 'top': 50}]

        If the key is a function's, its field is called `key`.

        Args:
            aggregates: the fields after the key's, by name; each is an aggregate from `glowray.agg`.

        Raises:
            TypeError: there is no aggregate, or an argument is not one.
            ValueError: an aggregate has the name of a key's field.
            KeyError: at the action, a record lacks a field.
        """
        return aggregated(self._keyed, "agg", aggregates, self._names or ALONE)

    def _with(self, node: Node) -> Dataset[Any]:
        return Dataset(node, self._flow)
