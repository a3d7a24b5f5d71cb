"""JSON lines: files with a JSON value a line. Only values of types that JSON gives back are written."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from glowray.errors import DamagedFile
from glowray.io.files.encoding import Encoding
from glowray.io.files.lines import line_number, read_lines
from glowray.io.files.paths import Paths, expand, path_names
from glowray.io.files.splits import SPLIT_BYTES, Partition, Piece, plan_splits, weight_of
from glowray.io.reader import RowReader, check_partitions, source_label

_PIECE = 4096
"""The number of characters of a line whose brackets are counted at once."""

_UTF8 = Encoding("utf-8-sig")

_BLANKS = " \t\r"
"""The characters that JSON reads as white space, without the line end."""


@dataclass(frozen=True)
class JsonReader(RowReader):
    """Reads the values of JSON lines files."""

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
    r"""Return a reader of JSON lines files: a row is the value of a line. Blank lines are skipped.

    >>> import tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp(), "a.json")
    >>> _ = path.write_text('{"a": 1, "b": null}\n{"a": 1.0}\n')
    >>> list(json_reader(path).read(0))
    [[{'a': 1, 'b': None}, {'a': 1.0}]]

    Values are those of json.loads: 1 is an int, 1.0 a float, null is None. If a key appears twice, its last value
    counts. Ints may have any number of digits. Paths and `partitions` are as for text. A line that is no JSON value
    raises DamagedFile, which names file and line.
    """
    check_partitions(partitions)
    files = expand(paths)
    splits = plan_splits(files, partitions, split_bytes=split_bytes)
    return JsonReader(source_label("read_json", path_names(paths)), splits, sum(map(weight_of, files)))


def _read(piece: Piece) -> Iterator[list[Any]]:
    """Yield the values of a piece in lists. An error comes after the values before it."""
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
    """Return the error for a line of a piece, with its file and line; `seen` lines come before it."""
    where = f'"{piece.path}", line {line_number(piece, seen)}'
    if isinstance(error, _TooDeepError):
        return DamagedFile(f"{where} nests its values so deep that Python's recursion limit forbids to pickle the row")
    what = f"{error.msg} at column {error.colno}" if isinstance(error, json.JSONDecodeError) else str(error)
    return DamagedFile(f"{where} is not a line of JSON: {what}")


class _TooDeepError(ValueError):
    """A value nested so deep that json reads it and pickle cannot write it."""


def _shallow_value(line: str, limit: int) -> Any:
    """Return the value of a line; raise _TooDeepError if it has `limit` levels."""
    value = _value(line)
    if len(line) > limit and _may_have_levels(line, limit) and _has_levels(value, limit):
        raise _TooDeepError
    return value


def _may_have_levels(line: str, limit: int) -> bool:
    """Return False if a line certainly nests fewer than `limit` levels. Counting brackets is faster than a walk."""
    depth = 0
    for start in range(0, len(line), _PIECE):
        piece = line[start : start + _PIECE]
        opened = piece.count("[") + piece.count("{")
        if depth + opened >= limit:
            return True
        depth += opened - piece.count("]") - piece.count("}")
    return False


def _has_levels(value: Any, limit: int) -> bool:
    """Return whether lists and dicts are nested at least `limit` levels deep.

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
    except ValueError:  # The line begins with a blank, has an int of over 4,300 digits, or is no JSON.
        return _decoder_of_big.decode(line)


def _big_int(digits: str) -> int:
    """Return an int of any number of digits. int() of a str refuses more than 4,300; Decimal is exact."""
    return int(Decimal(digits))


_decoder = json.JSONDecoder()
_decoder_of_big = json.JSONDecoder(parse_int=_big_int)
