"""Columns of blocks as the vectors of column programs, and back; no value is copied where Arrow and NumPy agree."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from glowray.rows import Block
from glowray.rows.chunk import Chunk
from glowray.rows.pickled import PickledColumn
from glowray.rows.scalars import scalar_kind
from glowray.rows.shape import Fields, Scalar, Shape
from glowray.vectorize.arrow.frame import Mask, Vector
from glowray.vectorize.arrow.kinds import Kind, RecordOf, TupleOf

_SAMPLES: dict[type, Any] = {int: 0, float: 0.0, bool: False, str: ""}
_FILL: dict[pa.DataType, Any] = {pa.large_string(): "", pa.bool_(): False, pa.float64(): 0.0}
_SHAPES: dict[type, Scalar] = {}
_TYPES: dict[str, type] = {cls.__name__: cls for cls in _SAMPLES}


def kind_of(shape: Shape) -> Kind | None:
    """The kind of rows of a shape whose values are all there; None where column programs have none.

    >>> from glowray.rows.encode import encode
    >>> kind_of(encode([("a", 1)])[0])
    TupleOf(fields=(<class 'str'>, <class 'int'>))
    """
    if isinstance(shape, Scalar):
        return _TYPES.get(shape.kind.name)
    if not isinstance(shape, Fields) or shape.optional or shape.cls is not None or not shape.children:
        return None
    kinds = [kind_of(child) for child in shape.children]
    known = [kind for kind in kinds if kind is not None]
    if len(known) < len(kinds):
        return None
    return TupleOf(tuple(known)) if shape.kind == "tuple" else RecordOf(tuple(zip(shape.names, known, strict=True)))


def kinds_of(block: Block) -> tuple[Kind | None, ...]:
    """The kinds of the rows of a block's chunks, each once."""
    return tuple(dict.fromkeys(kind_of(chunk.shape) for chunk in block.chunks))


def shape_of(kind: Kind) -> Shape:
    """The shape of rows of a kind; the inverse of `kind_of`."""
    if isinstance(kind, TupleOf):
        return Fields("tuple", (), tuple(map(shape_of, kind.fields)))
    if isinstance(kind, RecordOf):
        names, kinds = zip(*kind.fields, strict=True)
        return Fields("record", names, tuple(map(shape_of, kinds)))
    assert isinstance(kind, type)
    if kind not in _SHAPES:
        scalar = scalar_kind(kind, [_SAMPLES[kind]])
        assert scalar is not None
        _SHAPES[kind] = Scalar(scalar)
    return _SHAPES[kind]


def has_none(chunk: Chunk) -> bool:
    """Whether some value in a typed column is None."""
    return any(not isinstance(column, PickledColumn) and column.null_count for column in chunk.columns)


def vector_of(kind: Kind, chunk: Chunk) -> Vector | None:
    """The vector of a chunk's rows; None if they are not of this kind, or some value is None."""
    if kind_of(chunk.shape) != kind or has_none(chunk):
        return None
    return _vector(kind, iter(chunk.columns))


def filled(chunk: Chunk) -> tuple[Chunk, Mask]:
    """The chunk with some value in the place of every None, and which of its rows had none."""
    good = np.ones(chunk.count, dtype=bool)
    columns = []
    for column in chunk.columns:
        if not isinstance(column, PickledColumn) and column.null_count:
            good &= column.is_valid().to_numpy(zero_copy_only=False)
            column = column.fill_null(_FILL.get(column.type, 0))
        columns.append(column)
    return Chunk(chunk.shape, columns, chunk.count), good


def _vector(kind: Kind, columns: Any) -> Vector:
    if isinstance(kind, TupleOf):
        return tuple(_vector(each, columns) for each in kind.fields)
    if isinstance(kind, RecordOf):
        return {name: _vector(each, columns) for name, each in kind.fields}
    column = next(columns)
    return column if kind is str else column.to_numpy(zero_copy_only=False)


def chunk_of(kind: Kind, vector: Vector, count: int) -> Chunk:
    """The rows of a spread-out vector as a chunk."""
    return Chunk(shape_of(kind), list(_columns(kind, vector)), count)


def _columns(kind: Kind, vector: Vector) -> Any:
    if isinstance(kind, TupleOf):
        for each, part in zip(kind.fields, vector, strict=True):
            yield from _columns(each, part)
    elif isinstance(kind, RecordOf):
        for name, each in kind.fields:
            yield from _columns(each, vector[name])
    else:
        yield vector if kind is str else pa.array(np.ascontiguousarray(vector))
