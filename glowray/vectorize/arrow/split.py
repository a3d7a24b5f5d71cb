"""str.split over a column: on the bytes themselves, exactly Python's whitespace, no Python string made."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from glowray.vectorize.arrow.frame import Lists

Bytes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int64]

# str.isspace of ASCII: \t\n\v\f\r, \x1c to \x1f, space.
ASCII_SPACES = bytes([9, 10, 11, 12, 13, 28, 29, 30, 31, 32])
# The others, as UTF-8 by their first byte.
WIDE_SPACES = (
    "\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
WHITESPACE = ASCII_SPACES.decode() + WIDE_SPACES


def text_bytes(column: Any) -> tuple[Bytes, Places]:
    """(the bytes of all rows, one row after the other; where each row starts, and the end)."""
    _, offsets, data = column.buffers()
    places = np.frombuffer(offsets, dtype=np.int64)[column.offset : column.offset + len(column) + 1]
    if data is None:
        return np.empty(0, dtype=np.uint8), places - places[0]
    return np.frombuffer(data, dtype=np.uint8)[places[0] : places[-1]], places - places[0]


def text_column(data: Bytes, offsets: Places) -> Any:
    """The large_string array over these bytes."""
    buffers = [None, pa.py_buffer(np.ascontiguousarray(offsets)), pa.py_buffer(np.ascontiguousarray(data))]
    return pa.LargeStringArray.from_buffers(len(offsets) - 1, buffers[1], buffers[2])


def split_whitespace(column: Any) -> Lists:
    """`row.split()` for each row."""
    data, rows = text_bytes(column)
    if not len(data) or (int(data.max()) < 128 and not ((data - np.uint8(28)) < 4).any()):
        return _split_plain(column)
    space = (data == 32) | ((data - np.uint8(9)) < 5) | ((data - np.uint8(28)) < 4)
    is_ascii = not len(data) or int(data.max()) < 128
    if not is_ascii:
        _mark_wide(data, space)
    starts, ends = word_bounds(space, rows)
    # Once the spaces are gone the words stand one after the other. bytes.translate does that fastest.
    kept = np.frombuffer(data.tobytes().translate(None, ASCII_SPACES), dtype=np.uint8) if is_ascii else data[~space]
    offsets = np.zeros(len(starts) + 1, dtype=np.int64)
    np.cumsum(ends - starts, out=offsets[1:])
    return _lists(np.searchsorted(starts, rows), text_column(kept, offsets))


def _split_plain(column: Any) -> Lists:
    """Texts on which Arrow's white space is Python's: ASCII without the separators \\x1c to \\x1f."""
    made = pc.ascii_split_whitespace(column)
    per_row = made.offsets.to_numpy().astype(np.int64)
    values = made.flatten()
    filled = pc.binary_length(values).to_numpy(zero_copy_only=False) > 0
    if not filled.all():
        # Space at the start or end of a row gives an empty text, which Python's split does not.
        before = np.concatenate([[0], np.cumsum(filled)])
        per_row, values = before[per_row - per_row[0]], values.filter(pa.array(filled))
    return _lists(per_row - per_row[0], values)


def word_bounds(space: npt.NDArray[np.bool_], rows: Places) -> tuple[Places, Places]:
    """(where each word starts, where it ends): words are runs of bytes that are no space, cut where a row ends."""
    # With a space put before and after, edges come in pairs.
    edge = np.empty(len(space) + 1, dtype=bool)
    np.not_equal(space[1:], space[:-1], out=edge[1:-1])
    edge[0], edge[-1] = (not space[0], not space[-1]) if len(space) else (False, False)
    bounds = np.flatnonzero(edge)
    inner = rows[1:-1]
    inner = inner[(inner > 0) & (inner < len(space))]
    inner = inner[~(space[inner - 1] | space[inner])]
    inner = inner[np.diff(inner, prepend=-1) > 0]  # empty rows start where the next one does
    if len(inner):
        # A word runs on into the next row: it ends there, and another starts.
        bounds = np.insert(bounds, np.repeat(np.searchsorted(bounds, inner), 2), np.repeat(inner, 2))
    return bounds[0::2], bounds[1::2]


def split_byte(column: Any, separator: str) -> Lists:
    """`row.split(separator)` for each row, for an ASCII separator of one character."""
    data, rows = text_bytes(column)
    cuts = np.flatnonzero(data == ord(separator))
    before = np.searchsorted(cuts, rows)  # separators before each row's start
    per_row = before + np.arange(len(column) + 1)  # a row has one piece more than separators
    kept = np.frombuffer(data.tobytes().translate(None, separator.encode()), dtype=np.uint8)
    # Piece k starts after its row's start or after a separator; less the separators that are gone.
    offsets = np.empty(int(per_row[-1]) + 1, dtype=np.int64)
    offsets[-1] = len(kept)
    offsets[per_row[:-1]] = rows[:-1] - before[:-1]
    after = np.ones(len(offsets), dtype=bool)
    after[per_row] = False
    offsets[after] = cuts - np.arange(len(cuts))
    return _lists(per_row, text_column(kept, offsets))


def _lists(per_row: Places, values: Any) -> Lists:
    parents = np.repeat(np.arange(len(per_row) - 1), np.diff(per_row))
    return Lists(parents, per_row.astype(np.int64, copy=False), values)


def _mark_wide(data: Bytes, space: npt.NDArray[np.bool_]) -> None:
    """Marks the bytes of white space beyond ASCII."""
    for first in (0xC2, 0xE1, 0xE2, 0xE3):
        places = np.flatnonzero(data == first)
        if not len(places):
            continue
        for character in WIDE_SPACES:
            spelled = character.encode()
            if spelled[0] != first:
                continue
            found = places[places + len(spelled) <= len(data)]
            for index in range(1, len(spelled)):
                found = found[data[found + index] == spelled[index]]
            for index in range(len(spelled)):
                space[found + index] = True
