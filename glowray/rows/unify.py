"""One schema for the tables of parts of a dataset: types are brought together only where no value changes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.types as kinds

from glowray.rows.inexact import MAP, Steps, mixed_kinds
from glowray.rows.recast import same_family

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
    """Rows with a schema: a table, or a file of them."""

    @property
    def schema(self) -> pa.Schema: ...

    def row_with(self, steps: Steps) -> Any:
        """Return the first row that has a value at a column, None if there is none."""


Found = tuple[pa.DataType, Source]


def common_schema(sources: Iterable[Source], fix: str = MAP, *, first_wins: bool = False) -> pa.Schema:
    """Return the schema that the rows of all sources have: their columns in order of first appearance.

    A column that is null in some of them takes the type of the others; so do struct fields and list elements. With
    `first_wins` a type of the first source stays where another is only another width or encoding of it (int32 beside
    int64), and so do its fields that may not be null.

    Raises InexactColumn for a column of several types, with a row of each of two.
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
    """Finds the type of a column from those of its parts."""

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
        if all(_is_list(kind) for kind, _ in several):
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


def _is_list(kind: pa.DataType) -> bool:
    return bool(kinds.is_list(kind) or kinds.is_large_list(kind))


def _list_like(kind: pa.DataType, element: pa.DataType) -> pa.DataType:
    """A list type of the same width with other elements."""
    if kind.value_type == element:
        return kind
    return pa.large_list(element) if kinds.is_large_list(kind) else pa.list_(element)


def _witness(steps: Steps, found: Found) -> tuple[str, Any]:
    kind, source = found
    return python_name(kind), source.row_with(steps)


def python_name(kind: pa.DataType) -> str:
    """Return what the values of an Arrow type are called in Python; Arrow's own name for a type that Python has not."""
    if kinds.is_decimal(kind):
        return f"Decimal of {kind.scale} digits after the point"
    if kinds.is_timestamp(kind) and kind.unit == "us":
        return f"datetime in {kind.tz}" if kind.tz else "datetime"
    if isinstance(kind, pa.UuidType):
        return "UUID"
    return next((name for test, name in _PYTHON_NAMES if test(kind)), str(kind))
