"""Chunks as bytes, out of band (PEP 574): Arrow IPC for typed columns, one pickle for each pickled column."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from glowray.rows.chunk import Chunk, PickledShape
from glowray.rows.pickled import PickledColumn
from glowray.rows.pickling import Beside, dumps, loads
from glowray.rows.shape import Pickled, Shape, leaf_type, leaves

SHAPE_KEY = b"glowray.shape"

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


def to_table(chunks: Sequence[Chunk]) -> pa.Table:
    """Return chunks of one shape as a table.

    A pickled column has a chunk's pickle in the chunk's first row, and nulls in its other rows.
    """
    first = chunks[0]
    names = [".".join(map(str, path)) or "value" for path, _ in leaves(first.shape)]
    fields = [(name, leaf_type(leaf)) for name, (_, leaf) in zip(names, leaves(first.shape), strict=True)]
    schema = pa.schema(fields, metadata={SHAPE_KEY: first.pickled_shape.of(first.shape)})
    if not fields:
        raise ValueError("rows without a column have no table")
    batches = [pa.record_batch([_as_array(column) for column in chunk.columns], schema=schema) for chunk in chunks]
    return pa.Table.from_batches(batches, schema)


def from_table(table: pa.Table) -> list[Chunk]:
    """Return the chunks of a table that `to_table` made, or of a concatenation of such tables of one shape.

    It unpickles the shape and the pickled columns, so the table must be trusted.
    """
    data = (table.schema.metadata or {}).get(SHAPE_KEY)
    if data is None:
        raise ValueError(f"the table holds no rows of glowray: its metadata has no {SHAPE_KEY.decode()!r}")
    shape: Shape = loads(data)
    header = PickledShape(data)
    chunks = []
    for batch in table.to_batches():
        columns = [
            _from_array(column) if isinstance(leaf, Pickled) else column
            for column, (_, leaf) in zip(batch.columns, leaves(shape), strict=True)
        ]
        chunks.append(Chunk(shape, columns, batch.num_rows, header))
    return chunks


def _message(chunk: Chunk, arrays: list[pa.Array]) -> Any:
    return _batch(chunk, arrays).serialize() if chunk.message is None else chunk.message


def _batch(chunk: Chunk, arrays: list[pa.Array]) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays(arrays, schema=_schema(chunk.shape))


def _schema(shape: Shape) -> pa.Schema:
    types = [leaf_type(leaf) for _, leaf in leaves(shape) if not isinstance(leaf, Pickled)]
    return pa.schema([(str(index), arrow) for index, arrow in enumerate(types)])


def _as_array(column: Any) -> pa.Array:
    if not isinstance(column, PickledColumn):
        return column
    data = dumps(column.objects()) if column.beside() else column.pickle()
    return pa.array([bytes(data)] + [None] * (len(column) - 1), pa.large_binary())


def _from_array(array: pa.Array) -> PickledColumn:
    starts = [index for index, blob in enumerate(array.to_pylist()) if blob is not None]
    if not starts or starts[0] != 0:
        raise ValueError("a pickled column was cut: its rows' pickle is missing")
    objects: list[Any] = []
    for start, stop in zip(starts, [*starts[1:], len(array)], strict=True):
        part = loads(array[start].as_py())
        if len(part) != stop - start:
            raise ValueError("a pickled column was cut: its pickle is of another number of rows")
        objects += part
    return PickledColumn.of(objects)
