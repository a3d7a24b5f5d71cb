"""Readers read the columns that column steps look at, where the rest of a record goes nowhere."""

from __future__ import annotations

from glowray.io.reader import PrunableReader
from glowray.kernels.exchange import Count, Exchange
from glowray.kernels.segment import Segment
from glowray.kernels.sources import Read
from glowray.kernels.steps import Filter, FlatMap, FunctionStep, Map
from glowray.vectorize.arrow.kinds import RecordOf
from glowray.vectorize.fields import fields_read
from glowray.vectorize.know import know
from glowray.vectorize.known import Known


def pruned(source: Read, kind: RecordOf, segment: Segment, column_steps: int, exchange: Exchange) -> Read | None:
    """The source with a reader of fewer columns, None where all are needed.

    Args:
        source: what the segment reads.
        kind: that of the source's rows.
        segment: the task's first.
        column_steps: how many of its row steps run over columns.
        exchange: the task's.
    """
    if not isinstance(source.reader, PrunableReader):
        return None
    wanted: set[str] = set()
    is_record = True
    for step in segment.rows[:column_steps]:
        fields = _fields(step) if isinstance(step, (Filter, Map, FlatMap)) else None
        if fields is None:
            return None
        wanted |= fields
        if not isinstance(step, Filter):
            is_record = False
            break
    only_counted = column_steps == len(segment.rows) and segment.end is None and isinstance(exchange, Count)
    if (is_record and not only_counted) or not wanted or wanted >= {name for name, _ in kind.fields}:
        return None
    return source.narrowed(frozenset(wanted))


def _fields(step: FunctionStep) -> frozenset[str] | None:
    known = know(step.function.call)
    return fields_read(known) if isinstance(known, Known) and step.function.spread is None else None
