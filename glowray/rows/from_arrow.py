"""Arrow tables from outside as dict rows of plain Python values."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.types as kinds

from glowray.errors import InexactColumn
from glowray.rows.objects import put_together_records

BATCH_ROWS = 65_536


def dict_rows(table: pa.Table, size: int = BATCH_ROWS) -> Iterator[list[dict[str, Any]]]:
    """The rows as dicts, at most `size` a list: null is None, ints of any width are int, times are datetime's.

    >>> list(dict_rows(pa.table({"word": ["be", None], "n": pa.array([2, 1], pa.int8())})))
    [[{'word': 'be', 'n': 2}, {'word': None, 'n': 1}]]

    Raises InexactColumn for a time finer than a microsecond or a date after the year 9999, ValueError for two columns
    of one name.
    """
    names = table.column_names
    check_names(names)
    for start in range(0, table.num_rows, size):
        part = table.slice(start, size)
        columns = [python_values(name, part.column(name)) for name in names]
        yield put_together_records(tuple(names), columns, part.num_rows)


def check_names(names: list[Any]) -> None:
    """Refuse two columns of one name: a dict would keep only the last."""
    twice = next((name for name in names if names.count(name) > 1), None) if len(set(names)) < len(names) else None
    if twice is not None:
        raise ValueError(f"two columns are called {twice!r}: dict rows can have only one of them, so rename the other")


def python_values(name: str, column: pa.ChunkedArray) -> list[Any]:
    """The values of one column."""
    if kinds.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    kind = column.type
    try:
        if kinds.is_timestamp(kind) and kind.tz == "UTC":
            naive = column.cast(pa.timestamp("us", "UTC")).cast(pa.timestamp("us")).to_pylist()
            return [None if value is None else value.replace(tzinfo=dt.UTC) for value in naive]
        target = _to_microseconds(kind)
        values: list[Any] = (column if target is kind else column.cast(target)).to_pylist()
    except (pa.ArrowException, ValueError, OverflowError) as error:
        raise InexactColumn(
            f'column "{name}" of {kind} holds a value that Python has no exact form for: {error}'
        ) from None
    return values


def _to_microseconds(kind: pa.DataType) -> pa.DataType:
    """The type with times of nanoseconds as microseconds, at any depth; the very same object if it has none."""
    if kinds.is_timestamp(kind) and kind.unit == "ns":
        return pa.timestamp("us", kind.tz)
    if kinds.is_duration(kind) and kind.unit == "ns":
        return pa.duration("us")
    if kinds.is_time64(kind) and kind.unit == "ns":
        return pa.time64("us")
    if kinds.is_list(kind) or kinds.is_large_list(kind):
        inner = _to_microseconds(kind.value_type)
        make = pa.list_ if kinds.is_list(kind) else pa.large_list
        return kind if inner == kind.value_type else make(inner)
    if kinds.is_struct(kind):
        changed = pa.struct([(field.name, _to_microseconds(field.type)) for field in kind])
        return kind if changed == kind else changed
    return kind
