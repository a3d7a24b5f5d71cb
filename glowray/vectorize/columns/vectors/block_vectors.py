"""Convert columns of blocks to vectors of column programs, and back. Values are shared if Arrow and NumPy agree."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from glowray.rows import Block
from glowray.rows.arrow.numpy_columns import as_numpy
from glowray.rows.codec.chunk import Chunk
from glowray.rows.codec.lazy_chunk import MadeChunk
from glowray.rows.codec.pickled_column import PickledColumn
from glowray.rows.texts.texts import Texts
from glowray.rows.types import shape as shapes
from glowray.rows.types.kinds import Kind, ListOf, Maybe, Opaque, RecordOf, TupleOf
from glowray.rows.types.shape_kinds import kind_of, shape_of
from glowray.vectorize.columns.vectors.frame import Lists, Mask, Nullable, Vector, array_of, arrays_of, parts_of

_FILL: dict[pa.DataType, Any] = {pa.large_string(): "", pa.bool_(): False, pa.float64(): 0.0}


def kinds_of(block: Block) -> tuple[Kind | None, ...]:
    """Return the distinct kinds of a block's chunks."""
    return tuple(dict.fromkeys(kind_of(chunk.shape) for chunk in block.chunks))


def has_none(chunk: Chunk) -> bool:
    """Return whether a typed column holds a None, also inside a list."""
    return any(not isinstance(part, PickledColumn | Texts) and _has_null(part) for part in chunk.parts)


def _has_null(array: Any) -> bool:
    if array.null_count:
        return True
    return pa.types.is_nested(array.type) and any(map(_has_null, _inside(array)))


def _inside(array: Any) -> list[Any]:
    """Return the arrays inside a list array or struct array."""
    flat = array.flatten()
    return flat if isinstance(flat, list) else [flat]


def is_of(kind: Kind, chunk: Chunk) -> bool:
    """Return whether a chunk's rows are of this kind, and no value is None."""
    if kind_of(chunk.shape) != kind or has_maybe(kind):
        return False
    uncut = isinstance(chunk, MadeChunk) and not chunk.is_made
    return not (has_nullable(chunk.vector) if uncut else has_none(chunk))  # type: ignore[attr-defined]


def has_maybe(kind: Kind) -> bool:
    """Return whether tuples or records within a kind may be None."""
    if isinstance(kind, TupleOf):
        return any(map(has_maybe, kind.fields))
    if isinstance(kind, RecordOf):
        return any(has_maybe(each) for _, each in kind.fields)
    return isinstance(kind, Maybe)


def vector_of(kind: Kind, chunk: Chunk) -> Vector | None:
    """Return the vector of a chunk's rows. Return None if they are not of this kind, or some value is None."""
    if not is_of(kind, chunk):
        return None
    if isinstance(chunk, MadeChunk) and not chunk.is_made:
        return arrays_of(chunk.vector)
    return _vector(kind, iter(chunk.columns))


def carried(kind: Kind, chunk: Chunk) -> tuple[Vector, Mask | None]:
    """Return (vector of a chunk's rows, mask of the rows that are right or None for all).

    A row is not right if a list in it holds None, which a vector of lists cannot express.
    """
    if isinstance(chunk, MadeChunk) and not chunk.is_made:
        return chunk.vector, None
    good: Mask | None = None
    columns = []
    for column in chunk.parts:
        if isinstance(column, pa.Array) and pa.types.is_nested(column.type) and _has_null(column):
            column, there = _filled(column)
            good = there if good is None else good & there
        columns.append(column)
    return _vector(kind, iter(columns)), good


def _filled(array: Any) -> tuple[Any, Mask]:
    """Return (the array with a value in place of every null, mask of the values without a null at any depth)."""
    there = as_numpy(array.is_valid())
    if pa.types.is_struct(array.type):
        parts = [_filled(part) for part in array.flatten()]
        made = pa.StructArray.from_arrays([part for part, _ in parts], fields=list(array.type))
        return made, np.logical_and.reduce([there, *(each for _, each in parts)])
    if not pa.types.is_large_list(array.type):
        return array.fill_null(_FILL.get(array.type, 0)) if array.null_count else array, there
    offsets, flat = _lists(array)
    values, good = _filled(flat)
    there = there.copy()
    there[np.searchsorted(offsets, np.flatnonzero(~good), "right") - 1] = False
    return pa.LargeListArray.from_arrays(pa.array(offsets), values), there


def _lists(array: Any) -> tuple[Any, Any]:
    """Return (offsets from 0, elements of all lists). A null counts as an empty list."""
    lengths = as_numpy(array.value_lengths().fill_null(0))
    return np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]), array.flatten()


