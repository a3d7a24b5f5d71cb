"""CSV records as Python's csv module reads them, except that an empty field is None and a quoted empty field is "".

The csv module returns "" for both. If a record has "", its text is scanned again to tell which it is.
"""

from __future__ import annotations

import csv
import io
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, islice

from glowray.errors import DamagedFile
from glowray.io.files.encoding import Encoding
from glowray.io.files.lines import CHUNK_BYTES, line_number, read_texts, split_lines
from glowray.io.files.splits import Piece

Record = list[str | None]
_Reader = Iterator[list[str]]

_BATCH = 4096
FIRST_BYTES = 1 << 12
"""The bytes read at once when only the first record of a file is needed."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """The delimiter of fields and their quote, None for no quoting. A quote inside a quoted field is doubled."""

    delimiter: str = ","
    quotechar: str | None = '"'

    def __post_init__(self) -> None:
        for name, value in [("delimiter", self.delimiter), ("quotechar", self.quotechar)]:
            if value is None and name == "quotechar":
                continue
            if not isinstance(value, str) or len(value) != 1 or value in "\r\n":
                raise ValueError(f"{name} must be one character, not {value!r}")
        if self.delimiter == self.quotechar:
            raise ValueError(f"delimiter and quotechar must differ, both are {self.delimiter!r}")

    def reader(self, lines: Iterable[str]) -> _Reader:
        """Return the csv module's reader of these lines."""
        if self.quotechar is None:
            return csv.reader(lines, delimiter=self.delimiter, quoting=csv.QUOTE_NONE)
        return csv.reader(lines, delimiter=self.delimiter, quotechar=self.quotechar)


def read_records(piece: Piece, dialect: Dialect, encoding: Encoding, size: int = CHUNK_BYTES) -> Iterator[list[Record]]:
    """Yield the records that begin in a piece, in batches. Blank lines are no records.

    A quote that is never closed raises DamagedFile with file and line, after the records before it.
    """
    number = 0
    texts = read_texts(piece, encoding, size)
    quote = dialect.quotechar
    for text in texts:
        if quote is None or quote not in text:
            records = _unquoted(text, dialect)
            number += len(records)
            yield records
            continue
        feed = _Feed(chain([text], texts))
        for records in _quoted(feed, dialect):
            number += len(records)
            yield records
        if feed.unclosed:
            line = record_line(piece, dialect, encoding, number)
            raise DamagedFile(f'"{piece.path}", line {line}: a quote that is opened in this record is never closed')


def first_record(piece: Piece, dialect: Dialect, encoding: Encoding) -> Record:
    """Return the first record of a piece, [] if there is none. Only about FIRST_BYTES beyond it are read."""
    feed = _Feed(read_texts(piece, encoding, FIRST_BYTES))
    with _fields_of_any_size():
        record = next(filter(None, dialect.reader(feed)), None)
    if record is not None and not feed.ended():
        return [field or None for field in record]
    return next(filter(None, read_records(piece, dialect, encoding)), [[]])[0]


def text_records(text: str, dialect: Dialect) -> list[Record]:
    """Return the records of a text that ends outside of quotes."""
    if dialect.quotechar is None or dialect.quotechar not in text:
        return _unquoted(text, dialect)
    return [record for records in _quoted(_Feed([text]), dialect) for record in records]


def record_line(piece: Piece, dialect: Dialect, encoding: Encoding, number: int) -> int:
    """Return the line of the file on which the piece's record `number`, from 0, begins; for error messages."""
    feed = _Feed(read_texts(piece, encoding))
    lines = 0
    with _fields_of_any_size():
        for record in dialect.reader(feed):
            number -= bool(record)
            if number < 0:
                break
            lines += sum(line.endswith("\n") for line in feed.record)
            feed.record.clear()
    return line_number(piece, lines)


class _Feed:
    """Gives a csv reader the lines of texts, with their line ends. `record` holds the lines of the current record."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.record: list[str] = []
        self.unclosed = False
        self._ended = False
        self._texts = texts

    def __iter__(self) -> Iterator[str]:
        for text in self._texts:
            for line in io.StringIO(text, newline=""):
                self.record.append(line)
                yield line
        # If the lines end while a quote is open, the csv reader still returns a record. `ended` then notes it.
        self._ended = True

    def ended(self) -> bool:
        """Return whether the lines had ended before the record that was just read: its quote is never closed."""
        self.unclosed = self._ended
        return self._ended


def _unquoted(text: str, dialect: Dialect) -> list[Record]:
    """Return the records of a text without quotes. "\\r" alone ends a line too, as for the csv module."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    records = [line.split(dialect.delimiter) for line in split_lines(text) if line]
    return [[field or None for field in record] if "" in record else record for record in records]  # type: ignore[misc]


def _quoted(feed: _Feed, dialect: Dialect) -> Iterator[list[Record]]:
    """Yield the records of a feed in batches. An error comes after the records before it."""
    reader = dialect.reader(feed)
    more = True
    while more:
        records: list[Record] = []
        error = None
        try:
            with _fields_of_any_size():
                more = _read_batch(reader, feed, dialect, records)
        except Exception as wrong:
            error = wrong
        yield records
        if error is not None:
            raise error


def _read_batch(reader: _Reader, feed: _Feed, dialect: Dialect, records: list[Record]) -> bool:
    """Add a batch of records to `records`, and return whether more may follow."""
    for record in islice(reader, _BATCH):
        if feed.ended():
            return False
        if record:
            records.append(_with_nones(record, feed.record, dialect) if "" in record else list(record))
        feed.record.clear()
    return bool(records)


def _with_nones(record: list[str], lines: list[str], dialect: Dialect) -> Record:
    """Return a record with None for each field that is empty and not quoted. `lines` are the record's text."""
    text = "".join(lines)
    quote = dialect.quotechar or ""
    if quote * 2 not in text:
        return [field or None for field in record]
    quoted = _quoted_fields(text, dialect.delimiter, quote)
    return [field if field or is_quoted else None for field, is_quoted in zip(record, quoted, strict=True)]


def _quoted_fields(text: str, delimiter: str, quote: str) -> Iterator[bool]:
    """Yield for each field of a record whether it begins with a quote."""
    end_of_field = re.compile(f"[{re.escape(delimiter)}\r\n]|$")
    start = 0
    while True:
        yield text.startswith(quote, start)
        if text.startswith(quote, start):
            start = text.find(quote, start + 1)
            while text.startswith(quote, start + 1):
                start = text.find(quote, start + 2)
            start += 1
        end = end_of_field.search(text, start)
        if end is None or end[0] != delimiter:
            return
        start = end.end()


@contextmanager
def _fields_of_any_size() -> Iterator[None]:
    """Lift the csv module's limit on the size of a field.

    The limit is global to the process, so it is lifted only while a batch is read.
    """
    limit = csv.field_size_limit(sys.maxsize)
    try:
        yield
    finally:
        csv.field_size_limit(limit)
