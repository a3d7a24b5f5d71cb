"""Finds the columns that a reader must read, if column steps use some of them and then drop the records."""

from __future__ import annotations

from glowray.io.reader import PrunableReader
from glowray.kernels.ends.exchange import Count, Exchange
from glowray.kernels.ends.sources import ReadSource
from glowray.kernels.task.segment import Segment
from glowray.vectorize.columns.vectors.kinds import RecordOf


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
    is_record = True
    for step in segment.rows[:column_steps]:
        if step.fields_read is None:
            return None
        wanted |= step.fields_read
        if not step.keeps_rows:
            is_record = False
            break
    only_counted = column_steps == len(segment.rows) and segment.end is None and isinstance(exchange, Count)
    if (is_record and not only_counted) or not wanted or wanted >= {name for name, _ in kind.fields}:
        return None
    return source.narrowed(frozenset(wanted))
