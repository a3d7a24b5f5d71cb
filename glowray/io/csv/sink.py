"""CSV files that read back as the same rows: None is an empty field, "" a quoted one."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from functools import cache
from itertools import chain, islice
from typing import TYPE_CHECKING, Any
from uuid import UUID

from glowray.io.arrow.table_rows import table_rows
from glowray.io.csv.common_columns import Quoting, blank_line, common_columns, holds_no_rows, rewritten
from glowray.io.csv.records import Dialect
from glowray.io.csv.value_types import ValueTypes
from glowray.io.field_names import FieldNames
from glowray.io.files.folders import remove
from glowray.io.filesystem.location import Location
from glowray.io.record_columns import RecordColumns, given_columns, not_dicts
from glowray.io.sink import ROWS_A_WRITE, BlockWriter, FileWriter, LineSink, Part, SchemaSink

if TYPE_CHECKING:
    import pyarrow as pa

    from glowray.rows import Block
    from glowray.rows.codec.chunk import Chunk

# Each of these types reads the text that str() makes of its values.
_SCALARS = (str, int, float, complex, Decimal, Fraction, dt.date, dt.time, dt.timedelta, UUID)
_CSV_NAME = re.compile(r"\.csv(\.\w+)?$")
_NEVER_EMPTY = {*_SCALARS, bool, dt.datetime}
_PLAIN = {*_NEVER_EMPTY, type(None)}


@dataclass(frozen=True)
class CsvSink(LineSink, SchemaSink):
    """Writes dict rows as CSV: UTF-8, a line each that ends in "\\n". Every file begins with the names of its columns.

    All files have the columns of `columns` or `schema`, else the columns of all rows in order of first appearance. A
    row may lack columns, which are then None, but may not have others than the given ones. They also name the
    fields of rows that are no dicts. A value is written as str(value), None as an empty field. With `schema`, values
    are first converted to its types. With `header` False files do not begin with names.
    """

    suffix = ".csv"
    columns: tuple[str, ...] | None = None
    header: bool = True
    dialect: Dialect = field(default_factory=Dialect)
    schema: pa.Schema | None = None

    def __post_init__(self) -> None:
        if self.dialect.quotechar is None:
            raise ValueError("write_csv() needs a quotechar: without one a field could not hold the delimiter")
        given_columns("write_csv", self.columns, self.schema)

    @property
    def needs_rows(self) -> bool:
        return True

    def open(self, folder: str, index: int) -> CsvWriter:
        return CsvWriter(folder, index, self)

    def common_schema(self, parts: Sequence[Part], kept: Sequence[Location], *, fixed: bool) -> tuple[str, ...]:
        return common_columns(self, parts, [file for file in kept if not fixed or _CSV_NAME.search(file.path)])

    def gives_way(self, file: Location) -> bool:
        return holds_no_rows(self, file)

    def has_schema(self, part: Part, schema: tuple[str, ...]) -> bool:
        return bool(part.schema == schema)

    def rewrite(self, part: Part, folder: str, schema: tuple[str, ...]) -> Part:
        return rewritten(self, [part], folder, schema)


class CsvWriter(BlockWriter):
    """Writes dict rows as lines. Rows that arrive as columns are written without making dicts where that is possible.

    If rows have columns that no row before had, the writer begins another file. At the end it rewrites all files as
    one.
    """

    def __init__(self, folder: str, index: int, sink: CsvSink) -> None:
        self._folder, self._index, self._sink = folder, index, sink
        self._named = FieldNames("write_csv", sink.columns, sink.schema)
        self._lines, self._types = CsvEncoder(sink), ValueTypes()
        self._parts: list[Part] = []
        self._names, self._rows = self._lines.names, 0
        self._file = self._new_file()

    def write(self, rows: Iterable[Any]) -> None:
        rest = iter(rows)
        try:
            while batch := list(islice(rest, ROWS_A_WRITE)):
                records = self._typed(self._named.records(batch))
                encoded = self._lines.encode(records)
                self._types.add_rows(records)
                self._write_encoded([encoded], len(batch))
        except BaseException:
            self.abort()
            raise

    def write_block(self, block: Block) -> None:
        from glowray.io.csv.column_lines import lines_of

        for chunk in map(self._named.chunk, block.chunks):
            if self._sink.schema is None and self._lines.takes(chunk):
                self._types.add_chunk(chunk)
                self._write_encoded(lines_of(chunk, self._sink.dialect), len(chunk))
            else:
                self.write(chunk.rows())

    def close(self) -> Part:
        try:
            self._end_file()
            if len(self._parts) == 1:
                part = self._parts[0]
                return part if part.rows or part.head else replace(part, schema=())
            part = rewritten(self._sink, self._parts, self._folder, self._lines.names)
        except BaseException:
            self.abort()
            raise
        for old in self._parts:
            remove(old.path)
        return part

    def abort(self) -> None:
        self._file.abort()
        for part in self._parts:
            remove(part.path)

    def _write_encoded(self, lines: Iterable[Any], rows: int) -> None:
        """Write lines that have the encoder's current columns. If the columns are new, begin another file first."""
        if self._lines.names != self._names and self._rows:
            self._end_file()
            self._file, self._rows = self._new_file(), 0
        self._names, self._rows = self._lines.names, self._rows + rows
        self._file.write_encoded(lines, rows)

    def _new_file(self) -> FileWriter:
        sink = self._sink
        return FileWriter(self._folder, self._index, sink.compression, self._lines, sink.extension)

    def _end_file(self) -> None:
        part = self._file.close()
        self._parts.append(replace(part, schema=self._names, lone=self._lines.lone, held=dict(self._types.held)))

    def _typed(self, rows: list[Any]) -> list[Any]:
        """Return the rows with their values converted to the types of the schema."""
        if self._sink.schema is None:
            return rows
        from glowray.rows.codec.chunk import Chunk
        from glowray.rows.tables.schema_table import chunk_by_schema

        if odd := [row for row in rows if type(row) is not dict]:
            raise not_dicts("write_csv", odd[0])
        return table_rows(chunk_by_schema(Chunk.from_rows(rows), self._sink.schema).table)


