"""Encode rows into columns: find the shape of a batch of Python values, and make its columns.

A column is typed only if Arrow gives back every value, equal and of the same exact type, at every depth. Any other
column is pickled. All values are checked, not a sample, and no value is converted to another type.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np
import pyarrow as pa

from glowray.rows.codec.object_fields import field_names, take_apart, tuple_columns
from glowray.rows.codec.pickled_column import PickledColumn
from glowray.rows.types.scalar_kinds import NONE, scalar_kind
from glowray.rows.types.shape import Fields, FieldsKind, ListShape, Pickled, Scalar, Shape, assemble, has_pickled

Encoded = tuple[Shape, list[Any]]

MAX_DEPTH = 16
MAX_FIELDS = 1_000


def encode(values: Sequence[Any], depth: int = 0) -> Encoded:
    """Return the shape of the values, and one column for each leaf of the shape.

    >>> str(encode([("a", 1), ("b", None)])[0]), str(encode([1, 2.5])[0])
    ('(str, int)', 'pickled')
    """
    types = set(map(type, values))
    with_none = type(None) in types
    types.discard(type(None))
    if not types:
        return Scalar(NONE), [pa.nulls(len(values))]
    encoded = None
    if len(types) == 1 and depth < MAX_DEPTH:
        present = [value for value in values if value is not None] if with_none else values
        encoded = _encode_one_type(types.pop(), values, present, depth)
    return encoded or (Pickled(), [PickledColumn.of(list(values))])


def _encode_one_type(cls: type, values: Sequence[Any], present: Sequence[Any], depth: int) -> Encoded | None:
    kind = scalar_kind(cls, present)
    if kind is not None:
        array = kind.encode(values, present)
        return None if array is None else (Scalar(kind), [array])
    if cls is list:
        return _encode_lists("list", values, present, depth)
    if cls is tuple:
        columns = tuple_columns(present, len(present[0]))
        if columns is None or len(columns) > MAX_FIELDS:
            return _encode_lists("tuple", values, present, depth)
        return _encode_fields("tuple", (), columns, None, values, present, depth)
    if cls is dict:
        return _encode_records(values, present, depth)
    names = field_names(cls, present[0])
    if names is None or len(names) > MAX_FIELDS:
        return None
    field_columns = take_apart(cls, names, present)
    if field_columns is None:
        return None
    kind_name: FieldsKind = "namedtuple" if issubclass(cls, tuple) else "dataclass"
    return _encode_fields(kind_name, names, field_columns, cls, values, present, depth)


def _encode_records(values: Sequence[Any], present: Sequence[Any], depth: int) -> Encoded | None:
    """Encode dicts as fields. Return None unless all have the same keys, all exactly str, in the same order."""
    names = tuple(present[0])
    if len(names) > MAX_FIELDS or not set(map(type, chain.from_iterable(present))) <= {str}:
        return None
    if operator.countOf(map(tuple, present), names) < len(present):
        return None
    columns = [list(map(operator.itemgetter(name), present)) for name in names]
    return _encode_fields("record", names, columns, None, values, present, depth)


def _encode_fields(
    kind: FieldsKind,
    names: tuple[str, ...],
    field_columns: list[list[Any]],
    cls: type | None,
    values: Sequence[Any],
    present: Sequence[Any],
    depth: int,
) -> Encoded:
    columns: list[Any] = []
    optional = len(present) < len(values) or not field_columns
    if optional:
        there = [value is not None for value in values]
        field_columns = [_spread_out(column, there) for column in field_columns]
        columns.append(pa.array(there, pa.bool_()))
    children = []
    for column in field_columns:
        child, child_columns = encode(column, depth + 1)
        children.append(child)
        columns += child_columns
    return Fields(kind, names, tuple(children), optional, cls), columns


def _spread_out(column: list[Any], there: list[bool]) -> list[Any]:
    """Put None at the rows that are absent: `["a", "b"]`, `[True, False, True]` → `["a", None, "b"]`."""
    rest = iter(column)
    return [next(rest) if is_there else None for is_there in there]


def _encode_lists(container: Any, values: Sequence[Any], present: Sequence[Any], depth: int) -> Encoded | None:
    element, columns = encode(list(chain.from_iterable(present)), depth + 1)
    if has_pickled(element):
        return None
    lengths = np.fromiter((0 if value is None else len(value) for value in values), np.int64, len(values))
    offsets = pa.array(np.concatenate([[0], np.cumsum(lengths)]), pa.int64())
    missing = pa.array([value is None for value in values], pa.bool_()) if len(present) < len(values) else None
    array = pa.LargeListArray.from_arrays(offsets, assemble(element, columns), mask=missing)
    return ListShape(container, element), [array]
