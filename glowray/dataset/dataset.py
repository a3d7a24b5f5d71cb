"""The Dataset, which joins all families of verbs and actions."""

from __future__ import annotations

from glowray.boundary import public
from glowray.dataset.actions import Actions
from glowray.dataset.aggregating import AggregateVerbs
from glowray.dataset.arrow import ArrowActions
from glowray.dataset.base import T_co
from glowray.dataset.batches import BatchVerbs
from glowray.dataset.by_key_verbs import ByKeyVerbs
from glowray.dataset.checkpoints import Checkpoints
from glowray.dataset.folds import FoldVerbs
from glowray.dataset.joins import JoinVerbs
from glowray.dataset.keyed import KeyedVerbs
from glowray.dataset.looking import Looking
from glowray.dataset.neighbours import NeighbourVerbs
from glowray.dataset.ordering import OrderVerbs
from glowray.dataset.records import RecordVerbs
from glowray.dataset.rowwise import RowVerbs
from glowray.dataset.sampling import SampleVerbs
from glowray.dataset.summaries import SummaryActions
from glowray.dataset.writing import WriteActions


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
