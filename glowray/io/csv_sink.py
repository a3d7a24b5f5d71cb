"""Writing CSV so that reading gives the same: None as an empty field, "" as a quoted one."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

from glowray.io.compression import check_codec
from glowray.io.csv_records import Dialect
from glowray.io.record_columns import RecordColumns, check_names
from glowray.io.sink import FileWriter, Part, join_lines

# What str() gives for these is what their type reads again.
_SCALARS = (str, int, float, complex, Decimal, Fraction, dt.date, dt.time, dt.timedelta, UUID)


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

    def open(self, folder: str, index: int) -> FileWriter:
        return FileWriter(folder, index, self.compression, CsvEncoder(self))

    def join(self, before: str | None, parts: Sequence[Part], path: str) -> None:
        join_lines(before, parts, path)


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
        return self._encoded([self._delimiter.join(map(self._text, self._columns.names)), ""])

    def encode(self, rows: list[Any]) -> bytes:
        lines = list(map(self._line, rows))
        lines.append("")
        return self._encoded(lines)

    def _encoded(self, lines: list[str]) -> bytes:
        try:
            return "\n".join(lines).encode()
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
