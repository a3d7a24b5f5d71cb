"""CSV records as Python's csv module reads them, except that an unquoted null value is None.

With the null value "", `a,,""` → ["a", None, ""]. The csv module does not tell `,,` from `,"",`. If a record holds a
quote and a null value, its text is searched for the quoted fields.
"""

from __future__ import annotations

import csv
import io
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
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
    """The character between fields, the quote (None: none) and the texts that mean None where they are not quoted.

    A quote within a quoted field is doubled.
    """

    delimiter: str = ","
    quotechar: str | None = '"'
    nulls: frozenset[str] = frozenset({""})

    def __post_init__(self) -> None:
        for name, value in [("delimiter", self.delimiter), ("quotechar", self.quotechar)]:
            if value is None and name == "quotechar":
                continue
            if not isinstance(value, str) or len(value) != 1 or value in "\r\n":
                raise ValueError(f"{name} must be one character, not {value!r}")
        if self.delimiter == self.quotechar:
            raise ValueError(f"delimiter and quotechar must differ, both are {self.delimiter!r}")

    def with_nones(self, record: list[str]) -> Record:
        """Return the fields of a record without quotes, with None for null values."""
        if self.nulls.isdisjoint(record):
            return list(record)
        return [None if field in self.nulls else field for field in record]

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
            line = line_number(piece, RecordTexts(piece, dialect, encoding).at(number)[1])
            raise DamagedFile(f'"{piece.location}", line {line}: a quote that is opened in this record is never closed')


def first_record(piece: Piece, dialect: Dialect, encoding: Encoding) -> list[str]:
    """Return the texts of the first record of a piece, [] if there is none. Little more than the record is read."""
    dialect = replace(dialect, nulls=frozenset())
    feed = _Feed(read_texts(piece, encoding, FIRST_BYTES))
    with _fields_of_any_size():
        record = next(filter(None, dialect.reader(feed)), None)
    if record is not None and not feed.ended():
        return record
    return list(map(str, next(filter(None, read_records(piece, dialect, encoding)), [[]])[0]))


def text_records(text: str, dialect: Dialect) -> list[Record]:
    """Return the records of a text that ends outside of quotes."""
    if dialect.quotechar is None or dialect.quotechar not in text:
        return _unquoted(text, dialect)
    return [record for records in _quoted(_Feed([text]), dialect) for record in records]


class RecordTexts:
    """The texts of a piece's records, for errors: a second reading of the piece, begun at the first question."""

    def __init__(self, piece: Piece, dialect: Dialect, encoding: Encoding) -> None:
        self._feed = _Feed(read_texts(piece, encoding))
        self._reader = dialect.reader(self._feed)
        self._number = -1
        self._text, self._line, self._lines = "", 0, 0

    def at(self, number: int) -> tuple[str, int]:
        """Return the text of record `number`, from 0, without its line end, and the number of lines before it.

        The numbers of later calls must not be lower.
        """
        with _fields_of_any_size():
            while self._number < number:
                record = next(self._reader)
                text = "".join(self._feed.record)
                self._feed.record.clear()
                self._text, self._line = text.rstrip("\r\n"), self._lines
                self._lines += text.count("\n")
                self._number += bool(record)
        return self._text, self._line


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
    return [dialect.with_nones(line.split(dialect.delimiter)) for line in split_lines(text) if line]


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
            records.append(_with_nones(record, feed.record, dialect))
        feed.record.clear()
    return bool(records)


def _with_nones(record: list[str], lines: list[str], dialect: Dialect) -> Record:
    """Return a record with None for each null value that is not quoted. `lines` are the record's text."""
    if dialect.nulls.isdisjoint(record):
        return list(record)
    text, quote = "".join(lines), dialect.quotechar
    if quote is None or quote not in text:
        return dialect.with_nones(record)
    quoted = _quoted_fields(text, dialect.delimiter, quote)
    return [
        None if field in dialect.nulls and not is_quoted else field
        for field, is_quoted in zip(record, quoted, strict=True)
    ]


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
