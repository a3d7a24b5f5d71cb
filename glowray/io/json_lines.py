"""JSON lines: a JSON value a line, of exactly the types that JSON tells apart."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import isfinite
from typing import Any

from glowray.errors import DamagedFile
from glowray.io.compression import check_codec
from glowray.io.encoding import Encoding
from glowray.io.field_names import FieldNames
from glowray.io.lines import line_number, read_lines
from glowray.io.paths import Paths, expand, path_names
from glowray.io.reader import RowReader, check_partitions, source_label
from glowray.io.record_columns import RecordColumns, given_columns
from glowray.io.sink import FileWriter, Part, join_lines
from glowray.io.splits import SPLIT_BYTES, Partition, Piece, plan_splits, weight_of
from glowray.rows.pickling import as_list

_PIECE = 4096
"""How many characters of a line are looked at together."""

_UTF8 = Encoding("utf-8-sig")

_BLANKS = " \t\r"
"""The characters that JSON reads as white space, without the line end."""


@dataclass(frozen=True)
class JsonReader(RowReader):
    """The values in JSON lines files."""

    label: str
    partitions: tuple[Partition, ...]
    estimated_bytes: int

    @property
    def num_partitions(self) -> int:
        return len(self.partitions)

    def read(self, index: int) -> Iterator[list[Any]]:
        for piece in self.partitions[index]:
            yield from _read(piece)


def json_reader(paths: Paths, partitions: int | None = None, *, split_bytes: int = SPLIT_BYTES) -> JsonReader:
    r"""The values of JSON lines files, a line each; blank lines do not count.

    >>> import tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp(), "a.json")
    >>> _ = path.write_text('{"a": 1, "b": null}\n{"a": 1.0}\n')
    >>> list(json_reader(path).read(0))
    [[{'a': 1, 'b': None}, {'a': 1.0}]]

    Values are those of json.loads: 1 is an int and 1.0 a float, null is None, a key that is not there is not there,
    and of a key that is there twice the last value counts. Ints may have any number of digits. Paths and `partitions`
    are as for text. A line that is no JSON value is a DamagedFile error that names file and line.
    """
    check_partitions(partitions)
    files = expand(paths)
    splits = plan_splits(files, partitions, split_bytes=split_bytes)
    return JsonReader(source_label("read_json", path_names(paths)), splits, sum(map(weight_of, files)))


def _read(piece: Piece) -> Iterator[list[Any]]:
    seen, limit = 0, sys.getrecursionlimit() * 3 // 10
    for lines in read_lines(piece, _UTF8):
        values: list[Any] = []
        error = None
        for number, line in enumerate(lines, seen):
            if not line.strip(_BLANKS):
                continue
            try:
                values.append(_shallow_value(line, limit))
            except (ValueError, RecursionError) as wrong:
                error = _placed(wrong, piece, number)
                break
        if values:
            yield values
        if error is not None:
            raise error
        seen += len(lines)


def _placed(error: ValueError | RecursionError, piece: Piece, seen: int) -> DamagedFile:
    where = f'"{piece.path}", line {line_number(piece, seen)}'
    if isinstance(error, _TooDeepError):
        return DamagedFile(f"{where} nests its values so deep that Python's recursion limit forbids to pickle the row")
    what = f"{error.msg} at column {error.colno}" if isinstance(error, json.JSONDecodeError) else str(error)
    return DamagedFile(f"{where} is not a line of JSON: {what}")


class _TooDeepError(ValueError):
    """A value that json can read and pickle cannot write."""


def _shallow_value(line: str, limit: int) -> Any:
    """Return the value of a line; raise _TooDeepError if it has `limit` levels."""
    value = _value(line)
    if len(line) > limit and _may_have_levels(line, limit) and _has_levels(value, limit):
        raise _TooDeepError
    return value


def _may_have_levels(line: str, limit: int) -> bool:
    """Return False if fewer than `limit` brackets are open at each place of a line; counting is faster than a walk."""
    depth = 0
    for start in range(0, len(line), _PIECE):
        piece = line[start : start + _PIECE]
        opened = piece.count("[") + piece.count("{")
        if depth + opened >= limit:
            return True
        depth += opened - piece.count("]") - piece.count("}")
    return False


def _has_levels(value: Any, limit: int) -> bool:
    """Return whether lists and dicts are nested that many levels deep.

    >>> _has_levels([{"a": []}], 3), _has_levels([{"a": []}], 4)
    (True, False)
    """
    level = [value]
    for _ in range(limit):
        level = [each for each in level if type(each) is dict or type(each) is list]
        if not level:
            return False
        level = [item for each in level for item in (each.values() if type(each) is dict else each)]
    return True


def _value(line: str) -> Any:
    """Return what json.loads returns, and ints of any number of digits."""
    try:
        value, end = _decoder.raw_decode(line)
        return value if end == len(line) else _decoder.decode(line)
    except ValueError:  # blanks come first, an int has more than 4,300 digits, or the line is no JSON
        return _decoder_of_big.decode(line)


def _big_int(digits: str) -> int:
    """int() refuses more than 4,300 digits; Decimal is exact for any number of them."""
    return int(Decimal(digits))


_decoder = json.JSONDecoder()
_decoder_of_big = json.JSONDecoder(parse_int=_big_int)


@dataclass(frozen=True)
class JsonSink:
    """Rows as JSON lines, UTF-8. Only what JSON gives back equal and of the same type is written.

    With `columns` all rows are dicts of these: the names of their fields, if they are no dicts.
    """

    compression: str | None = None
    columns: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        check_codec(self.compression)
        given_columns("write_json", self.columns, None)

    @property
    def extension(self) -> str:
        return ".json" + (f".{self.compression}" if self.compression else "")

    @property
    def joins(self) -> bool:
        return True

    @property
    def needs_rows(self) -> bool:
        return True

    def open(self, folder: str, index: int) -> FileWriter:
        return FileWriter(folder, index, self.compression, JsonEncoder(self))

    def join(self, before: str | None, parts: Sequence[Part], path: str) -> None:
        join_lines(before, parts, path)


class JsonEncoder:
    """Rows to lines of JSON."""

    def __init__(self, sink: JsonSink) -> None:
        self._named = FieldNames("write_json", sink.columns)
        self._columns = None if sink.columns is None else RecordColumns("write_json", sink.columns)

    def head(self) -> bytes:
        return b""

    def encode(self, rows: list[Any]) -> bytes:
        try:
            return b"".join(map(_line, self._records(rows)))
        except RecursionError:
            raise ValueError("a row nests its values too deep to be written as JSON: map it first") from None

    def _records(self, rows: list[Any]) -> list[Any]:
        """Return the rows as dicts of the columns, if there are any."""
        rows, columns = self._named.records(rows), self._columns
        if columns is None or columns.are_plain(rows):
            return rows
        return [dict(zip(columns.names, columns.values(row), strict=True)) for row in rows]


_SCALARS = {str, int, float, bool, type(None)}
_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


def _line(row: Any) -> bytes:
    # What is not finite, the encoder finds.
    flat = type(row) is dict and set(map(type, row)) <= {str} and set(map(type, row.values())) <= _SCALARS
    if not flat:
        row = _with_lists(row)
        _check(row, "")
    try:
        text = _encode(row)
    except ValueError:
        _check(row, "")
        text = _encode_big(row)
    try:
        return f"{text}\n".encode()
    except UnicodeEncodeError:
        return _escaped(text, row)


def _with_lists(value: Any) -> Any:
    """The same, large groups as lists."""
    kind = type(value)
    if kind is dict:
        return {key: _with_lists(item) for key, item in value.items()}
    value = as_list(value)
    return list(map(_with_lists, value)) if type(value) is list else value


def _check(value: Any, where: str) -> None:
    """Refuse what JSON has no exact form for, naming the column it is in."""
    kind = type(value)
    if kind is float and not isfinite(value):
        raise ValueError(f"JSON has no {value} ({_column(where)}): map it to None or a string first")
    if kind in _SCALARS:
        return
    if kind is list:
        for index, item in enumerate(value):
            _check(item, f"{where}[{index}]")
    elif kind is dict:
        for key, item in value.items():
            if type(key) is not str:
                raise TypeError(f"JSON has only str keys, not {key!r} ({_column(where)}): map it first")
            _check(item, f"{where}.{key}" if where else key)
    else:
        raise TypeError(f"JSON has no {kind.__qualname__} ({_column(where)}), {value!r:.200}: map it first")


def _column(where: str) -> str:
    return f'column "{where}"' if where else "the row itself"


def _encode_big(value: Any) -> str:
    """Encode a value that holds ints of more than 4,300 digits."""
    if type(value) is dict:
        return "{" + ",".join(f"{_encode(key)}:{_encode_big(item)}" for key, item in value.items()) + "}"
    if type(value) is list:
        return "[" + ",".join(map(_encode_big, value)) + "]"
    return str(Decimal(value)) if type(value) is int else _encode(value)


def _escaped(text: str, row: Any) -> bytes:
    """Half surrogates have no UTF-8 form, but JSON can escape them, if no two halves would be read as one character."""
    halves = {code: f"\\u{code:04x}" for code in range(0xD800, 0xE000)}
    line = text.translate(halves)
    if _value(line) != row:
        raise ValueError(f"JSON cannot keep the surrogate pair apart that is in {text[:200]!a}: map it first")
    return f"{line}\n".encode()
