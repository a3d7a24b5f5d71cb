"""The first rows of a dataset that can be had at once. No job runs, and no function of the user is called."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any

from glowray.engine.task.protocol import local_block
from glowray.io.arrow.tables import ArrowReader, PandasReader
from glowray.io.csv.column_types import type_of
from glowray.io.csv.reader import CsvReader
from glowray.io.json.json_lines import JsonReader
from glowray.io.memory import RangeReader
from glowray.io.parquet.reader import ParquetReader
from glowray.io.reader import ColumnReader, Reader, RowReader, StoredReader
from glowray.io.text.reader import PathTextReader, TextReader
from glowray.plan.nodes import Cache, Node, Read
from glowray.rows import Block

ROWS = 10
"""The maximum number of rows shown."""

SECONDS = 0.15
"""The longest time to wait for rows. A slow disk or store then shows none."""

PREVIEWED = (
    ArrowReader,
    CsvReader,
    JsonReader,
    PandasReader,
    ParquetReader,
    PathTextReader,
    RangeReader,
    StoredReader,
    TextReader,
)
"""Readers whose first rows are read to be shown. Others call a function of the user's, or ask a server."""


@dataclass(frozen=True)
class Preview:
    """First rows. `source` names the step that gives them if other steps follow, and is "" if none does."""

    rows: Sequence[Any]
    has_more: bool
    source: str = ""


def preview(node: Node) -> Preview | None:
    """Return the first rows of a plan, else those of its source, else None if none can be had within SECONDS."""
    source = ""
    while True:
        read = _rows_of(node)
        if read is not None:
            rows = _within(SECONDS, partial(_first, read))
            return None if rows is None else Preview(rows[:ROWS], len(rows) > ROWS, source)
        if not node.children:
            return None
        node = node.children[0]
        source = f"{node.verb}({node.detail})"


def _first(read: Callable[[], Iterator[Any]]) -> list[Any]:
    return list(islice(read(), ROWS + 1))


def _rows_of(node: Node) -> Callable[[], Iterator[Any]] | None:
    """Return a function that yields the rows of a node, None if that would run something."""
    if isinstance(node, Cache) and node.store.refs is not None:
        refs = node.store.refs
        return lambda: (row for ref in refs for row in _start(local_block(ref)))
    if isinstance(node, Read) and node.function is None and _is_previewed(node.reader):
        return partial(_read, node.reader)
    return None


def _is_previewed(reader: Reader) -> bool:
    if isinstance(reader, CsvReader):
        return all(type_of(convert) is not None for convert in reader.converts.values())
    return isinstance(reader, PREVIEWED)


def _read(reader: Reader) -> Iterator[Any]:
    """Yield the first rows of a source. Rows of a block are made only as far as they are shown."""
    if isinstance(reader, StoredReader):
        yield from (row for block in reader.blocks for row in _start(block))
    elif isinstance(reader, ColumnReader):
        parts = (part for index in range(reader.num_partitions) for part in reader.read_blocks(index))
        yield from (row for part in parts for row in (_start(part) if isinstance(part, Block) else part))
    elif isinstance(reader, RowReader):
        morsels = (morsel for index in range(reader.num_partitions) for morsel in reader.read(index))
        yield from (row for morsel in morsels for row in morsel)


def _start(block: Block) -> list[Any]:
    return block.slice(0, ROWS + 1).rows()


def _within(seconds: float, make: Callable[[], list[Any]]) -> list[Any] | None:
    """Return what `make` returns, None if it takes longer or fails: the action will say why."""
    made: list[list[Any]] = []

    def run() -> None:
        try:
            made.append(make())
        except Exception:  # A row that cannot be read is told of by the action that reads it.
            return

    thread = threading.Thread(target=run, name="glowray preview", daemon=True)
    thread.start()
    thread.join(seconds)
    return made[0] if made else None
