"""Convert rows to an Arrow table for other readers: every value exactly, or an error that names the column.

Inside glowray a column that Arrow cannot hold travels pickled; other readers cannot unpickle it. The columns are the
keys of dicts, the field names of named tuples and dataclasses, `0`, `1`, … for tuples, and `value` for other rows.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from glowray.errors import InexactColumn
from glowray.rows.block import Block
from glowray.rows.codec.chunk import Chunk
from glowray.rows.codec.encode import encode
from glowray.rows.objects.pickling import as_list
from glowray.rows.tables.column_errors import (
    MAP,
    Steps,
    Where,
    mixed_kinds,
    no_columns,
    row_is_none,
    value_kind,
    why_inexact,
)
from glowray.rows.tables.column_errors import values_at as values_in
from glowray.rows.tables.common_schema import common_schema
from glowray.rows.tables.foreign_values import numpy_scalars, zoned_datetimes
from glowray.rows.tables.recast import list_array, recast_table, with_elements
from glowray.rows.types.shape import Fields, ListShape, Pickled, Scalar, Shape, assemble, explode

SCALAR_COLUMN = "value"


@dataclass(frozen=True)
class RowsTable:
    """The rows of one chunk as a table, with the chunk itself for errors.

    `kind` names the rows' type: `dict`, `tuple`, the class of a named tuple or dataclass, `value` for rows without
    fields, `None` if all rows are None.
    """

    table: pa.Table
    kind: str
    chunk: Chunk

    @property
    def schema(self) -> pa.Schema:
        return self.table.schema

    def row_with(self, steps: Steps) -> Any:
        """Return the first row that has a value at the path `steps`, or None."""
        steps = steps[1:] if self.kind == SCALAR_COLUMN else steps
        present = (row for row in self.chunk.rows() if any(value is not None for value in values_in(row, steps)))
        return next(present, None)


def arrow_table(blocks: Iterable[Block], fix: str = MAP) -> pa.Table:
    """Return the rows of all blocks as one table. Without rows the table has no columns.

    >>> arrow_table([Block.from_rows([("be", 2)]), Block.from_rows([("or", None)])]).to_pydict()
    {'0': ['be', 'or'], '1': [2, None]}

    Columns are in order of first appearance. A field that a row lacks is null. Raises InexactColumn for a value that
    Arrow cannot hold exactly, and for a column of several types in one or several blocks. The error names `fix` as the
    user's remedy for several types.
    """
    pieces = [chunk_table(chunk, fix) for block in blocks for chunk in block.chunks]
    if not pieces:
        return pa.table({})
    check_kinds(pieces, fix)
    schema = common_schema(pieces, fix)
    if not schema.names:
        raise no_columns()
    return pa.concat_tables([recast_table(piece.table, schema) for piece in pieces])


def rows_table(rows: Sequence[Any]) -> pa.Table:
    """Return a list of rows as one table, by the rules of `arrow_table`."""
    return arrow_table([Block.from_rows(rows)])


def check_kinds(pieces: Sequence[RowsTable], fix: str = MAP) -> None:
    """Raise InexactColumn for rows of several kinds (dicts and tuples), and for None among rows with columns."""
    first: dict[str, RowsTable] = {}
    for piece in pieces:
        first.setdefault(piece.kind, piece)
    if "None" in first and first.keys() - {"None", SCALAR_COLUMN}:
        names = (name for piece in pieces if piece.kind != "None" for name in piece.schema.names)
        raise row_is_none(next(names, SCALAR_COLUMN))
    several = [piece for kind, piece in first.items() if kind != "None"]
    if len(several) > 1:
        rows = [next(row for row in piece.chunk.rows() if row is not None) for piece in several[:2]]
        raise mixed_kinds((), (value_kind(rows[0]), rows[0]), (value_kind(rows[1]), rows[1]), fix)


class ChunkColumns:
    """The columns of a chunk's rows. Each can be read as an Arrow array or as Python values.

    `records` holds the rows as dicts if no encoded columns fit them, else None.
    """

    def __init__(self, chunk: Chunk, fix: str = MAP) -> None:
        self.chunk = chunk
        self.where = Where(chunk.rows, fix=fix)
        self.records: list[dict[str, Any]] | None = None
        shape, columns = chunk.shape, chunk.columns
        if isinstance(shape, Pickled):
            rows = columns[0].objects()
            if set(map(type, rows)) == {dict}:
                self.kind, self.records, self.names = "dict", rows, _all_keys(rows, self.where)
                return
            shape, columns = encode(rows)  # A slice of mixed rows may be of one type.
        self._shape, self._columns = shape, columns
        if isinstance(shape, Fields):
            self._take_fields(shape)
        else:
            self._take_values(shape)

    def array(self, name: str) -> pa.Array:
        """Return a column as an Arrow array of its values' own type.

        Raises InexactColumn if Arrow has no exact type for them.
        """
        if self.records is not None:
            return _objects([row.get(name) for row in self.records], self.where.field(name))
        if self.kind in (SCALAR_COLUMN, "None"):
            return _array(self._shape, self._columns, self.where)
        shape, columns = self._field(name)
        return _array(shape, columns, self.where.field(name))

    def values(self, name: str) -> list[Any]:
        """Return the values of a column."""
        if self.records is not None:
            return [as_list(row.get(name)) for row in self.records]
        if self.kind in (SCALAR_COLUMN, "None"):
            return list(map(as_list, self.chunk.rows()))
        shape, columns = self._field(name)
        return list(map(as_list, Chunk(shape, columns, len(self.chunk)).rows()))

    def _take_fields(self, shape: Fields) -> None:
        self.names = list(shape.names) or list(map(str, range(len(shape.children))))
        if shape.optional and not pc.all(self._columns[0], min_count=0).as_py():
            raise row_is_none(self.names[0] if self.names else SCALAR_COLUMN)
        self._fields = dict(zip(self.names, shape.spans(), strict=True))
        kind = {"record": "dict", "tuple": "tuple"}.get(shape.kind)
        self.kind = kind or (shape.kind if shape.cls is None else shape.cls.__qualname__)

    def _take_values(self, shape: Shape) -> None:
        """Set up the single column `value`. Tuples of several lengths get one column per field instead."""
        self.kind, self.names = SCALAR_COLUMN, [SCALAR_COLUMN]
        if isinstance(shape, Scalar):
            self.kind = "None" if pa.types.is_null(self._columns[0].type) else SCALAR_COLUMN
        elif set(map(type, rows := self.chunk.rows())) == {tuple}:
            self.kind, self.names = "tuple", list(map(str, range(max(map(len, rows)))))
            self.records = [dict(zip(self.names, row, strict=False)) for row in rows]

    def _field(self, name: str) -> tuple[Shape, list[Any]]:
        child, start, stop = self._fields[name]
        return child, self._columns[start:stop]


def chunk_table(chunk: Chunk, fix: str = MAP) -> RowsTable:
    """Return the rows of a chunk as a table."""
    columns = ChunkColumns(chunk, fix)
    arrays = list(map(columns.array, columns.names))
    return RowsTable(table_of(columns.names, arrays, len(chunk)), columns.kind, chunk)


def table_of(names: list[str], arrays: list[pa.Array], count: int) -> pa.Table:
    """Return a table of the columns. Without columns it still has `count` rows."""
    _check_names(names)
    return pa.table(arrays, names=names) if names else pa.table({"": pa.nulls(count)}).select([])


def _check_names(names: Iterable[str]) -> None:
    for name in names:
        try:
            name.encode()
        except UnicodeEncodeError:
            raise InexactColumn(f"column {name!a} has no name in UTF-8: it holds half of a surrogate pair") from None


def _array(shape: Shape, columns: list[Any], where: Where) -> pa.Array:
    """Return one Arrow array of a shape's columns. Struct fields have the names of the user's fields."""
    if isinstance(shape, Scalar):
        return _scalars(shape, columns[0])
    if isinstance(shape, Fields):
        return _structs(shape, columns, where)
    if isinstance(shape, ListShape):
        return _lists(shape, columns[0], where)
    return _objects(columns[0].objects(), where)


def _scalars(shape: Scalar, array: pa.Array) -> pa.Array:
    if shape.kind.name == "datetime[UTC]":
        return array.view(pa.timestamp("us", "+00:00"))  # The zone "UTC" means ZoneInfo("UTC").
    if shape.kind.name == "UUID":
        return pa.ExtensionArray.from_storage(pa.uuid(), array)
    return array


def _structs(shape: Fields, columns: list[Any], where: Where) -> pa.Array:
    if shape.kind != "record":
        what = "tuple" if shape.cls is None else shape.cls.__qualname__
        raise InexactColumn(
            f'column "{where}" holds a {what}, which Arrow would give back as another type:'
            " make its fields columns of their own, or a list or dict of it"
        )
    if not shape.children:
        return assemble(shape, columns)
    parts = zip(shape.names, shape.spans(), strict=True)
    arrays = [_array(child, columns[start:stop], where.field(name)) for name, (child, start, stop) in parts]
    _check_names(shape.names)
    return pa.StructArray.from_arrays(arrays, list(shape.names), mask=pc.invert(columns[0]) if shape.optional else None)


def _lists(shape: ListShape, array: pa.Array, where: Where) -> pa.Array:
    if shape.container == "tuple":
        raise InexactColumn(
            f'column "{where}" holds a tuple, which Arrow would give back as a list: make it a list, or columns'
        )
    elements = _array(shape.element, explode(shape.element, array.flatten()), where.elements())
    return with_elements(array, elements)


def _objects(values: list[Any], where: Where) -> pa.Array:
    """Return an array of values that a block holds pickled. Raises InexactColumn, naming the field, if there is none.

    Arrow has types for some of them: lists and dicts of values that are typed, zoned datetimes, NumPy scalars.
    """
    values = list(map(as_list, values))
    shape, columns = encode(values)  # A slice of mixed rows may be of one type.
    if not isinstance(shape, Pickled):
        return _array(shape, columns, where)
    present = [value for value in values if value is not None]
    types = set(map(type, present))
    missing = pa.array([value is None for value in values]) if len(present) < len(values) else None
    if types == {list}:
        elements = _objects(list(chain.from_iterable(present)), where.elements())
        return list_array(elements, [0 if value is None else len(value) for value in values], missing)
    if types == {dict}:
        names = _all_keys(present, where)
        parts = ([None if value is None else value.get(name) for value in values] for name in names)
        arrays = [_objects(part, where.field(name)) for name, part in zip(names, parts, strict=True)]
        return pa.StructArray.from_arrays(arrays, names, mask=missing)
    array = zoned_datetimes(values) if types == {dt.datetime} else numpy_scalars(values) if len(types) == 1 else None
    if array is None:
        raise why_inexact(where, present, lambda value: isinstance(encode([value])[0], Pickled))
    return array


def _all_keys(present: Sequence[dict[Any, Any]], where: Where) -> list[str]:
    """Return the keys of all dicts, in order of first appearance. Raises InexactColumn for a key that is not a str."""
    names = list(dict.fromkeys(chain.from_iterable(present)))
    if odd := [name for name in names if type(name) is not str]:
        raise InexactColumn(
            f'column "{where.field(str(odd[0]))}" has the key {odd[0]!r:.80}, not a str: make all keys str'
        )
    _check_names(names)
    return names