def _vector(kind: Kind, columns: Any) -> Vector:
    if isinstance(kind, TupleOf):
        return tuple(_vector(each, columns) for each in kind.fields)
    if isinstance(kind, RecordOf):
        return {name: _vector(each, columns) for name, each in kind.fields}
    column = next(columns)
    if isinstance(kind, Maybe):
        return Nullable(_vector(kind.kind, columns), as_numpy(column))
    if isinstance(kind, ListOf):
        offsets, flat = _lists(column)
        return Lists(offsets, _vector(kind.element, iter(shapes.explode(shape_of(kind.element), flat))))
    if isinstance(kind, Opaque) or isinstance(column, Texts):
        return column
    if column.null_count:
        there = as_numpy(column.is_valid())
        return Nullable(_scalars(kind, _without_nulls(column)), there)
    return _scalars(kind, column)


def _without_nulls(column: pa.Array) -> pa.Array:
    """Return the column with any value in place of nulls: only the mask is dropped."""
    _, *buffers = column.buffers()
    return pa.Array.from_buffers(column.type, len(column), [None, *buffers], 0, column.offset)


def _scalars(kind: Kind, column: Any) -> Vector:
    return column if kind is str else as_numpy(column)


def chunk_of(kind: Kind, vector: Vector, count: int) -> Chunk:
    """Return the rows of a vector as a chunk. Each part must have `count` values, as after spread_out()."""
    return Chunk(shape_of(kind), _made(kind, vector), count)


def vector_chunk(kind: Kind, vector: Vector, count: int) -> Chunk:
    """Return the same as a chunk that makes its columns at first use."""
    return MadeChunk(shape_of(kind), vector, count, partial(_made, kind))


def field_of(chunk: Chunk, place: int) -> Chunk:
    """Return one field of a chunk of tuples as a chunk."""
    kind = kind_of(chunk.shape)
    if isinstance(chunk, MadeChunk) and not chunk.is_made and isinstance(kind, TupleOf):
        return vector_chunk(kind.fields[place], chunk.vector[place], chunk.count)
    return chunk.select((place,))


def _made(kind: Kind, vector: Vector) -> list[Any]:
    return list(_columns(kind, vector))


def has_nullable(vector: Vector) -> bool:
    """Return whether some value within a vector may be None."""
    if isinstance(vector, dict):
        vector = tuple(vector.values())
    return any(map(has_nullable, vector)) if isinstance(vector, tuple) else isinstance(vector, Nullable)


def _columns(kind: Kind, vector: Vector) -> Any:
    if isinstance(kind, Maybe):
        there = vector.there if isinstance(vector, Nullable) else np.ones(_length(vector), bool)
        yield pa.array(np.ascontiguousarray(there))
        yield from _columns(kind.kind, _only(vector.values, there) if isinstance(vector, Nullable) else vector)
    elif isinstance(kind, TupleOf):
        for each, part in zip(kind.fields, vector, strict=True):
            yield from _columns(each, part)
    elif isinstance(kind, RecordOf):
        for name, each in kind.fields:
            yield from _columns(each, vector[name])
    elif isinstance(kind, ListOf):
        values = shapes.assemble(shape_of(kind.element), list(_columns(kind.element, vector.values)))
        yield pa.LargeListArray.from_arrays(pa.array(vector.offsets), values)
    elif isinstance(vector, Nullable):
        [values] = _columns(kind, vector.values)
        yield pc.if_else(pa.array(np.ascontiguousarray(vector.there)), values, pa.scalar(None, values.type))
    elif kind is str or isinstance(kind, Opaque):
        yield array_of(vector)
    else:
        yield pa.array(np.ascontiguousarray(vector))


def _only(vector: Vector, there: Mask) -> Vector:
    """Return the fields of a tuple or record, with None in the rows where the whole is None."""
    if isinstance(vector, tuple):
        return tuple(_only(each, there) for each in vector)
    if isinstance(vector, dict):
        return {name: _only(each, there) for name, each in vector.items()}
    if isinstance(vector, pa.Array) and not pa.types.is_large_string(vector.type):  # a kind that is Opaque
        return pc.if_else(pa.array(np.ascontiguousarray(there)), vector, pa.scalar(None, vector.type))
    values, own = parts_of(vector)
    return Nullable(values, there & own)


def _length(vector: Vector) -> int:
    while isinstance(vector, tuple | dict):
        vector = next(iter(vector.values() if isinstance(vector, dict) else vector))
    return len(vector.there if isinstance(vector, Nullable) else vector)
