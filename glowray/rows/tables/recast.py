"""Convert Arrow arrays and tables to another schema without changing a value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as kinds

from glowray.errors import InexactColumn
from glowray.rows.arrow.numpy_columns import as_numpy
from glowray.rows.tables.column_errors import row_text

_UTC = ("UTC", "+00:00")


def recast_table(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return the rows of a table with the columns of a schema. A missing column is null; other columns are dropped.

    Raises InexactColumn for a value that the type of its column cannot hold.
    """
    if table.schema.equals(schema, check_metadata=True):
        return table
    columns = []
    for field in schema:
        place = table.schema.get_field_index(field.name)
        chunks = [pa.nulls(table.num_rows)] if place < 0 else table.column(place).chunks
        try:
            arrays = [recast(chunk, field.type) for chunk in chunks]
        except pa.ArrowInvalid as error:
            where = _failing_row(table, field)
            raise InexactColumn(
                f'column "{field.name}" has a value that {field.type} cannot hold{where}: {error}'
            ) from None
        columns.append(pa.chunked_array(arrays, field.type))
        if not field.nullable and columns[-1].null_count:
            row = _row(table, columns[-1].is_null().index(True).as_py())
            raise InexactColumn(f'column "{field.name}" is never None in its type, but is None in the row {row}')
    made = pa.Table.from_arrays(columns, schema=schema)
    return made if columns else table.select([])


def _failing_row(table: pa.Table, field: pa.Field) -> str:
    """Return " in the row …" for the first row whose value does not fit the type, or "" if each fits alone."""
    column = table.column(field.name).combine_chunks()
    low, high = 0, len(column)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if not _fits(column.slice(low, middle - low), field.type) else (middle, high)
    return "" if _fits(column.slice(low, high - low), field.type) else f" in the row {_row(table, low)}"


def _fits(array: pa.Array, kind: pa.DataType) -> bool:
    try:
        recast(array, kind)
    except pa.ArrowInvalid:
        return False
    return True


def _row(table: pa.Table, place: int) -> str:
    return row_text(table.slice(place, 1).to_pylist()[0])


def recast(array: pa.Array, kind: pa.DataType) -> pa.Array:
    """Return the array with its values in the type `kind`.

    A struct field that the array lacks is null, and one that `kind` lacks is dropped. Raises pa.ArrowInvalid for a
    value that the type cannot hold. Arrow's own cast rounds floats, cannot add fields, and breaks lists of nulls (in
    pyarrow 26 even in a cast to their own type).
    """
    if array.type == kind:
        return array
    if kinds.is_null(array.type):
        return pa.nulls(len(array), kind)
    if kinds.is_struct(kind):
        return _struct(array, kind)
    if is_list(kind):
        return with_elements(array, recast(array.flatten(), kind.value_type), kind)
    return _cast(array, kind)


def same_family(one: pa.DataType, other: pa.DataType) -> bool:
    """Return whether two types hold the same Python values and differ only in width or encoding."""
    if one == other:
        return True
    if kinds.is_dictionary(one) or kinds.is_dictionary(other):
        return same_family(*(kind.value_type if kinds.is_dictionary(kind) else kind for kind in (one, other)))
    if kinds.is_timestamp(one) and kinds.is_timestamp(other):
        return bool(one.tz == other.tz or (one.tz in _UTC and other.tz in _UTC))
    if kinds.is_decimal(one) and kinds.is_decimal(other):
        return bool(one.scale == other.scale)
    if is_list(one) and is_list(other):
        return same_family(one.value_type, other.value_type)
    if kinds.is_struct(one) and kinds.is_struct(other):
        names = [[field.name for field in kind] for kind in (one, other)]
        return names[0] == names[1] and all(
            same_family(one.field(name).type, other.field(name).type) for name in names[0]
        )
    return any(test(one) and test(other) for test in _FAMILIES)


def _is_text(kind: pa.DataType) -> bool:
    return bool(kinds.is_string(kind) or kinds.is_large_string(kind) or kinds.is_string_view(kind))


def _is_bytes(kind: pa.DataType) -> bool:
    return bool(kinds.is_binary(kind) or kinds.is_large_binary(kind) or kinds.is_binary_view(kind))


def is_list(kind: pa.DataType) -> bool:
    """Return whether a type is a list of varying length, with offsets of 32 or 64 bits."""
    return bool(kinds.is_list(kind) or kinds.is_large_list(kind))


_FAMILIES = (
    kinds.is_integer, kinds.is_floating, _is_text, _is_bytes, kinds.is_time, kinds.is_duration,
)  # fmt: skip


def with_elements(lists: Any, elements: pa.Array, kind: pa.DataType | None = None) -> Any:
    """Return the same lists with other elements: `elements[i]` replaces `lists.flatten()[i]`."""
    lengths = as_numpy(pc.fill_null(pc.list_value_length(lists), 0))
    return list_array(elements, lengths, lists.is_null() if lists.null_count else None, kind)


def list_array(elements: pa.Array, lengths: Any, missing: pa.Array | None, kind: pa.DataType | None = None) -> Any:
    """Return lists of the given lengths over consecutive elements: `[a, b, c]`, lengths `[1, 2]` → `[[a], [b, c]]`.

    `missing` marks the lists that are null.
    """
    wide = kind is None or kinds.is_large_list(kind)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    if not wide and offsets[-1] >= 1 << 31:
        raise pa.ArrowInvalid(f"lists have {offsets[-1]:,} elements in all")
    made = pa.LargeListArray if wide else pa.ListArray
    array = made.from_arrays(pa.array(offsets, pa.int64() if wide else pa.int32()), elements, mask=missing)
    return array if kind is None or array.type == kind else array.cast(kind)


def _struct(array: pa.StructArray, kind: pa.StructType) -> pa.StructArray:
    missing = array.is_null() if array.null_count else None
    parts = dict(zip((field.name for field in array.type), array.flatten(), strict=True))
    arrays: Sequence[pa.Array] = [
        recast(parts.get(field.name, pa.nulls(len(array))), field.type) for field in kind
    ]  # fmt: skip
    return pa.StructArray.from_arrays(arrays, fields=list(kind), mask=missing)


def _cast(array: pa.Array, kind: pa.DataType) -> pa.Array:
    if kinds.is_dictionary(kind):
        return _cast(array, kind.value_type).cast(kind)
    made = array.cast(kind)
    if kinds.is_floating(kind) and kinds.is_floating(array.type) and kind.bit_width < array.type.bit_width:
        back = made.cast(array.type)
        exact = pc.or_(pc.equal(back, array), pc.is_nan(array))
        if not pc.all(pc.fill_null(exact, True), min_count=0).as_py():
            raise pa.ArrowInvalid("it would be rounded")
    return made
