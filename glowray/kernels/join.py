"""Joins of keyed rows by key: rows in, rows out, both as columns; the sides' values are only moved, never looked at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa

from glowray.kernels.key_groups import KeyGroups, Rows, key_groups
from glowray.kernels.keyed import keyed_row
from glowray.kernels.morsels import BATCH
from glowray.kernels.product import Picked, matched, needed, product
from glowray.rows import Block
from glowray.rows.chunk import Chunk
from glowray.rows.shape import Fields
from glowray.rows.together import together

COPIED = 64 * 1024 * 1024
"""Bytes of a side's keys or values up to which its blocks are put together: taking from one costs less."""

ROWS_ALONE = ("semi", "anti")
"""Joins whose rows are the first side's as they are."""


def join(sides: Sequence[Sequence[Block]], how: str, verb: str) -> Iterator[Block]:
    """The rows of a join, in the order that `product` says.

    >>> left, right = Block.from_rows([("a", 1), ("b", 2)]), Block.from_rows([("b", "x"), ("b", "y")])
    >>> [row for block in join([[left], [right]], "left", "join") for row in block.rows()]
    [('a', (1, None)), ('b', (2, 'x')), ('b', (2, 'y'))]

    Raises TypeError for rows that are not keyed.
    """
    pairs = [[pair(chunk, verb) for block in side for chunk in block.chunks] for side in sides]
    groups = key_groups([[keys for keys, _ in side] for side in pairs])
    if how in ROWS_ALONE:
        yield from _own_rows(Block.concat(sides[0]), matched(groups, every=how == "semi"))
        return
    keys, values = ([_columns([part[field] for part in side]) for side in pairs] for field in (0, 1))
    must = needed(how, len(sides))
    for picked in product(groups, how):
        if len(picked.groups):
            yield Block([_row(_keys(keys[picked.lead], picked, groups), values, picked, must)])


def pair(chunk: Chunk, verb: str) -> tuple[Chunk, Chunk]:
    """The keys and the values of keyed rows.

    Raises TypeError for a row that is none.
    """
    columns = chunk.pair()
    if columns is not None:
        return columns
    rows = [keyed_row(row, verb) for row in chunk.rows()]
    return Chunk.from_rows([row[0] for row in rows]), Chunk.from_rows([row[1] for row in rows])


def _columns(parts: Sequence[Chunk]) -> Block:
    """The parts as they are, or as one chunk where that costs little: then taking from them costs less."""
    is_small = sum(column.nbytes for part in parts for column in part.columns if isinstance(column, pa.Array)) <= COPIED
    return Block([together(parts)] if parts and is_small else parts)


def _own_rows(rows: Block, positions: Rows) -> Iterator[Block]:
    for start in range(0, len(positions), BATCH):
        yield rows.take(positions[start : start + BATCH])


def _keys(keys: Block, picked: Picked, groups: KeyGroups) -> Chunk:
    """The first key of every row's group; any of them where they look alike."""
    own = picked.positions[picked.lead]
    return _at(keys, own if groups.alike else groups.firsts_in(picked.lead)[picked.groups])


def _row(keys: Chunk, values: Sequence[Block], picked: Picked, must: Sequence[bool]) -> Chunk:
    """(key, (value of each side, …)), of one shape whether or not a value that may be absent is there in all rows."""
    parts = [_at(side, positions) for side, positions in zip(values, picked.positions, strict=True)]
    parts = [part if there else part.or_none() for part, there in zip(parts, must, strict=True)]
    fields = Fields("tuple", (), tuple(part.shape for part in parts))
    columns = [column for part in (keys, *parts) for column in part.columns]
    return Chunk(Fields("tuple", (), (keys.shape, fields)), columns, len(picked.groups))


def _at(rows: Block, positions: Rows) -> Chunk:
    """The rows at the positions as one chunk, None at -1; not copied where they stand next to each other."""
    first, last = int(positions[0]), int(positions[-1])
    if first >= 0 and last - first == len(positions) - 1 and bool((np.diff(positions) == 1).all()):
        return together(rows.slice(first, last + 1).chunks)
    if len(rows.chunks) == 1:
        return rows.chunks[0].take_or_none(positions)
    there = positions >= 0
    found = rows.take(positions[there]).chunks or (Chunk.from_rows([]),)
    return together(found).take_or_none(np.where(there, np.cumsum(there) - 1, -1))
