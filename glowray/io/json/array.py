"""JSON files that are one array: the items are the rows. A large array is never whole in memory."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

from glowray.errors import DamagedFile
from glowray.io.files.encoding import Encoding
from glowray.io.files.lines import CHUNK_BYTES, read_blocks, read_characters
from glowray.io.files.splits import Piece
from glowray.io.filesystem.location import Location
from glowray.io.json.values import TooDeepError, check_levels, most_levels, value_at

_UTF8 = Encoding("utf-8-sig")
_BLANKS = re.compile(r"[ \t\r\n]*")
_OPEN = re.compile(rb"(?:\xef(?:\xbb\xbf?)?)?[ \t\r\n]*\[?[ \t\r\n]*")
_START = re.compile(rb"(?:\xef\xbb\xbf)?[ \t\r\n]*\[[ \t\r\n]*[{\]]")
_BLANK_BYTES = b" \t\r\n"

_AFTER_ITEM = (" ", "\t", "\r", "\n", ",", "]")

_ROW_END = b"\t"
"""Stands at the end of a line that glowray writes for a row that is an array of objects. It is white space in JSON."""

_LIST_ROWS = 4096
_LONGEST_LINE = 1 << 26
"""The bytes of the longest line of JSON lines that may be taken for an array."""

_MARGIN = 16
"""json reports a value that is cut off, such as `-Infini`, at most this many characters before the end."""


def is_array(location: Location) -> bool:
    """Return whether a file is one array of objects, and not JSON lines the first of which is such an array.

    The file must begin with `[{` or `[]`. A line that is whole ends with `]`, and another value follows it. If an array
    goes on after a line that ends with `]`, a comma or a bracket follows: `[{"a": [1]`, then `}]`. Text cannot span
    lines. Only the first line is read, up to 64 MiB. A lone line that ends with a tab is a row: see `as_row`.
    """
    blocks = read_blocks(Piece(location), CHUNK_BYTES)
    begin = b""
    while _OPEN.fullmatch(begin):
        block = next(blocks, b"")
        if not block:
            return False
        begin += block
    return _START.match(begin) is not None and _goes_on(begin[begin.index(b"[") :], blocks)


def _goes_on(block: bytes, blocks: Iterator[bytes]) -> bool:
    """Return whether the array at the start of a block is all that its file has."""
    last, end, seen = b"", b"", 0
    while b"\n" not in block:
        last, end, seen = block.rstrip(_BLANK_BYTES)[-1:] or last, block[-1:], seen + len(block)
        block = next(blocks, b"")
        if not block or seen > _LONGEST_LINE:
            return True
    line, _, rest = block.partition(b"\n")
    last, end = line.rstrip(_BLANK_BYTES)[-1:] or last, line[-1:] or end
    while not (rest := rest.lstrip(_BLANK_BYTES)):
        rest = next(blocks, b"")
        if not rest:
            return last != b"]" or end != _ROW_END
    return last != b"]" or rest[:1] in (b",", b"]", b"}")


def as_row(line: bytes) -> bytes:
    r"""Mark a line that is an array of objects as one row, and return it. Other lines return unchanged.

    Without the mark, a file of this one line would be read as an array of many rows.

    >>> as_row(b'[{"a":1}]\n'), as_row(b'[1]\n')
    (b'[{"a":1}]\t\n', b'[1]\n')
    """
    return line[:-1] + _ROW_END + b"\n" if line.startswith((b"[{", b"[]")) else line


def array_lists(piece: Piece) -> Iterator[list[Any]]:
    """Yield the items of the array that a file holds, in lists. An error comes after the items before it.

    Raises DamagedFile for what is no JSON: where the next item begins, nobody can tell.
    """
    values = _ArrayText(piece).items()
    wrong: Exception | None = None
    while wrong is None:
        items: list[Any] = []
        try:
            items.extend(islice(values, _LIST_ROWS))  # After an error the items before it are there.
        except Exception as error:
            wrong = error
        if items:
            yield items
        elif wrong is None:
            return
    raise wrong


class _ArrayText:
    """The text of a file that is one array. `text` is the part that was read and not yet used up to `start`."""

    def __init__(self, piece: Piece) -> None:
        self.location = piece.location
        self.text, self.start, self.lines, self.ended = "", 0, 0, False
        self._chunks = read_characters(piece, _UTF8, CHUNK_BYTES)

    def items(self) -> Iterator[Any]:
        """Yield the items. Raises DamagedFile."""
        self._take("[")
        if self._next() == "]":
            self.start += 1
        else:
            yield self._item()
            while self._next() != "]":
                self._take(",")
                yield self._item()
            self.start += 1
        if self._next():
            raise self._damaged("more text follows the array", self.start)

    def _item(self) -> Any:
        self._next()
        while True:
            try:
                value, end = value_at(self.text, self.start)
            except json.JSONDecodeError as error:
                is_cut = error.pos >= len(self.text) - _MARGIN or "Unterminated" in error.msg
                if self.ended or not is_cut:
                    raise self._damaged(error.msg, error.pos) from None
            except RecursionError:
                raise self._damaged("it nests its values too deep", self.start) from None
            else:
                # A number may go on in the next chunk: the text may end in "1", "1." or "1e".
                if self.ended or end < len(self.text) - 2 or self.text[end : end + 1] in _AFTER_ITEM:
                    return self._checked(value, end)
            self._read()

    def _checked(self, value: Any, end: int) -> Any:
        try:
            check_levels(value, self.text[self.start : end], most_levels())
        except TooDeepError:
            raise self._damaged("it nests its values too deep", self.start) from None
        self.start = end
        return value

    def _take(self, expected: str) -> None:
        """Go past a character. Raises DamagedFile if it is another."""
        if self._next() != expected:
            raise self._damaged(f"Expecting '{expected}'", self.start)
        self.start += 1

    def _next(self) -> str:
        """Return the next character that is no white space, without going past it; "" at the end."""
        while True:
            found = _BLANKS.match(self.text, self.start)
            assert found is not None, "the pattern matches nothing too"
            self.start = found.end()
            if self.start < len(self.text) or self.ended:
                return self.text[self.start : self.start + 1]
            self._read()

    def _read(self) -> None:
        """Drop the text before `start`, and read as much as is left, or a chunk: an item is tried again and again."""
        self.lines += self.text.count("\n", 0, self.start)
        parts, wanted = [self.text[self.start :]], len(self.text) - self.start
        while wanted >= 0:
            chunk = next(self._chunks, None)
            if chunk is None:
                self.ended = True
                break
            parts.append(chunk)
            wanted -= len(chunk) or 1
        self.text, self.start = "".join(parts), 0

    def _damaged(self, reason: str, place: int) -> DamagedFile:
        line = 1 + self.lines + self.text.count("\n", 0, place)
        return DamagedFile(f'"{self.location}", line {line} is not in an array of JSON: {reason}')
