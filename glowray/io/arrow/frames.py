"""Arrow tables as frames of pandas, NumPy and Polars, and frames as rows. A library is imported at its first use.

No value changes on the way: ints beside None do not become floats, and NaN is not None.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.types as kinds

from glowray.errors import InexactColumn
from glowray.io.arrow.table_rows import column_values, table_rows
from glowray.io.record_columns import check_columns
from glowray.rows.codec.object_fields import put_together_records

Rows = Iterator[list[dict[Any, Any]]]

ROWS_A_MORSEL = 16_384

_ARROW_NUMBERS = frozenset(map(np.dtype, ("?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f4", "f8")))
"""The types of NumPy whose arrays are Arrow columns, NaN included."""


def pandas_frame(table: pa.Table) -> Any:
    """Return a table as a pandas.DataFrame.

    Columns of numbers or bools that hold None have pandas' Arrow types. Lists and dicts are objects.
    """
    import pandas as pd

    frame = table.to_pandas(types_mapper=_masked(table, pd).get, ignore_metadata=True)
    for position, column in enumerate(table.columns):
        if kinds.is_nested(column.type):
            values = np.empty(len(column), object)
            values[:] = column.to_pylist()
            frame.isetitem(position, pd.Series(values, index=frame.index, dtype=object))
    return frame


def numpy_arrays(table: pa.Table) -> dict[str, Any]:
    """Return a table as a dict of writable NumPy arrays.

    An array has dtype object if NumPy has no type for all values of the column, None included.
    """
    return {name: _numpy_array(table.column(name)) for name in table.column_names}


def polars_frame(table: pa.Table) -> Any:
    """Return a table as a polars.DataFrame."""
    import polars as pl

    return pl.from_arrow(table)


FORMATS: dict[str, Callable[[pa.Table], Any]] = {
    "arrow": lambda table: table,
    "pandas": pandas_frame,
    "numpy": numpy_arrays,
    "polars": polars_frame,
}


def rows_of(result: Any) -> Rows | None:
    """Yield the dict rows of an Arrow table or batch, a frame of pandas or Polars, or a dict of columns.

    Returns None for any other object.
    """
    if isinstance(result, pa.RecordBatch):
        result = pa.Table.from_batches([result])
    if isinstance(result, pa.Table):
        return _arrow_rows(result)
    if isinstance(result, Mapping):
        return column_rows({name: _values(name, column) for name, column in result.items()})
    for library, rows in (("pandas", pandas_rows), ("polars", _polars_rows)):
        module = sys.modules.get(library)
        if module is not None and isinstance(result, module.DataFrame):
            return rows(result)
    return None


def pandas_rows(frame: Any) -> Rows:
    """Yield the rows of a pandas.DataFrame as dicts, without its index.

    NaN in a column of NumPy floats stays NaN. A missing value of any other type is None. Objects do not change.
    """
    check_columns(list(frame.columns), "the data frame")
    columns = {label: _python_values(label, column) for label, column in pandas_columns(frame).items()}
    return column_rows(columns) if columns else iter([[{} for _ in range(len(frame))]])


def pandas_columns(frame: Any) -> dict[Any, pa.ChunkedArray | list[Any]]:
    """Return the columns of a pandas.DataFrame by label, each as an Arrow column or a list of Python's values.

    The values of an Arrow column are those that `column_values` returns.
    """
    return {label: _pandas_column(label, frame.iloc[:, place]) for place, label in enumerate(frame.columns)}


def column_rows(columns: Mapping[Any, list[Any]]) -> Rows:
    """Yield dict rows of columns. Raises ValueError if the columns differ in length."""
    lengths = {len(column) for column in columns.values()}
    if len(lengths) > 1:
        listed = ", ".join(f"{name!r} has {len(column)}" for name, column in columns.items())
        raise ValueError(f"columns must have the same number of rows, but {listed}")
    names, lists = tuple(columns), list(columns.values())
    for start in range(0, max(lengths, default=0), ROWS_A_MORSEL):
        part = [column[start : start + ROWS_A_MORSEL] for column in lists]
        yield put_together_records(names, part, len(part[0]))


def _masked(table: pa.Table, pd: Any) -> dict[pa.DataType, Any]:
    """Return {Arrow type: pandas' Arrow type} for the types of columns of numbers or bools that hold None."""
    with_none = {column.type for column in table.columns if column.null_count}
    plain = (kinds.is_integer, kinds.is_floating, kinds.is_boolean)
    return {kind: pd.ArrowDtype(kind) for kind in with_none if any(test(kind) for test in plain)}


def _numpy_array(column: pa.ChunkedArray) -> Any:
    kind = column.type
    plain = kinds.is_integer(kind) or kinds.is_floating(kind) or kinds.is_boolean(kind)
    timed = kinds.is_date32(kind) or kinds.is_duration(kind) or (kinds.is_timestamp(kind) and kind.tz is None)
    if timed or (plain and not column.null_count):
        return np.array(column.combine_chunks().to_numpy(zero_copy_only=False))
    values = np.empty(len(column), object)
    values[:] = column_values("", column)
    return values


def _arrow_rows(table: pa.Table) -> Rows:
    check_columns(table.column_names, "the table")
    return (table_rows(table.slice(start, ROWS_A_MORSEL)) for start in range(0, table.num_rows, ROWS_A_MORSEL))


def _polars_rows(frame: Any) -> Rows:
    return _arrow_rows(frame.to_arrow())


def _pandas_column(label: Any, series: Any) -> pa.ChunkedArray | list[Any]:
    dtype = series.dtype
    if isinstance(dtype, np.dtype) and dtype.kind == "O":
        return list(series)
    if isinstance(dtype, np.dtype) and dtype.kind in "biufc":
        return (
            pa.chunked_array([pa.array(series.to_numpy())]) if dtype in _ARROW_NUMBERS else series.to_numpy().tolist()
        )
    try:
        array = pa.Array.from_pandas(series)
    except pa.ArrowException as error:
        raise InexactColumn(f'column "{label}" of pandas\' {dtype} has no form in Arrow: {error}') from None
    return array if isinstance(array, pa.ChunkedArray) else pa.chunked_array([array])


def _python_values(label: Any, column: pa.ChunkedArray | list[Any]) -> list[Any]:
    return column if isinstance(column, list) else column_values(label, column)


def _values(name: Any, column: Any) -> list[Any]:
    """Return the Python values of an array of NumPy or Arrow, a series, or any iterable of values."""
    if isinstance(column, np.ndarray) and column.ndim:
        if column.dtype.kind in "mM" and np.datetime_data(column.dtype)[0] in ("ns", "ps", "fs", "as"):
            return _coarser(name, column)
        items: list[Any] = column.tolist()
        return items
    if isinstance(column, pa.Array | pa.ChunkedArray):
        return column_values(name, column if isinstance(column, pa.ChunkedArray) else pa.chunked_array([column]))
    pandas = sys.modules.get("pandas")
    if pandas is not None and isinstance(column, pandas.Series):
        return _python_values(name, _pandas_column(name, column))
    if isinstance(column, Iterable) and not isinstance(column, (str, bytes, Mapping)):
        return list(column)
    raise TypeError(f"column {name!r} must be an array or a list of values, not {type(column).__qualname__}")


def _coarser(name: Any, column: Any) -> list[Any]:
    """Return NumPy times as Python's. Raises InexactColumn if one is not a whole number of microseconds."""
    coarse = column.astype(f"{column.dtype.kind}8[us]")
    if not np.array_equal(coarse.astype(column.dtype), column, equal_nan=True):
        raise InexactColumn(f'column "{name}" holds a time finer than the microseconds that Python has')
    values: list[Any] = coarse.tolist()
    return values
