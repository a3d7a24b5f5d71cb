"""Joins of keyed rows by key, as columns. Values are moved and never looked at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa

from glowray.kernels.base.keyed import keyed_row
from glowray.kernels.base.morsels import BATCH
from glowray.kernels.base.steps import Step
from glowray.kernels.join.matching_row_numbers import Picked, matched, needed, product
from glowray.kernels.keys.keyed_step import check_keys
from glowray.kernels.keys.rows_of_equal_keys import KeyGroups, Rows, key_groups
from glowray.rows import Block
from glowray.rows.codec.chunk import Chunk
from glowray.rows.codec.chunk_concat import together
from glowray.rows.texts.taken_texts import TakenTexts, stand_together, taken
from glowray.rows.types.kinds import Kind, RecordOf, TupleOf, holds_list
from glowray.rows.types.shape import Fields
from glowray.rows.types.shape_kinds import kind_of
from glowray.vectorize.columns.vectors.block_vectors import vector_chunk, vector_of
from glowray.vectorize.columns.vectors.frame import Vector

COPIED = 64 * 1024 * 1024
"""Bytes of keys or values up to which a side's blocks are joined into one. Taking rows from one block costs less."""

ROWS_ALONE = ("semi", "anti")
"""Joins that give rows of the first side unchanged."""


def join(sides: Sequence[Sequence[Block]], how: str, verb: str, before: int = 0) -> Iterator[Block]:
    """Yield the rows of a join in the order of `product`.

    >>> left, right = Block.from_rows([("a", 1), ("b", 2)]), Block.from_rows([("b", "x"), ("b", "y")])
    >>> [row for block in join([[left], [right]], "left", "join") for row in block.rows()]
    [('a', (1, None)), ('b', (2, 'x')), ('b', (2, 'y'))]

    Args:
        sides: the blocks of each side.
        how: inner, left, right, outer, semi or anti.
        verb: the user's verb, for errors.
        before: rows at the start of the first side that are not joined. Later rows with equal keys show their keys.

    Raises TypeError for rows that are not keyed.
    """
    pairs = [[pair(chunk, verb) for block in side for chunk in block.chunks] for side in sides]
    groups = key_groups([[keys for keys, _ in side] for side in pairs])
    if how in ROWS_ALONE:
        yield from _own_rows(Block.concat(sides[0]), matched(groups, every=how == "semi"))
        return
    keys, values = ([_columns([part[field] for part in side]) for side in pairs] for field in (0, 1))
    must = needed(how, len(sides))
    key_vectors, value_vectors = ([_vectors(side) if all(must) else None for side in part] for part in (keys, values))
    for picked in product(groups, how, before):
        if not len(picked.groups):
            continue
        places = _key_places(picked, groups)
        made = _made([(key_vectors[picked.lead], places), *zip(value_vectors, picked.positions, strict=True)])
        yield Block([made or _row(_at(keys[picked.lead], places), values, picked, must)])


def pair(chunk: Chunk, verb: str) -> tuple[Chunk, Chunk]:
    """Return the keys and the values of keyed rows.

    Raises TypeError for a row that is no keyed row.
    """
    columns = chunk.pair()
    if columns is not None:
        return columns
    rows = [keyed_row(row, verb) for row in chunk.rows()]
    return Chunk.from_rows([row[0] for row in rows]), Chunk.from_rows([row[1] for row in rows])


def _columns(parts: Sequence[Chunk]) -> Block:
    """Return the parts, joined into one chunk if they are small."""
    is_small = sum(column.nbytes for part in parts for column in part.columns if isinstance(column, pa.Array)) <= COPIED
    return Block([together(parts)] if parts and is_small else parts)


def _own_rows(rows: Block, positions: Rows) -> Iterator[Block]:
    for start in range(0, len(positions), BATCH):
        yield rows.take(positions[start : start + BATCH])


def _key_places(picked: Picked, groups: KeyGroups) -> Rows:
    """Return each row's position in the leading side: its group's first key, or any key if equal keys look alike."""
    return picked.positions[picked.lead] if groups.alike else groups.firsts_in(picked.lead)[picked.groups]


def _vectors(rows: Block) -> tuple[Kind, Vector] | None:
    """Return the kind and vector of keys or values, or None unless they are one chunk of columns without None."""
    chunk = rows.chunks[0] if len(rows.chunks) == 1 else None
    kind = None if chunk is None else kind_of(chunk.shape)
    if chunk is None or kind is None or holds_list(kind):
        return None
    vector = vector_of(kind, chunk)
    return None if vector is None else (kind, vector)


def _made(parts: Sequence[tuple[tuple[Kind, Vector] | None, Rows]]) -> Chunk | None:
    """Return rows (key, (value of each side, …)) whose texts are copied when they are used, or None without vectors."""
    kinds: list[Kind] = []
    vectors: list[Vector] = []
    for found, positions in parts:
        if found is None:
            return None
        kinds.append(found[0])
        vectors.append(_taken(*found, positions))
    kind = TupleOf((kinds[0], TupleOf(tuple(kinds[1:]))))
    return vector_chunk(kind, (vectors[0], tuple(vectors[1:])), len(parts[0][1]))


def _taken(kind: Kind, vector: Vector, positions: Rows) -> Vector:
    if isinstance(kind, TupleOf):
        return tuple(_taken(each, part, positions) for each, part in zip(kind.fields, vector, strict=True))
    if isinstance(kind, RecordOf):
        return {name: _taken(each, vector[name], positions) for name, each in kind.fields}
    if kind is str:
        return TakenTexts(vector, positions)
    return taken(vector, positions) if isinstance(vector, pa.Array) else vector[positions]


def _row(keys: Chunk, values: Sequence[Block], picked: Picked, must: Sequence[bool]) -> Chunk:
    """Return rows (key, (value of each side, …)). A side that may be absent always has an optional shape."""
    parts = [_at(side, positions) for side, positions in zip(values, picked.positions, strict=True)]
    parts = [part if there else part.or_none() for part, there in zip(parts, must, strict=True)]
    fields = Fields("tuple", (), tuple(part.shape for part in parts))
    columns = [column for part in (keys, *parts) for column in part.columns]
    return Chunk(Fields("tuple", (), (keys.shape, fields)), columns, len(picked.groups))


def _at(rows: Block, positions: Rows) -> Chunk:
    """Return the rows at positions as one chunk, None at -1. Neighbouring rows are not copied."""
    if stand_together(positions):
        return together(rows.slice(int(positions[0]), int(positions[-1]) + 1).chunks)
    if len(rows.chunks) == 1:
        return rows.chunks[0].take_or_none(positions)
    there = positions >= 0
    found = rows.take(positions[there]).chunks or (Chunk.from_rows([]),)
    return together(found).take_or_none(np.where(there, np.cumsum(there) - 1, -1))


def keyed_join(step: Step, sides: Sequence[Sequence[Block]], how: str, before: int = 0) -> Iterator[Block]:
    """Yield the rows of a join, as `join` does; for a row that has no key the error names it."""
    failed: TypeError | None = None
    try:
        yield from join(sides, how, step.verb, before)
    except TypeError as error:
        failed = error
    if failed is not None:
        check_keys(step, (row for side in sides for block in side for row in block.rows()))
        raise failed
