"""str.split over a column: on the bytes themselves, exactly Python's whitespace, no Python string made."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from glowray.vectorize.arrow.frame import Lists

Bytes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int64]

# str.isspace of ASCII: \t\n\v\f\r, \x1c to \x1f, space.
_SPACE = np.zeros(256, dtype=bool)
_SPACE[[9, 10, 11, 12, 13, 28, 29, 30, 31, 32]] = True
# The others, as UTF-8 by their first byte.
WIDE_SPACES = (
    "\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
WHITESPACE = "".join(map(chr, np.flatnonzero(_SPACE))) + WIDE_SPACES


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
    space = _SPACE[data]
    _mark_wide(data, space)
    # A word starts where no space follows a space or a row's start, and ends where a space or the row's end comes.
    word = ~space
    starting = word.copy()
    starting[1:] &= space[:-1]
    inner = rows[:-1]
    inner = inner[inner < len(data)]
    starting[inner] = word[inner]
    starts = np.flatnonzero(starting)
    # The words' bytes stand one after the other once the spaces are gone: a word starts at the number of bytes kept.
    kept = data[word]
    per_row = np.searchsorted(starts, rows)
    offsets = np.empty(len(starts) + 1, dtype=np.int64)
    offsets[:-1] = np.flatnonzero(starting[word])
    offsets[-1] = len(kept)
    return _lists(per_row, text_column(kept, offsets))


def split_byte(column: Any, separator: str) -> Lists:
    """`row.split(separator)` for each row, for an ASCII separator of one character."""
    data, rows = text_bytes(column)
    is_separator = data == ord(separator)
    cuts = np.flatnonzero(is_separator)
    before = np.searchsorted(cuts, rows)  # separators before each row's start
    count = len(column)
    per_row = before + np.arange(count + 1)  # a row has one piece more than separators
    kept = data[~is_separator]
    # Piece k starts after its row's start or after a separator; less the separators that are gone.
    offsets = np.empty(int(per_row[-1]) + 1, dtype=np.int64)
    offsets[-1] = len(kept)
    offsets[per_row[:-1]] = rows[:-1] - before[:-1]
    after = np.ones(len(offsets), dtype=bool)
    after[per_row] = False
    offsets[after] = cuts + 1 - np.arange(1, len(cuts) + 1)
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
