"""str.split and rsplit over a text column. They search the bytes, with Python's white space, and make no str."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow.compute as pc

from glowray.native import chosen
from glowray.native.separators import pieces_between, space_places
from glowray.rows.texts.texts import Bounds, Bytes, Lines, Texts
from glowray.vectorize.columns.texts.text_pieces import Pieces, PieceTable, Words, text_bytes
from glowray.vectorize.columns.vectors.frame import Lists, Places, array_of

_LINE_FEED = ord("\n")


def split_whitespace(column: Any) -> Lists:
    """Return `row.split()` for each row of an Arrow array or of Texts."""
    if isinstance(column, Lines) and len(column):
        # A line feed is white space too, so the bytes of all lines are split at once.
        return Words(column, *chosen.loops.words(column.inside))
    data, rows = text_bytes(array_of(column))
    return _cut(data, rows, space_places(data)).filled()


def split_pattern(column: Any, separator: str, most: int | None, from_end: bool) -> Lists:
    """Return `row.split(separator, most)`, or rsplit if `from_end`, for each row. A `most` of None sets no limit."""
    if len(separator) == 1 and separator.isascii():
        pieces = split_byte(column, separator)
        return pieces if most is None else pieces.limited(most, from_end)
    made = pc.split_pattern(array_of(column), separator, max_splits=most, reverse=from_end)
    offsets = made.offsets.to_numpy().astype(np.int64)
    return Lists(offsets - offsets[0], made.flatten())


def split_byte(column: Any, separator: str) -> Pieces | PieceTable:
    """Return `row.split(separator)` for each row and an ASCII separator of one character."""
    if not isinstance(column, Texts):
        return _split_array(column, ord(separator))
    if separator not in column.splits:  # cached: an expression often takes several pieces of the same split
        if isinstance(column, Lines) and len(column) and separator != "\n":
            column.splits[separator] = _split_lines(column, ord(separator))
        else:
            column.splits[separator] = _split_array(column.array, ord(separator))
    pieces: Pieces | PieceTable = column.splits[separator]
    return pieces


def _split_array(array: Any, separator: int) -> Pieces | PieceTable:
    data, rows = text_bytes(array)
    cuts = chosen.loops.places(data, separator, separator)
    per_row, rest = divmod(len(cuts), max(len(array), 1))
    if per_row and not rest:
        table = cuts.reshape(len(array), per_row)
        if (table[:, 0] >= rows[:-1]).all() and (table[:, -1] < rows[1:]).all():
            return PieceTable(data, rows[:-1], table, rows[1:])
    return _cut(data, rows, cuts)


def _split_lines(lines: Lines, separator: int) -> Pieces | PieceTable:
    """Split the bytes of all lines at separators and line feeds in one pass."""
    data = lines.inside
    bounds = chosen.loops.fields(data, separator, len(lines))
    if bounds is not None and len(bounds) > 2:
        return PieceTable(lines.data, bounds[0], bounds[1:-1].T, bounds[-1])
    starts, ends = pieces_between(chosen.loops.places(data, separator, _LINE_FEED), len(data))
    offsets = np.append(np.searchsorted(starts, lines.starts), len(starts))
    return Pieces(data, offsets, starts, ends)


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
