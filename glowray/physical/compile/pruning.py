"""Finds the columns that a reader must read, if column steps use some of them and then drop the records."""

from __future__ import annotations

from glowray.io.reader import PrunableReader
from glowray.kernels.ends.exchange import Count, Exchange
from glowray.kernels.ends.sources import ReadSource
from glowray.kernels.task.segment import Segment
from glowray.rows.types.kinds import RecordOf
from glowray.rows.types.shape import Path


def pruned(
    source: ReadSource, kind: RecordOf, segment: Segment, column_steps: int, exchange: Exchange
) -> ReadSource | None:
    """Return the source with a reader of fewer columns; None if all are needed.

    Args:
        source: the source of the task.
        kind: the kind of the source's rows.
        segment: the first segment of the task.
        column_steps: the number of its row steps that run over columns.
        exchange: the exchange of the task.
    """
    if not isinstance(source.reader, PrunableReader):
        return None
    wanted: set[str] = set()
    at: Path = ()
    is_dropped = False
    for step in segment.rows[:column_steps]:
        fields = step.fields_read(at)
        if fields is None:
            return None
        wanted |= fields
        after = step.place_after(at)
        if after is None:
            is_dropped = True
            break
        at = after
    only_counted = column_steps == len(segment.rows) and segment.end is None and isinstance(exchange, Count)
    if not (is_dropped or only_counted) or not wanted or wanted >= {name for name, _ in kind.fields}:
        return None
    return source.narrowed(frozenset(wanted))
