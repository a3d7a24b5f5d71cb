"""The first half of reduce_by_key: a segment's keyed rows to one row a key, as columns as long as those are exact."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from glowray.kernels.column_chain import ChainRun
from glowray.kernels.combine import CombineByKey
from glowray.kernels.fold_table import FoldTable, pair_kind
from glowray.kernels.keyed import MISSING, PLAIN, KeyTable
from glowray.kernels.loop import Loop
from glowray.kernels.morsels import Morsels, as_rows, pieces
from glowray.kernels.record_rows import record_parts
from glowray.rows import Block
from glowray.rows.chunk import Chunk
from glowray.rows.encode import encode
from glowray.rows.shape import Fields
from glowray.vectorize.arrow.blocks import vector_chunk

BLOCK_ROWS = 65_536
"""Rows of a block that is made of a table."""


def combined(
    step: CombineByKey, loop: Loop, run: ChainRun | None, stream: Morsels, to_blocks: bool = False
) -> Morsels:  # fmt: skip
    """(key, accumulator) for the keys of the rows that a segment's row steps make of `stream`.

    `to_blocks`: they are wanted as blocks, so that no row has to be made of them.
    """
    if run is not None and run.chain.fold is not None:
        return _by_columns(step, run, stream)
    table = KeyTable()
    entries, miss = table.entries, step.missing(table, loop.cells is not None)
    if loop.records is not None:
        for rows, fold in record_parts(loop.records, loop, stream):
            fold(rows, table.get, entries, MISSING, miss)
    elif run is None:
        whole = loop.function()
        for rows in as_rows(stream):
            whole(rows, table.get, entries, MISSING, miss)
    else:
        for rows, go in run.parts(stream):
            assert go is not None, "where columns end before a combiner, a loop does its work"
            go(rows, table.get, entries, MISSING, miss)
    if to_blocks and not table.shown:
        return _pairs(list(entries), _accumulators(entries.values(), loop.cells))
    return pieces(_items(table, loop.cells))


def _items(table: KeyTable, cells: int | None) -> Iterator[tuple[Any, Any]]:
    return table.items() if cells is None else ((key, tuple(cell)) for key, cell in table.items())


def _accumulators(entries: Iterable[Any], cells: int | None) -> list[Any]:
    return list(entries) if cells is None else list(map(tuple, entries))


def _pairs(keys: list[Any], values: list[Any]) -> Iterator[Block]:
    """The items of a table, keys beside values."""
    for start in range(0, len(keys), BLOCK_ROWS):
        columns = [encode(side[start : start + BLOCK_ROWS], 1) for side in (keys, values)]
        shape = Fields("tuple", (), tuple(shape for shape, _ in columns))
        count = min(BLOCK_ROWS, len(keys) - start)
        yield Block((Chunk(shape, [array for _, arrays in columns for array in arrays], count),))


def _by_columns(step: CombineByKey, run: ChainRun, stream: Morsels) -> Morsels:
    chain = run.chain
    assert chain.fold is not None and chain.combine is not None
    kind = pair_kind(chain.result)
    assert kind is not None
    columns = FoldTable(kind, chain.fold)
    made = run.blocks(stream, vector_chunk)
    for morsel in made:
        block = morsel if isinstance(morsel, Block) else None
        if block is None or not columns.add(block):
            return _in_python(step, columns, chain.combine, morsel, made)
    if not columns.fold():
        return _in_python(step, columns, chain.combine, [], made)
    return iter([columns.folded()])


def _in_python(step: CombineByKey, columns: FoldTable, loop: Loop, first: Any, others: Morsels) -> Morsels:
    """Goes on in Python: with what columns have folded, with what they had gathered, and with all that comes."""
    table = KeyTable()
    fold, entries, miss = loop.function(), table.entries, step.missing(table, loop.cells is not None)
    for key, known in columns.folded().rows():
        entries[key if type(key) in PLAIN else table.admit(key)] = known if loop.cells is None else list(known)
    for stream in (iter([columns.gathered(), first]), others):
        for rows in as_rows(stream):
            fold(rows, table.get, entries, MISSING, miss)
    return pieces(_items(table, loop.cells))
