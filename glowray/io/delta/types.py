"""Arrow types as Delta stores them, and the types of partition columns."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING

from glowray.errors import InexactColumn

if TYPE_CHECKING:
    import pyarrow as pa


def delta_schema(schema: pa.Schema) -> pa.Schema:
    """Return the types that Delta has for some columns. Unsigned ints become wider ones, and zones become UTC.

    >>> import pyarrow as pa
    >>> delta_schema(pa.schema({"a": pa.uint8(), "b": pa.list_(pa.large_string())})).types
    [DataType(int16), ListType(list<element: string>)]

    Raises InexactColumn, which names the column, for a type that Delta does not have.
    """
    return _mapped(schema, _delta_type)


def delta_schema_with_nulls(schema: pa.Schema) -> pa.Schema:
    """Return the types as delta_schema() does, but leave columns of None only: a table that is there has their type."""
    import pyarrow as pa

    return _mapped(schema, lambda kind, path: kind if pa.types.is_null(kind) else _delta_type(kind, path))


def delta_type(kind: pa.DataType, name: str) -> pa.DataType:
    """Return the type that Delta has for one column. Raises InexactColumn as delta_schema()."""
    return _nested(kind, name, _delta_type)


def stored_schema(schema: pa.Schema) -> pa.Schema:
    """Return the columns of a Parquet file as Parquet stores them: large strings and dictionaries are strings there."""
    return _mapped(schema, lambda kind, path: _parquet_type(kind))


Leaf = Callable[["pa.DataType", str], "pa.DataType"]


def _mapped(schema: pa.Schema, leaf: Leaf) -> pa.Schema:
    import pyarrow as pa

    return pa.schema([pa.field(each.name, _nested(each.type, each.name, leaf)) for each in schema])


def _nested(kind: pa.DataType, path: str, leaf: Leaf) -> pa.DataType:
    """Return a type whose innermost types are mapped. `path` names the column in an error."""
    import pyarrow as pa
    import pyarrow.types as kinds

    if kinds.is_dictionary(kind):
        return _nested(kind.value_type, path, leaf)
    if kinds.is_struct(kind) and kind.num_fields:
        return pa.struct([pa.field(each.name, _nested(each.type, f"{path}.{each.name}", leaf)) for each in kind])
    if kinds.is_map(kind):
        return pa.map_(_nested(kind.key_type, f"{path}{{}}", leaf), _nested(kind.item_type, f"{path}{{}}", leaf))
    if kinds.is_list(kind) or kinds.is_large_list(kind) or kinds.is_fixed_size_list(kind):
        return pa.list_(pa.field("element", _nested(kind.value_type, f"{path}[]", leaf)))
    return leaf(kind, path)


def _parquet_type(kind: pa.DataType) -> pa.DataType:
    import pyarrow as pa

    if pa.types.is_timestamp(kind):
        return pa.timestamp(kind.unit, None if kind.tz is None else "UTC")
    text, data = pa.string(), pa.binary()
    alike = {pa.large_string(): text, pa.string_view(): text, pa.large_binary(): data, pa.binary_view(): data}
    return {**alike, pa.date64(): pa.date32()}.get(kind, kind)


def _delta_type(kind: pa.DataType, path: str) -> pa.DataType:
    import pyarrow as pa

    kind = _parquet_type(kind)
    if pa.types.is_timestamp(kind):
        return pa.timestamp("us", kind.tz)
    wider = {pa.uint8(): pa.int16(), pa.uint16(): pa.int32(), pa.uint32(): pa.int64(), pa.float16(): pa.float32()}
    same = {
        pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.float32(), pa.float64(), pa.bool_(), pa.date32(),
        pa.string(), pa.binary(),
    }  # fmt: skip
    if kind in wider:
        return wider[kind]
    if kind in same or pa.types.is_decimal128(kind):
        return kind
    what = "None only" if pa.types.is_null(kind) else str(kind)
    how = "name its type in schema=" if pa.types.is_null(kind) else "map it to a type that Delta has"
    raise InexactColumn(f'column "{path}" is of {what}, which Delta does not have: {how}')


def check_partition(name: str, kind: type, stored: pa.DataType | None) -> pa.DataType:
    """Return the type of a partition column whose values are of a Python type. `stored` is that of the table, if any.

    Raises InexactColumn, which names the column, if Delta would not give back these values.
    """
    import pyarrow as pa

    types = {str: pa.string(), int: pa.int64(), bool: pa.bool_(), float: pa.float64(), dt.date: pa.date32()}
    if kind not in types:
        what = f'column "{name}" holds {kind.__name__}'
        raise InexactColumn(f"{what}, which cannot partition a Delta table: map it to str, int, float, bool or date")
    is_alike = stored in (None, types[kind]) or (kind is int and pa.types.is_signed_integer(stored))
    if not is_alike:
        raise InexactColumn(f'column "{name}" holds {kind.__name__}, but it is of {stored} in the table: map it')
    return types[kind] if stored is None else stored


def partition_text(name: str, text: str | None, kind: pa.DataType) -> str | None:
    """Return the text of a partition value in the log. Raises an error that names the column if it has none."""
    import pyarrow as pa

    if text == "":
        raise ValueError(f'column "{name}" holds "", which a partition column of Delta takes for None: map it first')
    try:
        pa.scalar(text, pa.string()).cast(kind)
    except pa.ArrowInvalid:
        raise InexactColumn(f'column "{name}" holds {text}, which {kind} cannot') from None
    return text
