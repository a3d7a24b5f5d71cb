"""A Parquet file written from tables whose schemas may differ."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from glowray.io.arrow.table_rows import table_rows
from glowray.io.files.folders import remove
from glowray.io.filesystem.location import Location
from glowray.io.parquet.reader import opened

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from glowray.rows.tables.arrow_table import RowsTable
    from glowray.rows.tables.column_errors import Steps

ROWS_A_BATCH = 16_384
BUFFER_BYTES = 64 << 20

NO_FIELD = ""
"""The name of a null field that stands for no fields. Parquet has no dict without keys and no rows without columns."""


@dataclass(frozen=True)
class StoredRows:
    """The rows of a Parquet file. Its `schema` may have dicts without keys, which the file stores with NO_FIELD."""

    location: Location
    schema: pa.Schema

    @classmethod
    def of(cls, location: Location) -> StoredRows:
        """Return the rows of an existing file, without a column NO_FIELD."""
        with opened(location) as file:
            schema = file.schema_arrow
        place = schema.get_field_index(NO_FIELD)
        return cls(location, schema if place < 0 or str(schema.field(place).type) != "null" else schema.remove(place))

    def tables(self) -> Iterator[pa.Table]:
        """Yield the rows in tables of at most ROWS_A_BATCH rows."""
        import pyarrow as pa

        with opened(self.location) as file:
            for batch in file.iter_batches(ROWS_A_BATCH):
                yield pa.Table.from_batches([batch])

    def row_with(self, steps: Steps) -> Any:
        """Return the first row with a value at `steps`, the path of a column; None if there is none."""
        rows = (TableRows(table.select([name for name in table.column_names if name])) for table in self.tables())
        return next((row for row in (table.row_with(steps) for table in rows) if row is not None), None)


@dataclass(frozen=True)
class TableRows:
    """The rows of a table in memory."""

    table: pa.Table

    @property
    def schema(self) -> pa.Schema:
        return self.table.schema

    def row_with(self, steps: Steps) -> Any:
        """Return the first row with a value at `steps`, the path of a column; None if there is none."""
        from glowray.rows.tables.column_errors import values_at

        name, *inner = steps
        for place, value in enumerate(self.table.column(name).to_pylist()):
            if any(found is not None for found in values_at(value, tuple(inner))):
                return table_rows(self.table.slice(place, 1))[0]
        return None


class TableFile:
    """Writes tables as one Parquet file. Its schema is the common schema of all rows.

    Rows are written to disk when `buffer_bytes` of them wait. If the common schema changes after that, another file
    begins. At the end all files are rewritten as one.
    """

    def __init__(
        self, path: str, codec: str, schema: pa.Schema | None = None, buffer_bytes: int = BUFFER_BYTES
    ) -> None:
        self.schema = schema
        self._buffer_bytes = buffer_bytes
        self._path, self._codec = path, codec
        self._waiting: list[TableRows] = []
        self._bytes = 0
        self._files: list[StoredRows] = []
        self._writer: pq.ParquetWriter | None = None

    def add(self, piece: RowsTable | TableRows) -> None:
        """Add rows. Raises InexactColumn if no type holds both a column of them and the same column of earlier rows."""
        from glowray.rows.tables.column_errors import MAP_OR_SCHEMA
        from glowray.rows.tables.common_schema import common_schema

        if self.schema is None:
            self.schema = piece.schema
        elif not self.schema.equals(piece.schema):
            self.schema = common_schema([self, piece], MAP_OR_SCHEMA)
        self._waiting.append(TableRows(piece.table))
        self._bytes += piece.table.nbytes
        if self._bytes > self._buffer_bytes:
            self._flush()

    def row_with(self, steps: Steps) -> Any:
        """Return the first row so far with a value at `steps`, the path of a column; None if there is none."""
        self._end_file()  # An open file cannot be read.
        sources: list[StoredRows | TableRows] = [*self._files, *self._waiting]
        having = (source for source in sources if steps[0] in source.schema.names)
        return next((row for row in (source.row_with(steps) for source in having) if row is not None), None)

    def close(self) -> int:
        """Write the waiting rows, close the file, and return its size in bytes."""
        import pyarrow as pa

        self.schema = pa.schema([]) if self.schema is None else self.schema
        if self._waiting or not self._files:
            self._flush()
        self._end_file()
        if len(self._files) > 1:
            self._join_files()
        return os.path.getsize(self._path)

    def abandon(self) -> None:
        """Close and remove all files, even if some are closed or removed already."""
        with contextlib.suppress(OSError):
            self._end_file()
        for file in self._files:
            remove(file.location.path)
        remove(self._path)

    def _flush(self) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        from glowray.rows.tables.recast import recast_table

        assert self.schema is not None, "there are rows, or a schema was given"
        stored = storable(self.schema)
        if self._writer is None or not self._files[-1].schema.equals(self.schema):
            self._end_file()
            path = f"{self._path}-{len(self._files)}" if self._files else self._path
            self._files.append(StoredRows(Location(path), self.schema))
            self._writer = pq.ParquetWriter(path, stored, compression=self._codec)
        if self._waiting:
            self._writer.write_table(pa.concat_tables([recast_table(rows.table, stored) for rows in self._waiting]))
        self._waiting, self._bytes = [], 0

    def _end_file(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()

    def _join_files(self) -> None:
        joined = f"{self._path}-joined"
        try:
            rewrite(self._files, joined, self._codec, self.schema)
        except BaseException:
            remove(joined)
            raise
        for file in self._files:
            remove(file.location.path)
        os.replace(joined, self._path)


def rewrite(files: list[StoredRows], path: str, codec: str, schema: pa.Schema) -> int:
    """Write the rows of files as one file with a schema, a batch at a time. Return its size in bytes.

    Raises InexactColumn if the type of a column cannot hold a value.
    """
    from glowray.rows.tables.recast import recast_table

    stored = storable(schema)
    target = TableFile(path, codec, stored)
    try:
        for file in files:
            for table in file.tables():
                target.add(TableRows(recast_table(table, stored)))
        return target.close()
    except BaseException:
        target.abandon()
        raise


def storable(schema: pa.Schema) -> pa.Schema:
    """Return a schema that Parquet can store: a dict without keys gets the null field NO_FIELD.

    >>> import pyarrow as pa
    >>> storable(pa.schema({"a": pa.struct([])})).field("a").type
    StructType(struct<: null>)
    """
    import pyarrow as pa

    if not schema.names:
        return pa.schema({NO_FIELD: pa.null()})
    if all(_is_storable(field.type) for field in schema):
        return schema
    return pa.schema([field.with_type(_storable(field.type)) for field in schema], schema.metadata)


def dict_without_keys(name: str, kind: pa.DataType) -> str | None:
    """Return the path of the first type inside a column that is a dict without keys; None if there is none.

    >>> import pyarrow as pa
    >>> dict_without_keys("a", pa.list_(pa.struct({"b": pa.struct([])})))
    'a[].b'
    """
    import pyarrow as pa

    if not pa.types.is_nested(kind):
        return None
    if kind.num_fields == 0:
        return name
    inner = "[]" if not pa.types.is_struct(kind) else None
    fields = [kind.field(place) for place in range(kind.num_fields)]
    found = (dict_without_keys(name + (inner or f".{field.name}"), field.type) for field in fields)
    return next((path for path in found if path is not None), None)


def _is_storable(kind: pa.DataType) -> bool:
    return dict_without_keys("", kind) is None


def _storable(kind: pa.DataType) -> pa.DataType:
    import pyarrow as pa

    if _is_storable(kind):
        return kind
    if pa.types.is_struct(kind):
        fields = [field.with_type(_storable(field.type)) for field in kind]
        return pa.struct(fields or [pa.field(NO_FIELD, pa.null())])
    if pa.types.is_list(kind):
        return pa.list_(_storable(kind.value_type))
    return pa.large_list(_storable(kind.value_type))
