"""Rows as an Arrow table that others read: every value exactly, or an error that names the column.

Inside the project a column that Arrow cannot hold travels pickled; here there is nobody to unpickle it. Columns are the
keys of dicts, the field names of named tuples and dataclasses, `0`, `1`, … for tuples, and `value` for anything else.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from glowray.errors import InexactColumn
from glowray.rows.block import Block
from glowray.rows.chunk import Chunk
from glowray.rows.encode import encode
from glowray.rows.foreign import numpy_scalars, zoned_datetimes
from glowray.rows.inexact import absent_column, no_columns, row_is_none, why_inexact
from glowray.rows.pickling import as_list
from glowray.rows.shape import Fields, ListOf, Pickled, Scalar, Shape, assemble, explode
from glowray.rows.unify import list_array, unified, with_elements

SCALAR_COLUMN = "value"


def arrow_table(blocks: Iterable[Block]) -> pa.Table:
    """The rows of all blocks as one table; without rows a table without columns.

    >>> arrow_table([Block.from_rows([("be", 2)]), Block.from_rows([("or", None)])]).to_pydict()
    {'0': ['be', 'or'], '1': [2, None]}

    Raises InexactColumn for a value that Arrow cannot hold exactly, for a column of several types (also when they are
    in different blocks), and for rows that do not all have the same columns. Keys of dicts may differ in order.
    """
    tables = [_chunk_table(chunk) for block in blocks for chunk in block.chunks]
    return unified(tables) if tables else pa.table({})


def rows_table(rows: Sequence[Any]) -> pa.Table:
    """A list of rows as one table, as `arrow_table` makes it."""
    return arrow_table([Block.from_rows(rows)])


def _chunk_table(chunk: Chunk) -> pa.Table:
    shape, columns = chunk.shape, chunk.columns
    if isinstance(shape, Pickled):
        rows = columns[0].objects()
        if set(map(type, rows)) == {dict}:
            names = _common_keys(rows, "")
            return _table(names, [_objects([row[name] for row in rows], name) for name in names])
        shape, columns = encode(rows)  # what is left after a cut may be of one type
    if not isinstance(shape, Fields):
        _check_widths(chunk)
        return _table([SCALAR_COLUMN], [_array(shape, columns, SCALAR_COLUMN)])
    names = list(shape.names) or list(map(str, range(len(shape.children))))
    if names and shape.optional:
        raise row_is_none(names[0])
    parts = zip(names, shape.spans(), strict=True)
    return _table(names, [_array(child, columns[start:stop], name) for name, (child, start, stop) in parts])


def _check_widths(chunk: Chunk) -> None:
    """Refuse tuples of different lengths as rows: their columns would have holes."""
    if isinstance(chunk.shape, Scalar):
        return
    rows = chunk.rows()
    if set(map(type, rows)) == {tuple}:
        raise absent_column([str(min(map(len, rows)))])


def _table(names: list[str], arrays: list[pa.Array]) -> pa.Table:
    if not names:
        raise no_columns()
    _check_names(names)
    return pa.table(arrays, names=names)


def _check_names(names: Iterable[str]) -> None:
    for name in names:
        try:
            name.encode()
        except UnicodeEncodeError:
            raise InexactColumn(f"column {name!a} has no name in UTF-8: it holds half of a surrogate pair") from None


def _array(shape: Shape, columns: list[Any], path: str) -> pa.Array:
    """One Arrow array of the columns of a shape, with the names that the user's values have."""
    if isinstance(shape, Scalar):
        return _scalars(shape, columns[0])
    if isinstance(shape, Fields):
        return _structs(shape, columns, path)
    if isinstance(shape, ListOf):
        return _lists(shape, columns[0], path)
    return _objects(columns[0].objects(), path)


def _scalars(shape: Scalar, array: pa.Array) -> pa.Array:
    if shape.kind.name == "datetime[UTC]":
        return array.view(pa.timestamp("us", "+00:00"))  # "UTC" is what ZoneInfo("UTC") is called
    if shape.kind.name == "UUID":
        return pa.ExtensionArray.from_storage(pa.uuid(), array)
    return array


def _structs(shape: Fields, columns: list[Any], path: str) -> pa.Array:
    if shape.kind != "record":
        what = "tuple" if shape.cls is None else shape.cls.__qualname__
        raise InexactColumn(
            f'column "{path}" holds a {what}, which Arrow would give back as another type:'
            " make its fields columns of their own, or a list or dict of it"
        )
    if not shape.children:
        return assemble(shape, columns)
    parts = zip(shape.names, shape.spans(), strict=True)
    arrays = [_array(child, columns[start:stop], f"{path}.{name}") for name, (child, start, stop) in parts]
    _check_names(shape.names)
    return pa.StructArray.from_arrays(arrays, list(shape.names), mask=pc.invert(columns[0]) if shape.optional else None)


def _lists(shape: ListOf, array: pa.Array, path: str) -> pa.Array:
    if shape.container == "tuple":
        raise InexactColumn(
            f'column "{path}" holds a tuple, which Arrow would give back as a list: make it a list, or columns'
        )
    elements = _array(shape.element, explode(shape.element, array.flatten()), f"{path}[]")
    return with_elements(array, elements)


def _objects(values: list[Any], path: str) -> pa.Array:
    """An array of values that a block holds pickled: some have a type of Arrow's own, of others a part is at fault."""
    values = list(map(as_list, values))
    shape, columns = encode(values)  # what is left after a cut may be of one type
    if not isinstance(shape, Pickled):
        return _array(shape, columns, path)
    present = [value for value in values if value is not None]
    types = set(map(type, present))
    missing = pa.array([value is None for value in values]) if len(present) < len(values) else None
    if types == {list}:
        elements = _objects(list(chain.from_iterable(present)), f"{path}[]")
        return list_array(elements, [0 if value is None else len(value) for value in values], missing)
    if types == {dict}:
        names = _common_keys(present, f"{path}.")
        parts = ([None if value is None else value[name] for value in values] for name in names)
        arrays = [_objects(part, f"{path}.{name}") for name, part in zip(names, parts, strict=True)]
        return pa.StructArray.from_arrays(arrays, names, mask=missing)
    array = zoned_datetimes(values) if types == {dt.datetime} else numpy_scalars(values) if len(types) == 1 else None
    if array is None:
        raise why_inexact(path, present, lambda value: isinstance(encode([value])[0], Pickled))
    return array


def _common_keys(present: list[Any], prefix: str) -> list[str]:
    """The keys of dicts that all have the same ones; their order may differ, and is that of the first."""
    first = present[0].keys()
    for value in present:
        if value.keys() != first:
            raise absent_column(f"{prefix}{name}" for name in value.keys() ^ first)
    if odd := [name for name in first if type(name) is not str]:
        raise InexactColumn(f'column "{prefix}{odd[0]}" has the key {odd[0]!r:.80}, not a str: make all keys str')
    _check_names(first)
    return list(first)
