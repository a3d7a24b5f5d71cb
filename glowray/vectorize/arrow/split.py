"""str.split and rsplit over a text column. They search the bytes, with Python's white space, and make no str."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow.compute as pc

from glowray.native import loops
from glowray.rows.texts import Bounds, Bytes, Lines, Texts, places_of
from glowray.vectorize.arrow.frame import Lists, Places, array_of
from glowray.vectorize.arrow.pieces import Pieces, Table, Words, text_bytes

# The ASCII characters for which str.isspace is true: \t\n\v\f\r, \x1c to \x1f, space.
ASCII_SPACES = bytes([9, 10, 11, 12, 13, 28, 29, 30, 31, 32])
# The other characters for which str.isspace is true.
WIDE_SPACES = (
    "\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
WHITESPACE = ASCII_SPACES.decode() + WIDE_SPACES

_LINE_FEED = ord("\n")


def split_whitespace(column: Any) -> Lists:
    """Return `row.split()` for each row of an Arrow array or of Texts."""
    if isinstance(column, Lines) and len(column):
        # A line feed is white space too, so the bytes of all lines are split at once.
        return _words_of(column)
    data, rows = text_bytes(array_of(column))
    return _cut(data, rows, _space_places(data)).filled()


def _words_of(lines: Lines) -> Lists:
    data = lines.inside
    if loops.words is not None and len(data) < 2**31:
        starts, ends = loops.words(data)
        return Words(lines, np.frombuffer(starts, np.int32), np.frombuffer(ends, np.int32))
    return Words(lines, *_between(_space_places(data), len(data))).filled()


def _between(cuts: Places, last: int) -> tuple[Places, Places]:
    """Return (starts, ends) of the pieces between cuts of one byte: [1] in 4 bytes → [0, 2], [1, 4]."""
    starts, ends = np.empty(len(cuts) + 1, np.int64), np.empty(len(cuts) + 1, np.int64)
    starts[0], ends[-1] = 0, last
    np.add(cuts, 1, out=starts[1:])
    ends[:-1] = cuts
    return starts, ends


def split_pattern(column: Any, separator: str, most: int | None, from_end: bool) -> Lists:
    """Return `row.split(separator, most)`, or rsplit if `from_end`, for each row. A `most` of None sets no limit."""
    if len(separator) == 1 and separator.isascii():
        pieces = split_byte(column, separator)
        return pieces if most is None else pieces.limited(most, from_end)
    made = pc.split_pattern(array_of(column), separator, max_splits=most, reverse=from_end)
    offsets = made.offsets.to_numpy().astype(np.int64)
    return Lists(offsets - offsets[0], made.flatten())


def split_byte(column: Any, separator: str) -> Pieces | Table:
    """Return `row.split(separator)` for each row and an ASCII separator of one character."""
    if not isinstance(column, Texts):
        return _split_array(column, ord(separator))
    if separator not in column.splits:  # cached: an expression often takes several pieces of the same split
        if isinstance(column, Lines) and len(column) and separator != "\n":
            column.splits[separator] = _split_lines(column, ord(separator))
        else:
            column.splits[separator] = _split_array(column.array, ord(separator))
    pieces: Pieces | Table = column.splits[separator]
    return pieces


def _split_array(array: Any, separator: int) -> Pieces | Table:
    data, rows = text_bytes(array)
    cuts = places_of(data, separator, separator)
    per_row, rest = divmod(len(cuts), max(len(array), 1))
    if per_row and not rest:
        table = cuts.reshape(len(array), per_row)
        if (table[:, 0] >= rows[:-1]).all() and (table[:, -1] < rows[1:]).all():
            return Table(data, rows[:-1], table, rows[1:])
    return _cut(data, rows, cuts)


def _split_lines(lines: Lines, separator: int) -> Pieces | Table:
    """Split the bytes of all lines at separators and line feeds in one pass."""
    data = lines.inside
    table = _table_of(lines, separator)
    if table is not None:
        return table
    starts, ends = _between(places_of(data, separator, _LINE_FEED), len(data))
    width, rest = divmod(len(ends), len(lines))
    if width > 1 and not rest:
        cuts = ends.reshape(len(lines), width)
        if (data[cuts[:-1, -1]] == _LINE_FEED).all():  # every row ends at a line feed, so all rows have `width` pieces
            return Table(data, starts[::width], cuts[:, :-1], cuts[:, -1])
    offsets = np.append(np.searchsorted(starts, lines.starts), len(starts))
    return Pieces(data, offsets, starts, ends)


def _table_of(lines: Lines, separator: int) -> Table | None:
    """Return the fields of lines that all have the same number of fields, else None. Needs the C loop."""
    if loops.fields is None or len(lines.inside) >= 2**31:
        return None
    found = loops.fields(lines.inside, separator)
    if found is None:
        return None
    bounds = np.frombuffer(found, np.int32).reshape(-1, len(lines))
    return Table(lines.data, bounds[0], bounds[1:-1].T, bounds[-1]) if len(bounds) > 2 else None


def _cut(data: Bytes, rows: Places, cuts: Places) -> Pieces:
    """Return the pieces of texts between cuts. A cut drops its byte; the end of a row drops none.

    data b"a bc", rows [0, 3, 4], cuts [1] → starts [0, 2, 3], ends [1, 3, 4], offsets [0, 2, 3]
    """
    if len(rows) < 2:
        return Pieces(data, rows, rows[1:], rows[1:])
    # Merge the ends of rows and the cuts. Both are sorted, so a stable sort merges them in one pass. The last bit tells
    # them apart: 0 for the end of a row, 1 for a cut. An end comes before a cut at the first byte of the next row.
    inner = rows[1:-1]
    dtype: Any = np.int32 if len(data) < 2**30 else np.int64
    bounds: Bounds = np.empty(len(inner) + len(cuts), dtype)
    np.left_shift(inner, 1, out=bounds[: len(inner)], casting="unsafe")
    np.left_shift(cuts, 1, out=bounds[len(inner) :], casting="unsafe")
    bounds[len(inner) :] |= 1
    bounds.sort(kind="stable")
    starts: Bounds = np.empty(len(bounds) + 1, dtype)
    ends: Bounds = np.empty_like(starts)
    starts[0], ends[-1] = rows[0], rows[-1]
    is_cut: Bounds = bounds & 1
    np.right_shift(bounds, 1, out=ends[:-1])
    np.add(ends[:-1], is_cut, out=starts[1:])
    offsets = np.zeros(len(rows), np.int64)
    offsets[1:-1] = np.flatnonzero(is_cut == 0) + 1
    offsets[-1] = len(starts)
    return Pieces(data, offsets, starts, ends)


def _space_places(data: Bytes) -> Places:
    """Return the places of the bytes that belong to white space."""
    if not len(data):
        return np.empty(0, np.int64)
    if int(data.min()) >= 9 and not ((data - np.uint8(14)) < 14).any():
        places = np.flatnonzero(data <= 32)  # no byte from 14 to 27, so all bytes up to 32 are white space
    else:
        places = np.flatnonzero((data == 32) | ((data - np.uint8(9)) < 5) | ((data - np.uint8(28)) < 4))
    wide = _wide_places(data) if int(data.max()) > 127 else []
    return np.sort(np.concatenate([places, *wide]), kind="stable") if wide else places


def _wide_places(data: Bytes) -> list[Places]:
    """Return the places of the bytes that belong to white space beyond ASCII."""
    made: list[Places] = []
    for first in (0xC2, 0xE1, 0xE2, 0xE3):
        begins = data == first
        if not begins.any():
            continue
        places = np.flatnonzero(begins)
        for character in WIDE_SPACES:
            spelled = character.encode()
            if spelled[0] != first:
                continue
            found = places[places + len(spelled) <= len(data)]
            for index in range(1, len(spelled)):
                found = found[data[found + index] == spelled[index]]
            made.extend(found + index for index in range(len(spelled)) if len(found))
    return made