class CsvEncoder:
    """Encodes dict rows as lines of CSV. `lone` shows the first row that a file of one column could not hold."""

    def __init__(self, sink: CsvSink) -> None:
        self._columns = RecordColumns("write_csv", given_columns("write_csv", sink.columns, sink.schema))
        self.lone: str | None = None
        self._header = sink.header
        self._quoting = Quoting(sink.dialect)
        self._text = self._quoting.field
        self._delimiter, self._quote = self._quoting.delimiter, self._quoting.quote

    @property
    def names(self) -> tuple[str, ...]:
        """The columns so far."""
        return self._columns.names

    def head(self) -> bytes:
        if not self.names or not self._header:
            return b""
        return self._encoded(self._quoting.line(self.names))

    def takes(self, chunk: Chunk) -> bool:
        """Return whether the chunk's columns can be written as they are: they have the file's names and known kinds.

        If the file has no columns yet, it takes those of the chunk.
        """
        from glowray.io.csv.column_lines import record_names

        names = record_names(chunk) if len(chunk) else None
        if names is None or (len(names) == 1 and chunk.columns[0].null_count):
            return False
        if not self.names:
            self._columns.add(names)
        return self.names == names

    def encode(self, rows: list[Any]) -> bytes:
        if self._columns.are_plain(rows):
            text = self._unquoted(rows)
            if text is not None:
                return self._encoded(text)
            lines = self._by_columns(rows) or list(map(self._line, rows))
        else:
            lines = list(map(self._line, rows))
        lines.append("")
        return self._encoded("\n".join(lines))

    def _unquoted(self, rows: list[dict[str, Any]]) -> str | None:
        """Return the lines of dicts of the same columns, or None if a field must be quoted or left empty.

        The text is made first, without quotes. Then one scan checks that it has exactly the expected fields.
        """
        if not self.names or not set(map(type, chain.from_iterable(map(dict.values, rows)))) <= _NEVER_EMPTY:
            return None
        width = len(self.names)
        text = "".join(_line_maker(width, self._delimiter)(map(dict.values, rows)))
        if any(map(text.__contains__, (self._quote, "\r", "\ufeff"))) or not self._delimiter.isascii():
            return None
        return text if _has_fields(text, self._delimiter, len(rows), width) else None

    def _by_columns(self, rows: list[dict[str, Any]]) -> list[str] | None:
        """Return the lines of dicts of the same columns, made column by column; None if a value has another type."""
        columns = list(zip(*map(dict.values, rows), strict=True))
        fields = [self._fields(column) for column in columns]
        plain = [column for column in fields if column is not None]
        if not plain or len(plain) < len(fields) or (len(fields) == 1 and None in columns[0]):
            return None
        return list(map(self._delimiter.join, zip(*plain, strict=True)))

    def _fields(self, column: Sequence[Any]) -> list[str] | None:
        """Return the fields of a column whose values have plain types; None for other columns."""
        types = set(map(type, column))
        if not types <= _PLAIN:
            return None
        is_odd = "" in column
        if type(None) in types:
            texts = ["" if value is None else str(value) for value in column]
        else:
            texts = list(column) if types == {str} else list(map(str, column))
        if is_odd or any(map("".join(texts).__contains__, (self._delimiter, self._quote, "\r", "\n", "\ufeff"))):
            return ["" if value is None else self._text(text) for value, text in zip(column, texts, strict=True)]
        return texts

    def _encoded(self, text: str) -> bytes:
        try:
            return text.encode()
        except UnicodeEncodeError as error:
            half = error.object[error.start]
            raise ValueError(f"{half!a} has no UTF-8 form, it is half of a surrogate pair: map it first") from None

    def _line(self, row: Any) -> str:
        values = self._columns.values(row)
        fields = [
            "" if value is None else self._text(value) if type(value) is str else self._value(value, name)
            for name, value in zip(self.names, values, strict=True)
        ]
        return self._delimiter.join(fields) if fields and fields != [""] else self._lone_line(row)

    def _lone_line(self, row: Any) -> str:
        """Return the line of a row that has at most one column and no value.

        A blank line is no record, so the line has two empty fields until all columns are known.
        """
        if self._columns.is_given:
            raise blank_line(self.names[0], f"{row!r:.200}")
        self.lone = self.lone or f"{row!r:.200}"
        return self._delimiter

    def _value(self, value: Any, name: str) -> str:
        if not isinstance(value, _SCALARS):
            kind = type(value).__qualname__
            if hasattr(value, "dtype") and getattr(value, "shape", None) == ():
                return self._text(str(value))  # a NumPy scalar
            raise TypeError(f'column "{name}": CSV has no {kind}, {value!r:.200}: map it to a str first')
        return self._text(str(value))


@cache
def _line_maker(width: int, delimiter: str) -> Callable[[Iterable[Iterable[Any]]], list[str]]:
    """Return a function from rows of `width` values to lines. Its f-string is several times as fast as str.join."""
    names = [f"v{place}" for place in range(width)]
    between = delimiter.translate({ord("{"): "{{", ord("}"): "}}"})
    line = between.join(f"{{{name}!s}}" for name in names)
    return eval(f"lambda rows: [f{line + chr(10)!r} for {', '.join(names)}, in rows]", {})  # type: ignore[no-any-return]


def _has_fields(text: str, delimiter: str, lines: int, width: int) -> bool:
    """Return whether a text without quotes has `lines` lines of `width` fields each, none of them empty."""
    import numpy as np

    data = np.frombuffer(text.encode("utf-8", "surrogatepass"), np.uint8)
    ends = data == 0x0A
    if np.count_nonzero(ends) != lines:
        return False
    between = data == ord(delimiter)
    if np.count_nonzero(between) != lines * (width - 1):
        return False
    ends |= between
    return not (ends[0] or np.any(ends[1:] & ends[:-1]))
