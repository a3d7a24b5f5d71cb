"""The Dataset, which joins all families of verbs and actions, and the Dataset of groups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from glowray.boundary import public
from glowray.dataset.actions.arrow_tables import ArrowActions
from glowray.dataset.actions.checkpoints import Checkpoints
from glowray.dataset.actions.external_writes import ExternalWrites
from glowray.dataset.actions.plan_inspection import Looking
from glowray.dataset.actions.ray_data import RayDataActions
from glowray.dataset.actions.results import Actions
from glowray.dataset.actions.summaries import SummaryActions
from glowray.dataset.actions.table_writing import TableActions
from glowray.dataset.actions.writing import WriteActions
from glowray.dataset.core.base import Base, T_co
from glowray.dataset.verbs.aggregating import ALONE, AggregateVerbs, aggregated
from glowray.dataset.verbs.batches import BatchVerbs
from glowray.dataset.verbs.by_key_verbs import ByKeyVerbs
from glowray.dataset.verbs.folds import FoldVerbs
from glowray.dataset.verbs.joins import JoinVerbs
from glowray.dataset.verbs.keyed import KeyedVerbs
from glowray.dataset.verbs.neighbours import NeighbourVerbs
from glowray.dataset.verbs.ordering import OrderVerbs
from glowray.dataset.verbs.records import RecordVerbs
from glowray.dataset.verbs.rowwise import RowVerbs
from glowray.dataset.verbs.sampling import SampleVerbs
from glowray.functions import Function
from glowray.functions.pairing import Pairing
from glowray.plan.by_key import GroupByKey

if TYPE_CHECKING:
    from glowray.aggregates.aggregate import Aggregate
    from glowray.plan.nodes import Node


@public
class Dataset(
    RowVerbs[T_co],
    RecordVerbs[T_co],
    BatchVerbs[T_co],
    KeyedVerbs[T_co],
    AggregateVerbs[T_co],
    ByKeyVerbs[T_co],
    JoinVerbs[T_co],
    OrderVerbs[T_co],
    NeighbourVerbs[T_co],
    SampleVerbs[T_co],
    FoldVerbs[T_co],
    Actions[T_co],
    SummaryActions[T_co],
    ArrowActions[T_co],
    WriteActions[T_co],
    TableActions[T_co],
    RayDataActions[T_co],
    ExternalWrites[T_co],
    Checkpoints[T_co],
    Looking[T_co],
):
    """Rows in partitions. Verbs are lazy: rows are computed when an action asks for them.

    >>> import glowray as gr
    >>> words = gr.from_items(["to be or", "not to be"]).flat_map(str.split)
    >>> sorted(words.count_by_value().collect())
    [('be', 2), ('not', 1), ('or', 1), ('to', 2)]

    A dataset is immutable: every verb returns a new one. Within one action, steps that several datasets share run once.
    """

    def _groups_of(self, keyed: Base[Any], names: Sequence[str], function: Function) -> Grouped[Any]:
        grouped: Grouped[Any] = Grouped(GroupByKey(keyed._node, "group_by", Pairing(1, function)), self._flow)
        grouped._keyed, grouped._names, grouped._function = keyed, names, function
        return grouped


@public
class Grouped(Dataset[T_co]):
    """Rows (key, rows of the group), and the names of the key's fields (none if the key is a function's)."""

    _keyed: Base[Any]
    _names: Sequence[str]
    _function: Function

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
        return aggregated(self._keyed, "agg", aggregates, self._names or ALONE, self._function)

    def _with(self, node: Node) -> Dataset[Any]:
        return Dataset(node, self._flow)
