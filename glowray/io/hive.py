"""Folders by the values of fields, as Hive names them: `year=2013/part-00000.parquet` holds the rows of 2013.

The files leave these fields out: readers take them from the names of the folders.
"""

from __future__ import annotations

import datetime as dt
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from uuid import UUID

from glowray.errors import InexactColumn
from glowray.functions.show import shown
from glowray.io.field_names import FieldNames
from glowray.io.files.compression import codec_of
from glowray.io.files.folders import remove
from glowray.io.record_columns import check_names, given_columns, not_dicts
from glowray.io.sink import BlockWriter, Part, PartsWriter, PartWriter, Sink

if TYPE_CHECKING:
    import pyarrow as pa

    from glowray.rows import Block
    from glowray.rows.codec.chunk import Chunk

NO_VALUE = "__HIVE_DEFAULT_PARTITION__"
"""The text that stands for None in a folder's name."""

MAX_OPEN = 64
"""The number of files that a task has open at once."""

BUFFER_BYTES = 64 << 20
"""The number of bytes of rows that wait in a task before they are written, so that a file gets many rows at once."""

ROWS_A_BATCH = 16_384
_NAME_BYTES = 255
_TYPES = (str, int, bool, float, Decimal, dt.date, dt.datetime, dt.time, UUID)


@dataclass(frozen=True)
class HiveFolders:
    """The fields whose values name the folders of a write, and the columns that its files are left with.

    Without fields all files are in one folder. `columns` and `schema` are those that the user gave, if any. They name
    the fields of rows that are no dicts.
    """

    verb: str
    fields: tuple[str, ...]
    columns: tuple[str, ...] | None = None
    schema: pa.Schema | None = None

    @classmethod
    def of(
        cls,
        verb: str,
        names: str | Sequence[str] | None,
        columns: Sequence[str] | None = None,
        schema: pa.Schema | None = None,
    ) -> HiveFolders:
        """Return the folders for the arguments of a write.

        Raises ValueError for a name that cannot begin a folder's name, that is there twice, or that `columns` lacks,
        and what is wrong with `columns` and `schema`.
        """
        own = None if columns is None else tuple(columns)
        given_columns(verb, own, schema)
        given = (names,) if isinstance(names, str) else tuple(names or ())
        fields = check_names(given, "partition_by", may_be_empty=names is None)
        for name in fields:
            if not name or name.startswith(("_", ".")) or any(map(name.__contains__, "/=%\0")):
                raise ValueError(f"{verb}(): a folder cannot be named after the field {name!r}: rename it")
            if own is not None and name not in own:
                raise ValueError(f"{verb}(): partition_by names {name!r}, which columns= lacks")
        return cls(verb, fields, own, schema)

    @property
    def left_columns(self) -> tuple[str, ...] | None:
        """Return the columns of the files, if the user gave any."""
        return None if self.columns is None else tuple(name for name in self.columns if name not in self.fields)

    @property
    def left_schema(self) -> pa.Schema | None:
        """Return the schema of the files, if the user gave one."""
        if self.schema is None:
            return None
        import pyarrow as pa

        return pa.schema([field for field in self.schema if field.name not in self.fields], self.schema.metadata)

    @property
    def file_bytes(self) -> int:
        """Return the number of bytes of rows that an open file may hold in memory."""
        return BUFFER_BYTES // MAX_OPEN if self.fields else BUFFER_BYTES

    def open(self, sink: Sink, folder: str, index: int) -> PartWriter | HiveWriter:
        """Begin to write partition `index`, in files of the sink in a folder of this machine's disk."""
        return HiveWriter(self, sink, folder, index) if self.fields else sink.open(folder, index)


def folder_fields(name: str) -> tuple[str, ...]:
    """Return the fields that name the folders of a file.

    >>> folder_fields("year=2013/month=1/part-00000.csv"), folder_fields("part-00000.csv")
    (('year', 'month'), ())
    """
    return tuple(part.partition("=")[0] for part in name.split(os.sep)[:-1] if "=" in part)


