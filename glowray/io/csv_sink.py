"""Writing CSV so that reading gives the same: None as an empty field, "" as a quoted one."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, Any
from uuid import UUID

from glowray.io.compression import check_codec
from glowray.io.csv_records import Dialect
from glowray.io.record_columns import RecordColumns, check_names
from glowray.io.sink import FileWriter, Part, join_lines

if TYPE_CHECKING:
    from glowray.rows import Block
    from glowray.rows.chunk import Chunk

# What str() gives for these is what their type reads again.
_SCALARS = (str, int, float, complex, Decimal, Fraction, dt.date, dt.time, dt.timedelta, UUID)
_NEVER_EMPTY = {*_SCALARS, bool, dt.datetime}
_PLAIN = {*_NEVER_EMPTY, type(None)}


@dataclass(frozen=True)
class CsvSink:
    """Dict rows as CSV, UTF-8, with "\\n" after each; every file begins with the names of its columns.

    Columns are `columns`, or those of a partition's first row; a row that has others, or lacks one, is refused (with
    `columns`, a missing one is None). Values are written as str(value), None as nothing at all. `header` False leaves
    the names out.
    """

    compression: str | None = None
    columns: tuple[str, ...] | None = None
    header: bool = True
    dialect: Dialect = field(default_factory=Dialect)

    def __post_init__(self) -> None:
        check_codec(self.compression)
        if self.dialect.quotechar is None:
            raise ValueError("write_csv() needs a quotechar: without one a field could not hold the delimiter")
        if self.columns is not None:
            check_names(self.columns)

    @property
    def extension(self) -> str:
        return ".csv" + (f".{self.compression}" if self.compression else "")

    @property
    def joins(self) -> bool:
        return True

    def open(self, folder: str, index: int) -> CsvWriter:
        return CsvWriter(folder, index, self)

    def join(self, before: str | None, parts: Sequence[Part], path: str) -> None:
        join_lines(before, parts, path)


class CsvWriter(FileWriter):
    """Writes dict rows as lines; those that are columns without making a dict of any."""

    def __init__(self, folder: str, index: int, sink: CsvSink) -> None:
        self._lines = CsvEncoder(sink)
        self._dialect = sink.dialect
        super().__init__(folder, index, sink.compression, self._lines)

    def write_block(self, block: Block) -> None:
        from glowray.io.csv_lines import lines_of

        for chunk in block.chunks:
            if self._lines.takes(chunk):
                self.write_encoded(lines_of(chunk, self._dialect), len(chunk))
            else:
                self.write(chunk.rows())


class CsvEncoder:
    """Dict rows to lines of CSV."""

    def __init__(self, sink: CsvSink) -> None:
        self._columns = RecordColumns("write_csv", sink.columns)
        self._header = sink.header
        self._delimiter = sink.dialect.delimiter
        self._quote = sink.dialect.quotechar or ""
        self._special = re.compile(f"[{re.escape(self._delimiter + self._quote)}\r\n\ufeff]").search

    def head(self) -> bytes:
        if self._columns.names is None or not self._header:
            return b""
        return self._encoded(self._delimiter.join(map(self._text, self._columns.names)) + "\n")

    def takes(self, chunk: Chunk) -> bool:
        """Whether the rows are columns of the very names, all of which have fields."""
        from glowray.io.csv_lines import record_names

        names = record_names(chunk) if len(chunk) else None
        if names is None or (len(names) == 1 and chunk.columns[0].null_count):
            return False
        if self._columns.names is None:
            self._columns.names = check_names(names)
        return self._columns.names == names

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
        """The lines of dicts of the same columns, where no field has to be quoted or left empty; else None.

        They are written as they come; then it is looked whether anything stands there that may not.
        """
        if not set(map(type, chain.from_iterable(map(dict.values, rows)))) <= _NEVER_EMPTY:
            return None
        width = len(self._columns.names or ())
        text = "".join(_line_maker(width, self._delimiter)(map(dict.values, rows)))
        if any(map(text.__contains__, (self._quote, "\r", "\ufeff"))) or not self._delimiter.isascii():
            return None
        return text if _has_fields(text, self._delimiter, len(rows), width) else None

    def _by_columns(self, rows: list[dict[str, Any]]) -> list[str] | None:
        """The lines of dicts of the same columns, made column by column; None where a value is of another type."""
        columns = list(zip(*map(dict.values, rows), strict=True))
        fields = [self._fields(column) for column in columns]
        plain = [column for column in fields if column is not None]
        if len(plain) < len(fields) or (len(fields) == 1 and None in columns[0]):
            return None
        return list(map(self._delimiter.join, zip(*plain, strict=True)))

    def _fields(self, column: Sequence[Any]) -> list[str] | None:
        """The fields of values of plain types; None for others."""
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
        names = self._columns.names or ()
        fields = [
            "" if value is None else self._text(value) if type(value) is str else self._value(value, name)
            for name, value in zip(names, values, strict=True)
        ]
        if fields == [""]:
            raise ValueError(f'None in the only column "{names[0]}" would be a blank line, which is no record')
        return self._delimiter.join(fields)

    def _value(self, value: Any, name: str) -> str:
        if not isinstance(value, _SCALARS):
            kind = type(value).__qualname__
            if hasattr(value, "dtype") and getattr(value, "shape", None) == ():
                return self._text(str(value))  # a NumPy scalar
            raise TypeError(f'column "{name}": CSV has no {kind}, {value!r:.200}: map it to a str first')
        return self._text(str(value))

    def _text(self, text: str) -> str:
        if text and not self._special(text):
            return text
        return self._quote + text.replace(self._quote, self._quote * 2) + self._quote


@cache
def _line_maker(width: int, delimiter: str) -> Callable[[Iterable[Iterable[Any]]], list[str]]:
    """A function from rows of so many values to lines: an f-string is several times as fast as joining."""
    names = [f"v{place}" for place in range(width)]
    between = delimiter.translate({ord("{"): "{{", ord("}"): "}}"})
    line = between.join(f"{{{name}!s}}" for name in names)
    return eval(f"lambda rows: [f{line + chr(10)!r} for {', '.join(names)}, in rows]", {})  # type: ignore[no-any-return]


def _has_fields(text: str, delimiter: str, lines: int, width: int) -> bool:
    """Whether a text has so many lines of so many fields, none of them empty, if no field is quoted."""
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
