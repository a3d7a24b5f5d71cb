"""Writing Parquet files without losing a type."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from glowray.errors import InexactColumn
from glowray.io.folders import remove
from glowray.io.parquet_reader import opened
from glowray.io.record_columns import RecordColumns
from glowray.io.sink import Part, temporary_path

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

ROWS_A_BATCH = 16_384
BUFFER_BYTES = 64 << 20

_CODECS = {None: "snappy", "gz": "gzip", "zst": "zstd"}


@dataclass(frozen=True)
class ParquetSink:
    """Dict rows as Parquet; what would not come back exactly is refused, naming the column.

    `compression` is None (Parquet's usual, Snappy), "gz" or "zst", and is inside the file: its name stays `.parquet`.
    A partition without rows makes no file.
    """

    compression: str | None = None
    columns: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        if self.compression not in _CODECS:
            raise ValueError(f'the compression of Parquet must be None, "gz" or "zst", not {self.compression!r}')
        RecordColumns("write_parquet", self.columns)

    @property
    def extension(self) -> str:
        return ".parquet"

    @property
    def joins(self) -> bool:
        return True

    def open(self, folder: str, index: int) -> ParquetPartWriter:
        return ParquetPartWriter(folder, index, self)

    def join(self, before: str | None, parts: Sequence[Part], path: str) -> None:
        import pyarrow as pa

        file = TableFile(path, _CODECS[self.compression])
        try:
            for source in [*([before] if before else []), *(part.path for part in parts)]:
                with opened(source) as old:
                    for batch in old.iter_batches(ROWS_A_BATCH):
                        file.add(pa.Table.from_batches([batch]))
            file.close()
        finally:
            file.abandon()


class ParquetPartWriter:
    """Writes the rows of one partition."""

    def __init__(self, folder: str, index: int, sink: ParquetSink) -> None:
        self._index = index
        self._columns = RecordColumns("write_parquet", sink.columns)
        self._path = temporary_path(folder, index)
        self._file = TableFile(self._path, _CODECS[sink.compression])
        self._rows = 0

    def write(self, rows: Iterable[Any]) -> None:
        rest = iter(rows)
        try:
            while batch := list(islice(rest, ROWS_A_BATCH)):
                self._file.add(self._table(batch))
                self._rows += len(batch)
        except BaseException:
            self.abort()
            raise

    def close(self) -> Part | None:
        if not self._rows:
            return None
        try:
            size = self._file.close()
        except BaseException:
            self.abort()
            raise
        return Part(self._index, self._path, self._rows, size)

    def abort(self) -> None:
        self._file.abandon()
        remove(self._path)

    def _table(self, batch: list[Any]) -> pa.Table:
        from glowray.rows.to_arrow import rows_table

        names = self._columns.names
        values = list(map(self._columns.values, batch))
        if names is not None and any(tuple(row) != names for row in batch):
            batch = [dict(zip(names, row, strict=True)) for row in values]
        table = rows_table(batch)
        for field in table.schema:
            _check_writable(field.name, field.type)
        return table


class TableFile:
    """A Parquet file made of tables with the same columns.

    A column has one type, which is known only once a value came that is not None: until then, tables wait in memory.
    """

    def __init__(self, path: str, codec: str) -> None:
        self._path = path
        self._codec = codec
        self._waiting: list[pa.Table] = []
        self._bytes = 0
        self._writer: pq.ParquetWriter | None = None

    def add(self, table: pa.Table) -> None:
        """Add rows; raises InexactColumn when their columns are others, or of other types."""
        self._waiting.append(table)
        self._bytes += table.nbytes
        if self._bytes > BUFFER_BYTES:
            self._flush(only_settled=True)

    def close(self) -> int:
        """Write what waits; returns the size of the file in bytes."""
        self._flush()
        assert self._writer is not None
        self._writer.close()
        return os.path.getsize(self._path)

    def abandon(self) -> None:
        """Close the file, whether or not it can be finished; it may be closed already."""
        if self._writer is not None:
            with contextlib.suppress(OSError):
                self._writer.close()

    def _flush(self, only_settled: bool = False) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        from glowray.rows.unify import unified

        known = [] if self._writer is None else [self._writer.schema.empty_table()]
        table = unified([*known, *self._waiting]) if known or self._waiting else pa.table({})
        if only_settled and not all(map(_is_settled, table.schema.types)):
            return
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._path, table.schema, compression=self._codec)
        if self._waiting:
            self._writer.write_table(table)
        self._waiting, self._bytes = [], 0


def _is_settled(kind: pa.DataType) -> bool:
    """Whether no part of a type is still unknown because all of it was None."""
    import pyarrow as pa

    if pa.types.is_nested(kind):
        return all(_is_settled(kind.field(place).type) for place in range(kind.num_fields))
    return not pa.types.is_null(kind)


def _check_writable(path: str, kind: pa.DataType) -> None:
    import pyarrow as pa

    if not pa.types.is_nested(kind):
        return
    if kind.num_fields == 0:
        raise InexactColumn(f'column "{path}" holds a dict without keys, which Parquet cannot: map it to None')
    for place in range(kind.num_fields):
        _check_writable(path, kind.field(place).type)
