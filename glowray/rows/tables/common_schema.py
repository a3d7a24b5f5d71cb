"""Find the common schema of a dataset's parts. Types are merged only if no value changes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.types as kinds

from glowray.rows.tables.column_errors import MAP, Steps, mixed_kinds
from glowray.rows.tables.recast import is_list, same_family

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
    (kinds.is_list, "list"),
)


class Source(Protocol):
    """Rows with a schema: a table or a file."""

    @property
    def schema(self) -> pa.Schema: ...

    def row_with(self, steps: Steps) -> Any:
        """Return the first row that has a value at the path `steps`, or None."""


Found = tuple[pa.DataType, Source]


def common_schema(sources: Iterable[Source], fix: str = MAP, *, first_wins: bool = False) -> pa.Schema:
    """Return the common schema of all sources. Its columns are in order of first appearance.

    A column that is null in some sources takes the type of the others; struct fields and list elements do so too. With
    `first_wins` the first source's type stays if the others differ only in width or encoding (int32 and int64). Fields
    of the first source that are not nullable then stay so.

    Raises InexactColumn for a column of several types. The error shows a row of each of two types.
    """
    by_schema: dict[pa.Schema, Source] = {}
    for source in sources:
        by_schema.setdefault(source.schema, source)
    distinct = list(by_schema.values())
    if len(distinct) == 1:
        return distinct[0].schema
    merge = _Merge(fix, first_wins)
    parts: dict[str, list[tuple[pa.Field, Source]]] = {}
    for source in distinct:
        for field in source.schema:
            parts.setdefault(field.name, []).append((field, source))
    fields = [merge.field((name,), found) for name, found in parts.items()]
    return pa.schema(fields, metadata=distinct[0].schema.metadata if first_wins and distinct else None)


class _Merge:
    """Finds the type of a column from the types in its parts."""

    def __init__(self, fix: str, first_wins: bool) -> None:
        self._fix, self._first_wins = fix, first_wins

    def field(self, steps: Steps, parts: Sequence[tuple[pa.Field, Source]]) -> pa.Field:
        kind = self._type(steps, [(field.type, source) for field, source in parts])
        first = parts[0][0]
        if self._first_wins and kind == first.type:
            return first
        return pa.field(first.name, kind)

    def _type(self, steps: Steps, parts: Sequence[Found]) -> pa.DataType:
        several: list[Found] = []
        for kind, source in parts:
            if not kinds.is_null(kind) and all(kind != other for other, _ in several):
                several.append((kind, source))
        if len(several) < 2:
            return several[0][0] if several else pa.null()
        if all(is_list(kind) for kind, _ in several):
            element = self._type((*steps, None), [(kind.value_type, source) for kind, source in several])
            return _list_like(several[0][0], element)
        if all(kinds.is_struct(kind) for kind, _ in several):
            return self._struct(steps, several)
        first, *others = several
        for other in others:
            if not (self._first_wins and same_family(first[0], other[0])):
                raise mixed_kinds(steps, _witness(steps, first), _witness(steps, other), self._fix)
        return first[0]

    def _struct(self, steps: Steps, several: Sequence[Found]) -> pa.DataType:
        names = dict.fromkeys(field.name for kind, _ in several for field in kind)
        return pa.struct(
            self.field((*steps, name), [(kind.field(name), source) for kind, source in several if _has(kind, name)])
            for name in names
        )


def _has(kind: pa.StructType, name: str) -> bool:
    return bool(kind.get_field_index(name) >= 0)


def _list_like(kind: pa.DataType, element: pa.DataType) -> pa.DataType:
    """Return a list type of the same offset width with another element type."""
    if kind.value_type == element:
        return kind
    return pa.large_list(element) if kinds.is_large_list(kind) else pa.list_(element)


def _witness(steps: Steps, found: Found) -> tuple[str, Any]:
    kind, source = found
    return python_name(kind), source.row_with(steps)


def python_name(kind: pa.DataType) -> str:
    """Return the Python name of an Arrow type's values, or Arrow's name if Python has no such type."""
    if kinds.is_decimal(kind):
        return f"Decimal of {kind.scale} digits after the point"
    if kinds.is_timestamp(kind) and kind.unit == "us":
        return f"datetime in {kind.tz}" if kind.tz else "datetime"
    if isinstance(kind, pa.UuidType):
        return "UUID"
    return next((name for test, name in _PYTHON_NAMES if test(kind)), str(kind))
