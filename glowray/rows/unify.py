"""Tables of parts of a dataset as one: types are brought together only where no value changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as kinds

from glowray.rows.inexact import absent_column, mixed_names
from glowray.rows.numpy_columns import as_numpy

_PYTHON_NAMES = (
    (kinds.is_boolean, "bool"),
    (kinds.is_int64, "int"),
    (kinds.is_float64, "float"),
    (kinds.is_large_string, "str"),
    (kinds.is_large_binary, "bytes"),
    (kinds.is_date32, "date"),
    (kinds.is_time64, "time"),
    (kinds.is_duration, "timedelta"),
    (kinds.is_struct, "dict"),
    (kinds.is_large_list, "list"),
)


def unified(tables: Sequence[pa.Table]) -> pa.Table:
    """The rows of tables one after the other, with the columns of the first; a column of None takes any type.

    Raises InexactColumn for a column that is not in all of them, or is of several types.
    """
    names = tables[0].column_names
    for table in tables:
        if set(table.column_names) != set(names):
            raise absent_column(set(names) ^ set(table.column_names))
    tables = [table.select(names) for table in tables]
    types = [_merged(name, [table.schema.field(name).type for table in tables]) for name in names]
    columns = [
        pa.chunked_array([typed(chunk, kind) for table in tables for chunk in table.column(name).chunks], kind)
        for name, kind in zip(names, types, strict=True)
    ]
    return pa.table(columns, names=names)


def with_elements(lists: pa.LargeListArray, elements: pa.Array) -> pa.LargeListArray:
    """The same lists over other elements, one for each of `lists.flatten()`."""
    lengths = as_numpy(pc.fill_null(pc.list_value_length(lists), 0))
    return list_array(elements, lengths, lists.is_null() if lists.null_count else None)


def list_array(elements: pa.Array, lengths: Any, missing: pa.Array | None) -> pa.LargeListArray:
    """Lists of these lengths over elements that stand one after the other."""
    offsets = pa.array(np.concatenate([[0], np.cumsum(lengths)]), pa.int64())
    return pa.LargeListArray.from_arrays(offsets, elements, mask=missing)


def typed(array: pa.Array, kind: pa.DataType) -> pa.Array:
    """An array as one of a type that differs only where all is None.

    Arrow's own cast breaks lists of nulls (pyarrow 26: even to their own type).
    """
    if array.type == kind:
        return array
    if kinds.is_null(array.type):
        return pa.nulls(len(array), kind)
    if kinds.is_large_list(kind):
        return with_elements(array, typed(array.flatten(), kind.value_type))
    parts = dict(zip((field.name for field in array.type), array.flatten(), strict=True))
    arrays = [typed(parts[field.name], field.type) for field in kind]
    return pa.StructArray.from_arrays(arrays, fields=list(kind), mask=array.is_null() if array.null_count else None)


def _merged(path: str, types: Sequence[pa.DataType]) -> pa.DataType:
    """The one type of a column whose parts have these."""
    several = list(dict.fromkeys(kind for kind in types if not kinds.is_null(kind)))
    if len(several) < 2:
        return several[0] if several else pa.null()
    if all(map(kinds.is_large_list, several)):
        return pa.large_list(_merged(f"{path}[]", [kind.value_type for kind in several]))
    if all(map(kinds.is_struct, several)):
        return _merged_structs(path, several)
    raise mixed_names(path, map(_python_name, several))


def _merged_structs(path: str, several: Sequence[pa.StructType]) -> pa.StructType:
    names = [field.name for field in several[0]]
    for other in several:
        if {field.name for field in other} != set(names):
            raise absent_column({f"{path}.{name}" for name in {field.name for field in other} ^ set(names)})
    return pa.struct([(name, _merged(f"{path}.{name}", [kind.field(name).type for kind in several])) for name in names])


def _python_name(kind: pa.DataType) -> str:
    if kinds.is_decimal(kind):
        return f"Decimal of {kind.scale} digits after the point"
    if kinds.is_timestamp(kind):
        return f"datetime in {kind.tz}" if kind.tz else "datetime"
    if isinstance(kind, pa.UuidType):
        return "UUID"
    return next((name for test, name in _PYTHON_NAMES if test(kind)), str(kind))
