"""Chunks as bytes, out of band (PEP 574): Arrow IPC for typed columns, one pickle for each pickled column."""

from __future__ import annotations

import pickle
from typing import Any

import pyarrow as pa

from glowray.rows.codec.chunk import Chunk, PickledShape
from glowray.rows.codec.pickled_column import PickledColumn
from glowray.rows.objects.pickling import Beside, loads
from glowray.rows.types.shape import Pickled, Shape, arrow_type, leaves

Part = tuple[bytes, int, Any, tuple[Any, ...]]


def to_part(chunk: Chunk, out_of_band: bool) -> Part:
    """Return (pickled shape, row count, Arrow message, pickles) of one chunk. Holds only the chunk's own rows."""
    wrap = pickle.PickleBuffer if out_of_band else bytes
    arrays = [column for column in chunk.columns if not isinstance(column, PickledColumn)]
    message = wrap(_message(chunk, arrays)) if arrays else None
    pickles = tuple(
        (wrap(column.pickle()), column.beside()) for column in chunk.columns if isinstance(column, PickledColumn)
    )
    return chunk.pickled_shape.of(chunk.shape), chunk.count, message, pickles


def from_part(part: Part) -> Chunk:
    """Return the chunk that `to_part` serialised. Its columns point into the part's buffers."""
    data, count, message, pickles = part
    shape: Shape = loads(data)
    arrays = iter(() if message is None else pa.ipc.read_record_batch(pa.py_buffer(message), _schema(shape)).columns)
    blobs = iter(pickles)
    columns: list[Any] = [
        _from_blob(next(blobs), count) if isinstance(leaf, Pickled) else next(arrays) for _, leaf in leaves(shape)
    ]
    return Chunk(shape, columns, count, PickledShape(data), (message, count))


def _from_blob(blob: tuple[Any, tuple[Beside, ...]], count: int) -> PickledColumn:
    data, beside = blob
    return PickledColumn.from_pickle(memoryview(data), count, beside)


def _message(chunk: Chunk, arrays: list[pa.Array]) -> Any:
    if chunk.message is not None:
        return chunk.message
    return pa.RecordBatch.from_arrays(arrays, schema=_schema(chunk.shape)).serialize()


def _schema(shape: Shape) -> pa.Schema:
    typed = (leaf for _, leaf in leaves(shape) if not isinstance(leaf, Pickled))
    types = (pa.bool_() if leaf is None else arrow_type(leaf) for leaf in typed)
    return pa.schema([(str(index), arrow) for index, arrow in enumerate(types)])
