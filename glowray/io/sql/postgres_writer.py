"""Writes a table of PostgreSQL by COPY."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from glowray.errors import InexactColumn
from glowray.io.sql.identifiers import quoted
from glowray.io.sql.writer import AdbcWriter, Tables

if TYPE_CHECKING:
    import pyarrow as pa

_NUMERIC = re.compile(r"numeric(?:\(\d+,(\d+)\))?")


@dataclass(eq=False)
class PostgresWriter(AdbcWriter):
    """Writes a table of PostgreSQL."""

    def exists(self, cursor: Any) -> bool:
        cursor.execute("SELECT to_regclass($1) IS NOT NULL", (self.quoted,))
        return bool(cursor.fetchone()[0])

    def store(self, cursor: Any, schema: pa.Schema, tables: Tables, exists: bool) -> None:
        import pyarrow as pa

        kinds = {field.name: sql_type(field.name, field.type) for field in schema}
        self.replace_or_create(cursor.execute, exists, kinds)
        if exists and self.mode == "append":
            self._append(cursor, schema, tables, kinds)
        else:
            stored = pa.schema([(field.name, storable(field.type)) for field in schema])
            self.ingest(cursor, stored, recast_all(tables, stored), self.table_name, **self._place)

    @property
    def _place(self) -> dict[str, str]:
        return {} if self.schema_name is None else {"db_schema_name": self.schema_name}

    def _append(self, cursor: Any, schema: pa.Schema, tables: Tables, kinds: dict[str, str]) -> None:
        """Add rows to a table that exists.

        COPY takes exactly the types of the table's columns. Text goes to a column of another type, such as jsonb or an
        enum, through a temporary table.
        """
        import pyarrow as pa

        there = cursor.adbc_execute_schema(f"SELECT * FROM {self.quoted}")
        declared = self._declared(cursor)
        missing = [name for name in schema.names if name not in declared]
        if missing:
            raise self.missing_column(missing[0])
        targets = [self._target(field, there.field(field.name).type, declared[field.name]) for field in schema]
        stored = pa.schema([(field.name, kind) for field, (kind, _) in zip(schema, targets, strict=True)])
        rows = recast_all(tables, stored)
        if not any(needs_cast for _, needs_cast in targets):
            self.ingest(cursor, stored, rows, self.table_name, **self._place)
            return
        stage = f"glowray_{uuid.uuid4().hex}"
        columns = ", ".join(f"{quoted(name)} {sql_type(name, stored.field(name).type)}" for name in kinds)
        cursor.execute(f"CREATE TEMPORARY TABLE {quoted(stage)} ({columns}) ON COMMIT DROP")
        self.ingest(cursor, stored, rows, stage, db_schema_name="pg_temp")
        picked = ", ".join(
            quoted(name) + (f"::{declared[name]}" if needs_cast else "")
            for name, (_, needs_cast) in zip(kinds, targets, strict=True)
        )
        names = ", ".join(map(quoted, kinds))
        cursor.execute(f"INSERT INTO {self.quoted} ({names}) SELECT {picked} FROM pg_temp.{quoted(stage)}")

    def _target(self, field: pa.Field, there: pa.DataType, declared: str) -> tuple[pa.DataType, bool]:
        """Return the type to send a column as, and whether the server has to cast it from text."""
        import pyarrow as pa

        from glowray.rows.tables.recast import same_family

        kind = storable(field.type)
        numeric = _as_numeric(kind, declared)
        if numeric is not None or pa.types.is_null(kind) or declared == sql_type(field.name, kind):
            return numeric or kind, False
        if same_family(kind, there) and declared not in ("money", "oid"):
            return there, False
        if pa.types.is_string(kind):
            return kind, True
        raise InexactColumn(
            f'{self.verb}(): the column "{field.name}" of the table {self.table} is {declared}, '
            f"but the rows hold {field.type}: map them to that type"
        )

    def _declared(self, cursor: Any) -> dict[str, str]:
        """Return the types of the table's columns in SQL."""
        cursor.execute(
            "SELECT attname::text, format_type(atttypid, atttypmod) FROM pg_attribute "
            "WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped",
            (self.quoted,),
        )
        return dict(cursor.fetchall())


