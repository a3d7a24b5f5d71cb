"""The positions of str.isspace characters in UTF-8, and the pieces between separators."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

# str.isspace of ASCII: \t\n\v\f\r, \x1c to \x1f, space.
_ASCII = bytes([9, 10, 11, 12, 13, 28, 29, 30, 31, 32]).decode()
# All other white space has two or three bytes.
_WIDE = "\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
WHITESPACE = _ASCII + _WIDE

Places = npt.NDArray[np.int64]


def space_places(data: npt.NDArray[np.uint8]) -> Places:
    """Return the positions of all bytes of white space, ascending."""
    if not len(data):
        return np.empty(0, np.int64)
    if int(data.min()) >= 9 and not ((data - np.uint8(14)) < 14).any():
        places = np.flatnonzero(data <= 32)  # here all bytes up to 32 are white space
    else:
        places = np.flatnonzero((data == 32) | ((data - np.uint8(9)) < 5) | ((data - np.uint8(28)) < 4))
    wide = _wide_places(data) if int(data.max()) > 127 else []
    return np.sort(np.concatenate([places, *wide]), kind="stable") if wide else places


def pieces_between(cuts: Places, stop: int) -> tuple[Places, Places]:
    """Return the (starts, ends) of the pieces of `stop` bytes that lie between cuts of one byte each."""
    starts, ends = np.empty(len(cuts) + 1, np.int64), np.empty(len(cuts) + 1, np.int64)
    starts[0], ends[-1] = 0, stop
    np.add(cuts, 1, out=starts[1:])
    ends[:-1] = cuts
    return starts, ends


def _wide_places(data: npt.NDArray[np.uint8]) -> list[Places]:
    """Return the positions of the bytes of non-ASCII white space, in arrays in any order."""
    made: list[Places] = []
    for first in (0xC2, 0xE1, 0xE2, 0xE3):
        begins = data == first
        if not begins.any():
            continue
        places = np.flatnonzero(begins)
        for character in _WIDE:
            spelled = character.encode()
            if spelled[0] != first:
                continue
            found = places[places + len(spelled) <= len(data)]
            for index in range(1, len(spelled)):
                found = found[data[found + index] == spelled[index]]
            made.extend(found + index for index in range(len(spelled)) if len(found))
    return made