def check_kinds(parts: Iterable[Part]) -> None:
    """Raise InexactColumn for a field whose values name folders and are of two types: readers give it one."""
    known: dict[str, type] = {}
    for part in parts:
        for name, kind in part.kinds:
            if known.setdefault(name, kind) is not kind:
                raise _two_types(name, known[name], kind)


def _two_types(name: str, one: type, other: type) -> InexactColumn:
    return InexactColumn(
        f'column "{name}" holds {one.__name__} and {other.__name__}, but readers give all folders of it one type:'
        " map its values to one"
    )


class HiveWriter(BlockWriter, PartsWriter):
    """Writes the rows of one partition to one or more files in each folder.

    Rows wait until there are BUFFER_BYTES of them. At most MAX_OPEN files are open, fewer of xz. If one more is needed,
    the file that was written to the longest ago is closed. Later rows of its folder go to a new file.
    """

    def __init__(self, folders: HiveFolders, sink: Sink, folder: str, index: int) -> None:
        self._sink, self._folder, self._index = sink, folder, index
        # A compressor of xz takes about 35 MB.
        self._most_open = MAX_OPEN // 8 if codec_of(sink.extension) == "xz" else MAX_OPEN
        self._named = FieldNames(folders.verb, folders.columns, folders.schema)
        self._split = FolderSplit(folders.verb, folders.fields)
        self._waiting: dict[str, list[Chunk]] = {}
        self._bytes = 0
        self._open: dict[str, PartWriter] = {}
        self._parts: list[Part] = []

    def write(self, rows: Iterable[Any]) -> None:
        from glowray.rows.codec.chunk import Chunk

        rest = iter(rows)
        while batch := list(islice(rest, ROWS_A_BATCH)):
            self._add(Chunk.from_rows(self._named.records(batch)))

    def write_block(self, block: Block) -> None:
        for chunk in map(self._named.chunk, block.chunks):
            self._add(chunk)

    def parts(self) -> list[Part]:
        self._flush()
        for name in list(self._open):
            self._close(name)
        counts: Counter[str] = Counter()
        parts = []
        for part in self._parts:
            parts.append(replace(part, kinds=tuple(self._split.kinds.items()), sequence=counts[part.folder]))
            counts[part.folder] += 1
        return parts

    def abort(self) -> None:
        for writer in self._open.values():
            writer.abort()
        for part in self._parts:
            remove(part.path)

    def _add(self, chunk: Chunk) -> None:
        for name, own in self._split.pieces(chunk):
            self._waiting.setdefault(name, []).append(own)
            self._bytes += own.estimated_bytes
        if self._bytes > BUFFER_BYTES:
            self._flush()

    def _flush(self) -> None:
        from glowray.rows import Block

        for name, chunks in self._waiting.items():
            writer, block = self._writer(name), Block.concat([Block(chunks)])
            if isinstance(writer, BlockWriter):
                writer.write_block(block)
            else:
                writer.write(row for rows in block.morsels() for row in rows)
        self._waiting, self._bytes = {}, 0

    def _writer(self, name: str) -> PartWriter:
        """Return the open file of a folder. `_open` has the file that was used last at its end."""
        writer = self._open.pop(name, None)
        if writer is None:
            if len(self._open) >= self._most_open:
                self._close(next(iter(self._open)))
            writer = self._sink.open(self._folder, self._index)
        self._open[name] = writer
        return writer

    def _close(self, name: str) -> None:
        part = self._open.pop(name).close()
        assert part is not None, "a file is opened for rows"
        self._parts.append(replace(part, folder=name))