def _as_numeric(kind: pa.DataType, declared: str) -> pa.DataType | None:
    """Return the type to send ints or Decimals as to a column declared numeric; None for other values or columns.

    COPY rounds to the digits of numeric(p, s), so Arrow makes the digits first, or raises.

    >>> import pyarrow as pa
    >>> _as_numeric(pa.int64(), "numeric(10,2)"), _as_numeric(pa.list_(pa.int64()), "numeric[]")
    (Decimal128Type(decimal128(38, 2)), ListType(list<item: int64>))
    """
    import pyarrow as pa

    if pa.types.is_list(kind) and declared.endswith("[]"):
        inner = _as_numeric(kind.value_type, declared.removesuffix("[]"))
        return None if inner is None else pa.list_(inner)
    found = _NUMERIC.fullmatch(declared)
    if found is None or not (pa.types.is_decimal128(kind) or pa.types.is_integer(kind)):
        return None
    return kind if found[1] is None else pa.decimal128(38, int(found[1]))


def recast_all(tables: Tables, schema: pa.Schema) -> Tables:
    """Yield tables in another schema. Raises InexactColumn for a value that a type cannot hold."""
    from glowray.rows.tables.recast import recast_table

    for table in tables:
        yield recast_table(table, schema)


def storable(kind: pa.DataType) -> pa.DataType:
    """Return the type that COPY takes for values of an Arrow type.

    >>> import pyarrow as pa
    >>> storable(pa.large_list(pa.uint32()))
    ListType(list<item: int64>)
    """
    import pyarrow as pa

    types = pa.types
    if types.is_large_list(kind) or types.is_list(kind):
        return pa.list_(storable(kind.value_type))
    if types.is_large_string(kind):
        return pa.string()
    if types.is_large_binary(kind):
        return pa.binary()
    if types.is_integer(kind):
        return pa.int64()
    return pa.float32() if types.is_float16(kind) else kind


def sql_type(name: str, kind: pa.DataType) -> str:
    """Return the type, as PostgreSQL spells it, of a new column for the values of an Arrow type; text for NULL alone.

    >>> import pyarrow as pa
    >>> sql_type("a", pa.decimal128(38, 2)), sql_type("a", pa.list_(pa.string()))
    ('numeric(38,2)', 'text[]')

    Raises InexactColumn for a type that PostgreSQL has no column for.
    """
    import pyarrow as pa

    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        if not pa.types.is_nested(kind.value_type):
            return f"{sql_type(name, kind.value_type)}[]"
    elif pa.types.is_decimal128(kind):
        return f"numeric({kind.precision},{kind.scale})"
    elif pa.types.is_timestamp(kind):
        return "timestamp with time zone" if kind.tz else "timestamp without time zone"
    elif isinstance(kind, pa.UuidType):
        return "uuid"
    for is_kind, known in _kinds():
        if is_kind(kind):
            return known
    raise InexactColumn(
        f'column "{name}" holds {kind}, for which PostgreSQL has no column: map it to json.dumps() of it'
    )


def _kinds() -> list[tuple[Callable[[Any], bool], str]]:
    from pyarrow import types

    return [
        (types.is_boolean, "boolean"),
        (types.is_integer, "bigint"),
        (types.is_float64, "double precision"),
        (types.is_floating, "real"),
        (types.is_string, "text"),
        (types.is_large_string, "text"),
        (types.is_null, "text"),
        (types.is_binary, "bytea"),
        (types.is_large_binary, "bytea"),
        (types.is_date32, "date"),
        (types.is_time64, "time without time zone"),
        (types.is_duration, "interval"),
    ]
