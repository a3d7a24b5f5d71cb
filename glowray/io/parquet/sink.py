"""Parquet files that keep the types of rows."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from glowray.errors import InexactColumn
from glowray.io.field_names import FieldNames
from glowray.io.files.compression import listed
from glowray.io.filesystem.location import Location
from glowray.io.parquet.common_schema import one_schema
from glowray.io.parquet.reader import opened
from glowray.io.parquet.table_file import (
    BUFFER_BYTES,
    ROWS_A_BATCH,
    StoredRows,
    TableFile,
    TableRows,
    dict_without_keys,
    rewrite,
)
from glowray.io.record_columns import check_names, given_columns, not_dicts, with_columns
from glowray.io.sink import BlockWriter, Part, SchemaSink, TypedSink, temporary_path

if TYPE_CHECKING:
    import pyarrow as pa

    from glowray.rows import Block
    from glowray.rows.codec.chunk import Chunk
    from glowray.rows.tables.arrow_table import RowsTable

ROWS_A_TABLE = 65_536

_CODECS = {name: name for name in ("snappy", "gzip", "zstd", "brotli", "lz4", "none")} | {"gz": "gzip", "zst": "zstd"}


@dataclass(frozen=True)
class ParquetSink(SchemaSink, TypedSink):
    """Writes dict rows as Parquet. A value that would not come back exactly is refused; the error names the column.

    Args:
        compression: None for Parquet's default, Snappy, or one of _CODECS. It is inside the file, named `.parquet`.
        columns: the columns of all files. Without them and `schema`, files have the columns of all rows. They also name
            the fields of rows that are no dicts.
        schema: the columns of all files and their types. They name fields as `columns` does.
        types: the types of the columns in the source of the rows, which the files keep.
        buffer_bytes: the number of bytes of rows that a writer holds before they go to the disk.
    """

    compression: str | None = None
    columns: tuple[str, ...] | None = None
    schema: pa.Schema | None = None
    types: pa.Schema | None = None
    buffer_bytes: int = BUFFER_BYTES
    verb: str = "write_parquet"

    def __post_init__(self) -> None:
        if self.compression is not None and self.compression not in _CODECS:
            known = listed(_CODECS)
            raise ValueError(f"the compression of Parquet must be None or one of {known}, not {self.compression!r}")
        given_columns(self.verb, self.columns, self.schema)
        if self.schema is not None:
            _check_writable(self.schema)

    @property
    def extension(self) -> str:
        return ".parquet"

    @property
    def joins(self) -> bool:
        return True

    @property
    def needs_rows(self) -> bool:
        return True

    @property
    def codec(self) -> str:
        """Parquet's name of the compression."""
        return _CODECS[self.compression or "snappy"]

    def open(self, folder: str, index: int) -> ParquetPartWriter:
        return ParquetPartWriter(folder, index, self)

    def keeping(self, types: pa.Schema) -> ParquetSink:
        """Return the sink for rows whose columns have these types in their source."""
        return replace(self, types=types)

    def common_schema(self, parts: Sequence[Part], kept: Sequence[Location], *, fixed: bool) -> pa.Schema:
        sources = [StoredRows(part.location, part.schema) for part in parts]
        schema = one_schema(
            sources,
            [file for file in kept if (file.path.endswith(self.extension) or not fixed) and not self.gives_way(file)],
            fixed=fixed,
        )
        if parts:
            _check_writable(schema)
        return schema

    def gives_way(self, file: Location) -> bool:
        import pyarrow as pa

        if not file.path.endswith(self.extension):
            return False
        with opened(file) as there:  # A file without rows whose columns have no types only names them.
            return not there.metadata.num_rows and all(pa.types.is_null(kind) for kind in there.schema_arrow.types)

    def has_schema(self, part: Part, schema: pa.Schema) -> bool:
        return bool(part.schema.equals(schema))

    def rewrite(self, part: Part, folder: str, schema: pa.Schema) -> Part:
        path = temporary_path(folder, part.index)
        size = rewrite([StoredRows(part.location, part.schema)], path, self.codec, schema)
        return replace(part, path=path, bytes=size, schema=schema)

    def join(self, before: str | None, parts: Sequence[Part], path: str) -> None:
        sources = [StoredRows(part.location, part.schema) for part in parts]
        schema = one_schema(sources, [Location(before)] if before else [], fixed=False)
        rewrite([*([StoredRows.of(Location(before))] if before else []), *sources], path, self.codec, schema)


