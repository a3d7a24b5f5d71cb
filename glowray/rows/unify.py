"""Tables of parts of a dataset as one: types are brought together only where no value changes."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.types as kinds

from glowray.rows.inexact import absent_column, mixed_names

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
    schema = pa.schema(list(zip(names, types, strict=True)))
    return pa.concat_tables([table if table.schema.equals(schema) else table.cast(schema) for table in tables])


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
