"""Concatenate chunks of different shapes into one chunk. A column stays typed if all chunks agree on its type."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa

from glowray.rows.codec.chunk import Chunk
from glowray.rows.codec.decode import decode
from glowray.rows.codec.encode import Encoded, encode
from glowray.rows.codec.pickled_column import PickledColumn
from glowray.rows.types.scalar_kinds import NONE
from glowray.rows.types.shape import Fields, Pickled, Scalar, Shape

Part = tuple[Shape, list[Any], int]
"""(Shape, columns, number of values) of one chunk or of one field of it."""


def together(chunks: Sequence[Chunk]) -> Chunk:
    """Return the rows of all chunks in order as one chunk. There is at least one chunk.

    >>> parts = [Chunk.from_rows(rows) for rows in ([("a", 1)], [("b", None)], [("c", 2.5)])]
    >>> print(together(parts[:2]).shape, together(parts).shape)
    (str, int) (str, pickled)
    """
    if len(chunks) == 1:
        return chunks[0]
    shape, columns = _together([(chunk.shape, chunk.columns, chunk.count) for chunk in chunks])
    return Chunk(shape, columns, sum(map(len, chunks)))


def _together(parts: Sequence[Part]) -> Encoded:
    shapes = [shape for shape, _, _ in parts if not _is_none(shape)]
    if all(shape == shapes[0] for shape in shapes) and not isinstance(shapes[0] if shapes else None, Fields):
        return _one_column(shapes[0] if shapes else Scalar(NONE), parts)
    fields = [shape for shape in shapes if isinstance(shape, Fields)]
    if len(fields) == len(shapes) and all(shape.outline == fields[0].outline for shape in fields):
        return _side_by_side(fields, parts)
    return encode([value for part in parts for value in _values(part)])


def _is_none(shape: Shape) -> bool:
    return isinstance(shape, Scalar) and shape.kind == NONE


def _one_column(shape: Shape, parts: Sequence[Part]) -> Encoded:
    if isinstance(shape, Pickled):
        return shape, [PickledColumn.of([value for part in parts for value in _values(part)])]
    typed = [column.type for own, (column, *_), _ in parts if own == shape]
    arrays = [column if own == shape else pa.nulls(count, typed[0]) for own, (column, *_), count in parts]
    return shape, [pa.concat_arrays(arrays)]


def _side_by_side(fields: Sequence[Fields], parts: Sequence[Part]) -> Encoded:
    optional = len(fields) < len(parts) or any(shape.optional for shape in fields)
    columns: list[Any] = [pa.concat_arrays(list(map(_is_there, parts)))] if optional else []
    children = []
    for place in range(len(fields[0].children)):
        child, child_columns = _together([_child(part, place) for part in parts])
        children.append(child)
        columns += child_columns
    return replace(fields[0], children=tuple(children), optional=optional), columns


def _is_there(part: Part) -> pa.Array:
    shape, columns, count = part
    if isinstance(shape, Fields):
        return columns[0] if shape.optional else pa.repeat(True, count)
    return pa.repeat(False, count)


def _child(part: Part, place: int) -> Part:
    shape, columns, count = part
    if not isinstance(shape, Fields):
        return part
    child, start, stop = list(shape.spans())[place]
    return child, columns[start:stop], count


def _values(part: Part) -> list[Any]:
    """Return the values as Python objects. The caller must not change them while the part is in use."""
    shape, columns, count = part
    return columns[0].objects() if isinstance(shape, Pickled) else decode(shape, columns, count)