class ParquetPartWriter(BlockWriter):
    """Writes the rows of one partition."""

    def __init__(self, folder: str, index: int, sink: ParquetSink) -> None:
        self._index, self._sink = index, sink
        self._path = temporary_path(folder, index)
        self._named = FieldNames(sink.verb, sink.columns, sink.schema)
        self._file = TableFile(self._path, sink.codec, sink.schema, sink.buffer_bytes)
        self._rows = 0

    def write(self, rows: Iterable[Any]) -> None:
        from glowray.rows import Block

        rest = iter(rows)
        try:
            while batch := list(islice(rest, ROWS_A_BATCH)):
                self._add(Block.from_rows(batch))
        except BaseException:
            self.abort()
            raise

    def write_block(self, block: Block) -> None:
        try:
            self._add(block)
        except BaseException:
            self.abort()
            raise

    def close(self) -> Part | None:
        sink = self._sink
        if not self._rows:
            # One file without rows is enough to name the columns: that of partition 0.
            if self._index or (sink.schema is None and sink.columns is None):
                return None
            if sink.schema is None:
                import pyarrow as pa

                nulls = pa.schema([(name, pa.null()) for name in sink.columns or ()])
                self._file = TableFile(self._path, sink.codec, nulls, sink.buffer_bytes)
        try:
            size = self._file.close()
        except BaseException:
            self.abort()
            raise
        return Part(self._index, self._path, self._rows, size, schema=self._file.schema)

    def abort(self) -> None:
        self._file.abandon()

    def _add(self, block: Block) -> None:
        for chunk in map(self._named.chunk, block.chunks):
            for start in range(0, len(chunk), ROWS_A_TABLE):
                piece = chunk.slice(start, min(start + ROWS_A_TABLE, len(chunk)))
                self._file.add(self._table(piece))
                self._rows += len(piece)

    def _table(self, chunk: Chunk) -> RowsTable | TableRows:
        from glowray.rows.tables.arrow_table import chunk_table
        from glowray.rows.tables.column_errors import MAP_OR_SCHEMA
        from glowray.rows.tables.schema_table import chunk_by_schema, chunk_by_types

        sink = self._sink
        _check_dicts(chunk, sink.verb)
        if sink.schema is not None:
            return chunk_by_schema(chunk, sink.schema)
        piece = None
        if sink.types is not None:
            with contextlib.suppress(InexactColumn):  # The rows are not those that were read.
                piece = chunk_by_types(chunk, sink.types)
        piece = chunk_table(chunk, MAP_OR_SCHEMA) if piece is None else piece
        return piece if sink.columns is None else TableRows(with_columns(piece.table, sink.columns, chunk.rows))


def _check_dicts(chunk: Chunk, verb: str) -> None:
    from glowray.rows.types.shape import Fields, Pickled

    shape = chunk.shape
    if isinstance(shape, Fields) and shape.kind == "record" and shape.children and not shape.optional:
        return
    rows = chunk.columns[0].objects() if isinstance(shape, Pickled) else chunk.rows()
    if odd := [row for row in rows if type(row) is not dict]:
        raise not_dicts(verb, odd[0])
    check_names(tuple(dict.fromkeys(name for row in rows for name in row)), may_be_empty=True)


def _check_writable(schema: pa.Schema) -> None:
    if not schema.names:
        raise ValueError("rows need at least one column: map them to something that has")
    for field in schema:
        if (path := dict_without_keys(field.name, field.type)) is not None:
            raise InexactColumn(f'column "{path}" holds a dict without keys, which Parquet cannot: map it to None')
