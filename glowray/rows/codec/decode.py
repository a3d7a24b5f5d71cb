"""Decode columns into rows: fresh Python objects of exactly the types and values that were encoded."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from glowray.rows.arrow.numpy_columns import as_numpy
from glowray.rows.codec.object_fields import put_together, put_together_records
from glowray.rows.codec.pickled_column import PickledColumn
from glowray.rows.types.shape import Fields, ListShape, Pickled, Scalar, Shape, explode


def decode(shape: Shape, columns: list[Any], count: int) -> list[Any]:
    """Return the `count` values that the columns of a shape hold."""
    if isinstance(shape, Scalar):
        return shape.kind.decode(columns[0])
    if isinstance(shape, Fields):
        return _decode_fields(shape, columns, count)
    if isinstance(shape, ListShape):
        return _decode_lists(shape, columns[0])
    assert isinstance(shape, Pickled) and isinstance(columns[0], PickledColumn)
    return columns[0].copies()


def _decode_fields(shape: Fields, columns: list[Any], count: int) -> list[Any]:
    fields = [decode(child, columns[start:stop], count) for child, start, stop in shape.spans()]
    rows: list[Any]
    if shape.kind == "tuple":
        rows = list(zip(*fields, strict=True)) if fields else [()] * count
    elif shape.kind == "record":
        rows = put_together_records(shape.names, fields, count)
    else:
        assert shape.cls is not None
        rows = put_together(shape.cls, shape.names, fields, count)
    if shape.optional:
        for index in pc.indices_nonzero(pc.invert(columns[0])).to_pylist():
            rows[index] = None
    return rows


def _decode_lists(shape: ListShape, array: pa.Array) -> list[Any]:
    flat = array.flatten()
    elements: Any = decode(shape.element, explode(shape.element, flat), len(flat))
    if shape.container == "tuple":
        elements = tuple(elements)
    lengths = as_numpy(pc.fill_null(pc.list_value_length(array), 0))
    stops = np.cumsum(lengths).tolist()
    values: list[Any] = []
    start = 0
    for stop in stops:
        values.append(elements[start:stop])
        start = stop
    if array.null_count:
        for index in pc.indices_nonzero(array.is_null()).to_pylist():
            values[index] = None
    return values
