"""Arrow tables as rows: dicts of exact Python values."""

from __future__ import annotations

from collections.abc import Callable
from itertools import repeat
from typing import TYPE_CHECKING, Any

from glowray.rows.arrow.numpy_columns import as_numpy

if TYPE_CHECKING:
    import pyarrow as pa


def table_rows(table: pa.Table) -> list[dict[str, Any]]:
    """Return the rows of a table as dicts of column and value.

    Values are those of `to_pylist()`; a map is a list of pairs. Times of nanoseconds are Python's own types if a
    column has only whole microseconds. Otherwise a value with nanoseconds is a pandas Timestamp or Timedelta.

    Raises ValueError that names the column if a value has no exact Python form.
    """
    names = table.column_names
    if not names:
        return [{} for _ in range(table.num_rows)]
    columns = [column_values(name, column) for name, column in zip(names, table.columns, strict=True)]
    return list(map(dict, map(zip, repeat(names), zip(*columns, strict=True))))


def column_values(name: str, column: pa.ChunkedArray) -> list[Any]:
    """Return the values of a column as a list."""
    import pyarrow as pa

    kind = column.type
    try:
        if column.null_count == 0 and (pa.types.is_integer(kind) or kind in (pa.float64(), pa.float32())):
            values: list[Any] = as_numpy(column).tolist()  # several times as fast as to_pylist()
            return values
        coarse = _of_microseconds(kind)
        return column.to_pylist() if coarse == kind else _without_nanoseconds(column, coarse)
    except (ValueError, OverflowError, TypeError) as error:
        raise ValueError(
            f'column "{name}" ({kind}) holds a value that Python has no exact form for: {error}'
        ) from error


def _without_nanoseconds(column: pa.ChunkedArray, coarse: pa.DataType) -> list[Any]:
    import pyarrow as pa

    try:
        return column.cast(coarse).to_pylist()  # type: ignore[no-any-return]
    except pa.ArrowInvalid:
        values = column.to_pylist()
    if pa.types.is_timestamp(column.type):
        return [value if value is None or value.nanosecond else value.to_pydatetime() for value in values]
    if pa.types.is_duration(column.type):
        return [value if value is None or value.nanoseconds else value.to_pytimedelta() for value in values]
    raise ValueError("times are of nanoseconds")


def _of_microseconds(kind: pa.DataType) -> pa.DataType:
    """Return a type with every unit of nanoseconds in it replaced by microseconds."""
    import pyarrow as pa

    def coarser(leaf: pa.DataType) -> pa.DataType:
        if getattr(leaf, "unit", "") != "ns":
            return leaf
        if pa.types.is_timestamp(leaf):
            return pa.timestamp("us", leaf.tz)
        return pa.duration("us") if pa.types.is_duration(leaf) else pa.time64("us")

    return _replaced(kind, coarser)


def _replaced(kind: pa.DataType, leaf: Callable[[pa.DataType], pa.DataType]) -> pa.DataType:
    """Return a type with each type that holds no other, at any depth, replaced by `leaf(type)`."""
    import pyarrow as pa

    types = pa.types
    if types.is_struct(kind):
        return pa.struct([field.with_type(_replaced(field.type, leaf)) for field in kind])
    if types.is_map(kind):
        return pa.map_(_replaced(kind.key_type, leaf), _replaced(kind.item_type, leaf))
    if types.is_fixed_size_list(kind):
        return pa.list_(_replaced(kind.value_type, leaf), kind.list_size)
    if types.is_list(kind):
        return pa.list_(_replaced(kind.value_type, leaf))
    if types.is_large_list(kind):
        return pa.large_list(_replaced(kind.value_type, leaf))
    if types.is_dictionary(kind):
        inner = _replaced(kind.value_type, leaf)
        return kind if inner == kind.value_type else inner
    return leaf(kind)
