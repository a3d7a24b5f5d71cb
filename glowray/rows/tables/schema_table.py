"""Convert rows to a table of a schema that the user gave. A value that its column's type cannot hold is an error."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.types as kinds

from glowray.errors import InexactColumn
from glowray.rows.block import Block
from glowray.rows.codec.chunk import Chunk
from glowray.rows.tables.arrow_table import ChunkColumns, RowsTable, check_kinds, table_of
from glowray.rows.tables.column_errors import MAP_OR_SCHEMA, row_text
from glowray.rows.tables.recast import recast, same_family


def table_by_schema(blocks: Sequence[Block], schema: pa.Schema) -> pa.Table:
    """Return the rows of all blocks as a table of exactly this schema.

    >>> schema = pa.schema({"n": pa.float64(), "s": pa.string()})
    >>> table_by_schema([Block.from_rows([{"n": 1}, {"n": 2.5}])], schema).to_pydict()
    {'n': [1.0, 2.5], 's': [None, None]}

    A field that a row lacks is null. Raises InexactColumn for a value that its column's type cannot hold. Raises
    ValueError for a row with a field that the schema lacks.
    """
    pieces = [chunk_by_schema(chunk, schema) for block in blocks for chunk in block.chunks]
    check_kinds(pieces)
    return pa.concat_tables([schema.empty_table(), *(piece.table for piece in pieces)])


def chunk_by_schema(chunk: Chunk, schema: pa.Schema) -> RowsTable:
    """Return the rows of a chunk as a table of exactly this schema, by the rules of `table_by_schema`."""
    columns = ChunkColumns(chunk, MAP_OR_SCHEMA)
    known, own = set(schema.names), set(columns.names)
    more = [name for name in columns.names if name not in known] if columns.kind != "None" else []
    if more:
        rows = chunk.rows()
        row = next((row for row in rows if not isinstance(row, dict) or more[0] in row), rows[0])
        raise ValueError(f"schema= lacks the column {more[0]!r} of the row {row_text(row)}: add it, or drop the field")
    arrays = [
        _typed(columns, field) if field.name in own else _nulls(chunk, field) for field in schema
    ]  # fmt: skip
    return RowsTable(pa.Table.from_arrays(arrays, schema=schema), columns.kind, chunk)


def chunk_by_types(chunk: Chunk, types: pa.Schema) -> RowsTable:
    """Return the rows of a chunk as a table of the rows' own columns.

    A column that `types` names has the type given there. Raises InexactColumn as `chunk_table` does, and for a value
    that the given type cannot hold.
    """
    columns = ChunkColumns(chunk, MAP_OR_SCHEMA)
    fields = {field.name: field for field in types}
    arrays = [_typed(columns, fields[name]) if name in fields else columns.array(name) for name in columns.names]
    return RowsTable(table_of(columns.names, arrays, len(chunk)), columns.kind, chunk)


def _typed(columns: ChunkColumns, field: pa.Field) -> pa.Array:
    """Return a column as an array of the field's type."""
    array = None
    if columns.records is None:  # The columns are Arrow arrays already.
        try:
            own = columns.array(field.name)
            if kinds.is_null(own.type) or same_family(own.type, field.type):
                array = recast(own, field.type)
        except (InexactColumn, pa.ArrowInvalid):
            pass  # The conversion by value may succeed, or it names the value that does not fit.
    if array is None:
        array = _converted(columns, field)
    if not field.nullable and array.null_count:
        row = columns.chunk.rows()[array.is_null().index(True).as_py()]
        raise InexactColumn(f'column "{field.name}" is not nullable in schema=, but is None in the row {row_text(row)}')
    return array


def _nulls(chunk: Chunk, field: pa.Field) -> pa.Array:
    if not field.nullable and len(chunk):
        row = row_text(chunk.rows()[0])
        raise InexactColumn(f'column "{field.name}" is not nullable in schema=, but is not in the row {row}')
    return pa.nulls(len(chunk), field.type)


def _converted(columns: ChunkColumns, field: pa.Field) -> pa.Array:
    values = columns.values(field.name)
    array = _array(values, field.type)
    if array is not None:
        return array
    place = next((place for place, value in enumerate(values) if _array([value], field.type) is None), 0)
    raise InexactColumn(
        f'column "{field.name}" is {field.type} in schema=, which cannot hold {row_text(values[place])}'
        f" of the row {row_text(columns.chunk.rows()[place])}: map it to a value that fits, or choose another type"
    )


def _array(values: list[Any], kind: pa.DataType) -> pa.Array | None:
    """Return the values as an array of a type, or None if a value would come back changed.

    Arrow's own conversion would truncate fractions of numbers and times, and drop fields of dicts.
    """
    try:
        array = pa.array(values, kind)
        back = array.to_pylist()
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        return None
    return array if all(_is_kept(*pair, kind) for pair in zip(values, back, strict=True)) else None


def _is_kept(value: Any, back: Any, kind: pa.DataType) -> bool:
    if value is None or back is None:
        return value is back
    if kinds.is_struct(kind):
        if not isinstance(value, dict) or not value.keys() <= back.keys():
            return False
        return all(_is_kept(value.get(field.name), back[field.name], field.type) for field in kind)
    if kinds.is_map(kind):
        return bool((list(value.items()) if isinstance(value, dict) else list(map(tuple, value))) == back)
    if kinds.is_list(kind) or kinds.is_large_list(kind) or kinds.is_fixed_size_list(kind):
        return len(value) == len(back) and all(
            _is_kept(*pair, kind.value_type) for pair in zip(value, back, strict=True)
        )
    if kinds.is_boolean(kind) != isinstance(value, bool):
        return False
    if kinds.is_floating(kind):
        return _is_same_number(value, back, kind.bit_width)
    return bool(value == back)


def _is_same_number(value: Any, back: float, width: int) -> bool:
    """Say whether a float is the number. A float may be rounded to fewer than 64 bits, as pyarrow's safe cast does.

    >>> _is_same_number(0.1, 0.10000000149011612, 32), _is_same_number(2**24 + 1, 16777216.0, 32)
    (True, False)
    """
    if math.isnan(back) or math.isnan(value):
        return math.isnan(back) and math.isnan(value)
    return bool(value == back) or (width < 64 and isinstance(value, float) and not math.isinf(back))
