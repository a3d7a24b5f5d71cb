"""Types of PostgreSQL: how a column that ADBC gives becomes Python's exact values."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

from glowray.io.arrow.table_rows import column_values

if TYPE_CHECKING:
    import pyarrow as pa

    Convert = Callable[[Any], Any]

_TYPE, _TYPMOD = b"POSTGRESQL:type", b"POSTGRESQL:typmod"
_CASTS = {"money": "numeric", "oid": "bigint"}
"""Types that ADBC gives as other numbers: money as cents, an oid over 2**31 as a negative int."""


@dataclass(frozen=True)
class ResultColumn:
    """A column of a query.

    Args:
        name: its name.
        arrow: the Arrow type of the exact values, if they have one.
        cast: the type to select it as, where ADBC has no form for its own.
        convert: makes a Python value of the one that Arrow gives; None: it is exact.
        is_array: whether it holds arrays.
    """

    name: str
    arrow: pa.DataType
    cast: str | None = None
    convert: Convert | None = None
    is_array: bool = False

    def exact(self, column: pa.ChunkedArray) -> pa.ChunkedArray | list[Any]:
        """Return the column as an Arrow column of exact values, or these values as a list."""
        import pyarrow as pa

        if pa.types.is_decimal128(self.arrow):
            try:
                return _stored(column).cast(self.arrow)
            except pa.ArrowInvalid:  # NaN, or more digits than Arrow's decimals have
                return self.values(column)
        return _stored(column) if self.convert is None else self.values(column)

    def values(self, column: pa.ChunkedArray) -> list[Any]:
        """Return the exact values of the column."""
        convert = _to_decimal if self.convert is None and _is_decimal(self.arrow) else self.convert
        if convert is None:
            return column_values(self.name, _stored(column))
        try:
            return [None if value is None else convert(value) for value in column.to_pylist()]
        except ValueError as error:
            raise ValueError(f'column "{self.name}": {error}') from None


def columns_of(schema: pa.Schema) -> tuple[ResultColumn, ...]:
    """Return the columns of a query whose result has this schema."""
    return tuple(map(_column, schema))


def _column(field: pa.Field) -> ResultColumn:
    import pyarrow as pa

    known = (field.metadata or {}).get(_TYPE, b"").decode()
    is_array = pa.types.is_list(field.type)
    if known in _CASTS:
        cast = _CASTS[known]
        return ResultColumn(field.name, pa.string(), cast, _to_decimal if cast == "numeric" else None)
    if _lacks_form(field.type):
        return ResultColumn(field.name, pa.string(), "text")
    scale = _numeric_scale(field)
    if scale is not None:
        return ResultColumn(field.name, pa.decimal128(38, scale))
    return ResultColumn(field.name, bare_type(field.type), None, _converter(field.type), is_array)


def _numeric_scale(field: pa.Field) -> int | None:
    """Return the digits after the point of a column declared as numeric(p, s); None for other columns.

    The server codes (p, s) as p * 65536 + s + 4.
    """
    metadata = field.metadata or {}
    coded = int(metadata.get(_TYPMOD, b"-1")) - 4
    precision, scale = coded >> 16, coded & 0x7FF
    is_plain = metadata.get(_TYPE) == b"numeric" and coded >= 0
    return scale if is_plain and scale <= precision <= 38 else None


def bare_type(kind: pa.DataType) -> pa.DataType:
    """Return the type that an extension type is stored as: json → string. A UUID stays."""
    import pyarrow as pa

    is_other = isinstance(kind, pa.BaseExtensionType) and not isinstance(kind, pa.UuidType)
    return kind.storage_type if is_other else kind


def _stored(column: pa.ChunkedArray) -> pa.ChunkedArray:
    import pyarrow as pa

    bare = bare_type(column.type)
    return column if bare == column.type else pa.chunked_array([chunk.storage for chunk in column.chunks], bare)


def _lacks_form(kind: pa.DataType) -> bool:
    """Return whether ADBC gives a type as bytes of the server, as inet, enums and ranges, or not at all."""
    import pyarrow as pa

    if pa.types.is_list(kind):
        return _lacks_form(kind.value_type)
    return pa.types.is_struct(kind) or (isinstance(kind, pa.OpaqueType) and kind.storage_type == pa.binary())


def _converter(kind: pa.DataType) -> Convert | None:
    """Return a function that makes exact Python values of those that Arrow gives, None if they are exact."""
    import pyarrow as pa

    if pa.types.is_list(kind):
        inner = _converter(kind.value_type)
        return None if inner is None else partial(_each, inner)
    if isinstance(kind, pa.OpaqueType) and kind.type_name == "numeric":
        return _to_decimal
    return _to_timedelta if pa.types.is_interval(kind) else None


def _each(convert: Convert, values: list[Any]) -> list[Any]:
    return [None if value is None else convert(value) for value in values]


def _is_decimal(kind: pa.DataType) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_decimal128(kind))


def _to_decimal(text: str) -> Decimal:
    return Decimal(text)


def _to_timedelta(value: Any) -> dt.timedelta:
    """Return an interval as a timedelta, a day as 24 hours. Raises ValueError for months, which differ in length."""
    if value.months:
        raise ValueError("an interval has months, for which Python has no form: select it as ::text")
    return dt.timedelta(days=value.days, microseconds=value.nanoseconds // 1000)
