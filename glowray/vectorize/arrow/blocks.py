"""Columns of blocks as the vectors of column programs, and back; no value is copied where Arrow and NumPy agree."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from glowray.rows import Block
from glowray.rows.chunk import Chunk
from glowray.rows.scalars import scalar_kind
from glowray.rows.shape import Fields, Scalar, Shape
from glowray.vectorize.arrow.frame import Vector
from glowray.vectorize.arrow.kinds import Kind, RecordOf, TupleOf

_SAMPLES: dict[type, Any] = {int: 0, float: 0.0, bool: False, str: ""}
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


def vector_of(kind: Kind, chunk: Chunk) -> Vector | None:
    """The vector of a chunk's rows; None if they are not of this kind, or some value is None."""
    if kind_of(chunk.shape) != kind or any(column.null_count for column in chunk.columns):
        return None
    return _vector(kind, iter(chunk.columns))


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