@dataclass
class FolderSplit:
    """Splits dict rows by the folder that they go to, and takes the fields that name it out of them.

    `kinds` are the types of these fields in all rows so far.
    """

    verb: str
    fields: tuple[str, ...]
    kinds: dict[str, type] = field(default_factory=dict)

    def pieces(self, chunk: Chunk) -> Iterator[tuple[str, Chunk]]:
        """Yield each folder with its rows, in order of first appearance."""
        found = self._by_columns(chunk)
        return self._by_rows(chunk.rows()) if found is None else found

    def _by_columns(self, chunk: Chunk) -> Iterator[tuple[str, Chunk]] | None:
        """Split rows whose fields are columns. Only the distinct values of the fields become Python's."""
        import numpy as np

        from glowray.rows.codec.chunk import Chunk
        from glowray.rows.types.shape import Fields, Scalar

        shape = chunk.shape
        if not isinstance(shape, Fields) or shape.kind != "record" or shape.optional:
            return None
        spans = dict(zip(shape.names, shape.spans(), strict=True))
        names: list[str] = [""]
        codes = np.zeros(len(chunk), np.int64)
        for name in self.fields:
            child, start, _ = spans.get(name, (None, 0, 0))
            if not isinstance(child, Scalar):
                return None
            values, own = _distinct(chunk.columns[start])
            texts = [self._text(name, value) for value in child.kind.decode(values)]
            used, codes = np.unique(codes * len(texts) + own, return_inverse=True)
            names = [os.path.join(names[code // len(texts)], texts[code % len(texts)]) for code in used.tolist()]
        kept = [name for name in shape.names if name not in self.fields]
        columns = [column for name in kept for column in chunk.columns[spans[name][1] : spans[name][2]]]
        rest = Chunk(Fields("record", tuple(kept), tuple(spans[name][0] for name in kept)), columns, len(chunk))
        return _by_code(rest, codes, names)

    def _by_rows(self, rows: list[Any]) -> Iterator[tuple[str, Chunk]]:
        from glowray.rows.codec.chunk import Chunk

        found: dict[str, list[dict[str, Any]]] = {}
        for row in rows:
            if type(row) is not dict:
                raise not_dicts(self.verb, row)
            for name in self.fields:
                if name not in row:
                    raise KeyError(f"{self.verb}(partition_by={name!r}): the record {shown(row)} has no such field")
            folder = os.path.join(*(self._text(name, row[name]) for name in self.fields))
            found.setdefault(folder, []).append({key: row[key] for key in row if key not in self.fields})
        return ((folder, Chunk.from_rows(own)) for folder, own in found.items())

    def _text(self, name: str, value: Any) -> str:
        """Return the name of a value's folder. Characters beside letters, digits and `_.-~` are URL-encoded."""
        if value is None:
            return f"{name}={NO_VALUE}"
        kind = type(value)
        if kind not in _TYPES:
            what = f'column "{name}" holds a {kind.__qualname__}, {value!r:.200}'
            raise TypeError(f"{self.verb}(): {what}, which cannot name a folder: map it to a str, a number or a date")
        if self.kinds.setdefault(name, kind) is not kind:
            raise _two_types(name, self.kinds[name], kind)
        text = str(value).lower() if kind is bool else str(value)
        folder = f"{name}={quote(text, safe='', errors='surrogatepass')}"
        if text == NO_VALUE or len(folder.encode()) > _NAME_BYTES:
            why = "it is the name of None" if text == NO_VALUE else f"its name has more than {_NAME_BYTES} bytes"
            raise ValueError(f'{self.verb}(): column "{name}" has the value {value!r:.80}, but {why}: map it first')
        return folder


def _distinct(column: Any) -> tuple[Any, Any]:
    """Return the distinct values of a column, and the place of each row's value among them."""
    import pyarrow as pa

    from glowray.rows.arrow.numpy_columns import as_numpy

    if pa.types.is_dictionary(column.type):  # it may have values that no row has
        column = column.cast(column.type.value_type)
    found = column.dictionary_encode("encode")
    return found.dictionary, as_numpy(found.indices)


def _by_code(chunk: Chunk, codes: Any, names: list[str]) -> Iterator[tuple[str, Chunk]]:
    """Yield the rows of each code with its name, in order of first appearance: row i has the code `codes[i]`."""
    import numpy as np

    if len(names) == 1:
        return iter([(names[0], chunk)])
    order = np.argsort(codes, kind="stable")
    bounds = [0, *np.cumsum(np.bincount(codes, minlength=len(names))).tolist()]
    rows = chunk.take(order)
    first = order[bounds[:-1]].argsort().tolist()
    return ((names[code], rows.slice(bounds[code], bounds[code + 1])) for code in first)
