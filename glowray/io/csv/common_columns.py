"""The common columns of the CSV files of an output: of new parts and of existing files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice
from typing import Protocol

from glowray.io.csv.records import FIRST_BYTES, Dialect, Record, first_record, read_records
from glowray.io.csv.value_types import all_held, check_types
from glowray.io.files.encoding import Encoding
from glowray.io.files.splits import Piece
from glowray.io.filesystem.location import Location
from glowray.io.sink import FileWriter, Part

_UTF8 = Encoding("utf-8")
_UTF8_OF_OTHERS = Encoding("utf-8-sig")
_ELSE = 'write to another place, or with mode="overwrite"'


class CsvLayout(Protocol):
    """How a CSV output is spelled: its sink."""

    @property
    def dialect(self) -> Dialect: ...
    @property
    def header(self) -> bool: ...
    @property
    def compression(self) -> str | None: ...
    @property
    def extension(self) -> str: ...


def common_columns(sink: CsvLayout, parts: Sequence[Part], kept: Sequence[Location]) -> tuple[str, ...]:
    """Return the columns of all parts in order of first appearance, or the columns of the existing files `kept`.

    Raises ValueError for a row that cannot be a line, and for a new column that an existing file lacks. Raises
    InexactColumn if a column has several types in the parts.
    """
    check_types(parts)
    names = tuple(dict.fromkeys(chain.from_iterable(part.schema for part in parts)))
    first: Location | None = None
    for file in kept:
        there = first_record(Piece(file), sink.dialect, _UTF8_OF_OTHERS)
        if there and names:
            names = _kept_columns(file, there, names, sink, first)
            first = file
    return _checked(names, parts)


def holds_no_rows(sink: CsvLayout, file: Location) -> bool:
    """Return whether a file has no record besides the names of the columns. Only its first bytes are read."""
    records = chain.from_iterable(read_records(Piece(file), sink.dialect, _UTF8_OF_OTHERS, FIRST_BYTES))
    return next(islice(records, int(sink.header), None), None) is None


def _kept_columns(
    file: Location, there: Sequence[str], names: tuple[str, ...], sink: CsvLayout, first: Location | None
) -> tuple[str, ...]:
    """Return the columns of new rows that are added to the existing `file`, whose first record is `there`.

    Raises ValueError if the file lacks one of the new columns, or differs from `first`, an earlier existing file.
    """
    if not sink.header:
        if len(there) != len(names):
            raise ValueError(f'"{file}" has {len(there)} columns, the new rows have {len(names)}: {_ELSE}')
        return names
    held = tuple(there)
    if first is not None and held != names:
        name = next(iter(dict.fromkeys(one for one, other in zip(held, names, strict=False) if one != other)), held[-1])
        raise ValueError(f'"{file}" has the column "{name}" where "{first}" has another: {_ELSE}')
    if more := [name for name in names if name not in held]:
        raise ValueError(f'"{file}" has no column "{more[0]}", which the new rows have: {_ELSE}')
    return held


def _checked(names: tuple[str, ...], parts: Sequence[Part]) -> tuple[str, ...]:
    if not names and any(part.rows for part in parts):
        raise ValueError("rows need at least one column: map them to something that has")
    lone = next((part.lone for part in parts if part.lone is not None), None)
    if len(names) == 1 and lone is not None:
        raise blank_line(names[0], lone)
    return names


def blank_line(name: str, row: str) -> ValueError:
    """Return the error for a row that is None in the only column."""
    return ValueError(f'None in the only column "{name}" would be a blank line, which is no record: the row {row}')


def rewritten(sink: CsvLayout, parts: Sequence[Part], folder: str, names: tuple[str, ...]) -> Part:
    """Write the rows of parts, in their order, as one part with these columns."""
    file = FileWriter(folder, parts[0].index, sink.compression, RecordEncoder(sink, names), sink.extension)
    for part in parts:
        file.write(_records(sink, part, names))
    lone = next((part.lone for part in parts if part.lone is not None), None)
    return replace(file.close(), schema=names, lone=lone if len(names) < 2 else None, held=all_held(parts))


class RecordEncoder:
    """Encodes fields that were read from lines as lines."""

    def __init__(self, sink: CsvLayout, names: tuple[str, ...]) -> None:
        self._names, self._header = names, sink.header
        self._quoting = Quoting(sink.dialect)

    def head(self) -> bytes:
        return self._quoting.line(self._names).encode() if self._header and self._names else b""

    def encode(self, rows: list[Record]) -> bytes:
        return "".join(map(self._quoting.line, rows)).encode()


class Quoting:
    """Writes texts as fields of a dialect."""

    def __init__(self, dialect: Dialect) -> None:
        self.delimiter, self.quote = dialect.delimiter, dialect.quotechar or ""
        self._special = re.compile(f"[{re.escape(self.delimiter + self.quote)}\r\n\ufeff]").search

    def field(self, text: str) -> str:
        """Return the text as a field. It is quoted if a reader would otherwise return something else."""
        if text and not self._special(text):
            return text
        return self.quote + text.replace(self.quote, self.quote * 2) + self.quote

    def line(self, record: Sequence[str | None]) -> str:
        """Return the line of a record. No fields, or None alone, give two fields, as a blank line is no record."""
        fields = ["" if text is None else self.field(text) for text in record]
        return (self.delimiter.join(fields) or self.delimiter) + "\n"


def _records(sink: CsvLayout, part: Part, names: tuple[str, ...]) -> Iterator[Record]:
    """Yield the rows of a part as the fields of other columns. A line may have more fields than there are columns."""
    places = [part.schema.index(name) if name in part.schema else None for name in names]
    records: Iterable[Record] = chain.from_iterable(read_records(Piece(part.location), sink.dialect, _UTF8))
    header = bool(sink.header and part.schema)
    for number, record in enumerate(records):
        if number or not header:
            yield [None if place is None else record[place] for place in places]
