"""Run everyday functions over their rows, and ask flow.stats at which level the rows ran."""

from __future__ import annotations

from typing import Any

import glowray as gr
from benchmarks.everyday.catalogue import Everyday

MOSTLY = 0.75
"""A function runs in columns if at least this share of its rows did."""

REPEATS = 50


def dataset(example: Everyday, flow: gr.Flow, rows: list[Any]) -> Any:
    """Return the dataset of a function over rows."""
    source = flow.from_items(rows, partitions=1)
    if example.verb == "filter":
        return source.filter(example.function)
    if example.verb == "flat_map":
        return source.flat_map(example.function)
    return source.map(example.function) if example.verb == "map" else source.reduce_by_key(example.function)


def in_columns(example: Everyday) -> tuple[float, str]:
    """Return (share of the rows that ran in columns, what explain() says of the others)."""
    flow = gr.Flow(example.name, engine="inline")
    made = dataset(example, flow, list(example.rows) * REPEATS)
    made.collect()
    counts = flow.stats.stages[0].rows_by_level
    share = counts.get("arrow", 0) / max(sum(counts.values()), 1)
    return share, "" if share >= MOSTLY else made.explain(after=True)
