"""The loops with NumPy and Arrow, for installations without compiled C. `interface` documents each function."""

from __future__ import annotations

from itertools import count as count_from
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from glowray.native import byte_hash
from glowray.native.byte_words import WORD_BYTES, WORD_MASKS, Words, mix, words_at_bytes
from glowray.native.character_tables import CASED, POINT, SPECIAL
from glowray.native.interface import Automaton, Bytes, CharacterTable, Cut, JsonValues, Mask, Matches, OnText, Places
from glowray.native.separators import pieces_between, space_places

name = "portable"

_LINE_FEED = ord("\n")
_U = np.uint64
_ROWS_AT_ONCE = 1 << 14  # so that arrays read in several passes stay in the cache
_WORDS_AT_ONCE = 1 << 17
_FEW = 32
_PLAIN_INT = r"\A-?[0-9]{1,18}\z"
_PLAIN_FLOAT = r"\A-?[0-9]{1,15}(\.[0-9]{1,15})?\z"

# ---------------------------------------------------------------- bytes ----------------------------------------------


def words(data: Bytes) -> tuple[Places, Places]:
    starts, ends = pieces_between(space_places(data), len(data))
    keep = ends > starts
    return starts[keep], ends[keep]


def places(data: Bytes, one: int, other: int) -> npt.NDArray[np.int64]:
    return np.flatnonzero(data == one if one == other else (data == one) | (data == other))


def count(data: Bytes, byte: int) -> int:
    return int(np.count_nonzero(data == byte))


def fields(data: Bytes, separator: int, lines: int) -> Places | None:
    cuts = places(data, separator, _LINE_FEED)
    width, rest = divmod(len(cuts) + 1, lines)
    if rest:
        return None
    starts, ends = pieces_between(cuts, len(data))
    table = ends.reshape(lines, width)
    if not (data[table[:-1, -1]] == _LINE_FEED).all() or count(data, _LINE_FEED) != lines - 1:
        return None
    return np.vstack([starts[::width], table.T])


def quotes(data: Bytes, quote: int, separator: int, inside: bool) -> int | None:
    found = places(data[1:-1], quote, quote) + 1
    beside = np.zeros(256, np.bool_)
    beside[[separator, _LINE_FEED, ord("\r"), quote]] = True
    opening, closing = found[int(inside) :: 2], found[1 - int(inside) :: 2]
    is_plain = beside[data[opening - 1]].all() and beside[data[closing + 1]].all()
    return len(found) if is_plain else None


# ---------------------------------------------------------------- texts ----------------------------------------------


def cut(data: Bytes, starts: Places, ends: Places) -> Cut:
    _, offsets, copied = _array(data, starts, ends).buffers()
    return np.frombuffer(offsets, np.int64)[: len(starts) + 1], copied or b""


def _array(data: Bytes, starts: Places, ends: Places) -> Any:
    """Return the texts as a large_string array, whose bytes need not be UTF-8."""
    if not len(starts):
        return pa.LargeStringArray.from_buffers(0, pa.py_buffer(np.zeros(1, np.int64)), pa.py_buffer(b""))
    # Build an array of the texts and the gaps between them. Taking the texts from it copies each byte once.
    bounds = np.empty(2 * len(starts) + 1, np.int64)
    bounds[0:-1:2], bounds[1::2] = starts, ends
    bounds[-1] = bounds[0]  # Arrow reserves as much room as an array seems to hold
    array = pa.LargeStringArray.from_buffers(2 * len(starts), pa.py_buffer(bounds), pa.py_buffer(data))
    return array.take(pa.array(np.arange(0, 2 * len(starts), 2, dtype=np.int32 if len(starts) < 2**30 else np.int64)))


def _binary(data: Bytes, starts: Places, ends: Places) -> Any:
    return _array(data, starts, ends).view(pa.large_binary())


def _values(array: Any, dtype: Any) -> npt.NDArray[Any]:
    """Return the numbers of an array without nulls. `array.to_numpy()` would import pandas."""
    return np.frombuffer(array.buffers()[1] or b"", dtype)[array.offset : array.offset + len(array)]


def find(data: Bytes, starts: Places, ends: Places, pattern: bytes, backwards: bool) -> npt.NDArray[np.int64]:
    texts = _binary(data, starts, ends)
    if not backwards:
        return _values(pc.find_substring(texts, pattern), np.int64)
    found = _values(pc.find_substring(pc.binary_reverse(texts), pattern[::-1]), np.int64)
    places: npt.NDArray[np.int64] = np.where(found < 0, -1, ends - starts - len(pattern) - found)
    return places


def integers(data: Bytes, starts: Places, ends: Places) -> tuple[npt.NDArray[np.int64], Mask | None]:
    made, good = _parsed(_array(data, starts, ends), _PLAIN_INT, pa.int64(), np.int64)
    return _completed(made, good, data, starts, ends, int)


def floats(data: Bytes, starts: Places, ends: Places) -> tuple[npt.NDArray[np.float64], Mask | None]:
    made, good = _parsed(_array(data, starts, ends), _PLAIN_FLOAT, pa.float64(), np.float64)
    return _completed(made, good, data, starts, ends, float)


def _parsed(texts: Any, pattern: str, kind: pa.DataType, dtype: Any) -> tuple[npt.NDArray[Any], Mask]:
    """Return the numbers of the texts that match a pattern, 0 for other texts, and a mask of those that match."""
    matches = pc.match_substring_regex(texts, pattern)
    good = _values(matches.cast(pa.uint8()), np.bool_)
    return _values((texts if good.all() else pc.if_else(matches, texts, "0")).cast(kind), dtype), good


def _completed(
    made: npt.NDArray[Any], good: Mask, data: Bytes, starts: Places, ends: Places, function: OnText
) -> tuple[npt.NDArray[Any], Mask | None]:
    """Add the results of a function for the texts that have none."""
    rest = np.flatnonzero(~good)
    if not len(rest):
        return made, None
    made, good = made.copy(), good.copy()
    made[rest], good[rest] = _numbers(data, starts[rest], ends[rest], function, made.dtype)
    return made, None if good.all() else good


def counts(data: Bytes, starts: Places, ends: Places) -> npt.NDArray[np.int64]:
    before = _characters_before(data)
    made: npt.NDArray[np.int64] = before[ends] - before[starts]
    return made


def offsets(data: Bytes, starts: Places, ends: Places, places: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    before = _characters_before(data)
    beginnings = np.append(np.flatnonzero((data & 0xC0) != 0x80), len(data))
    found = beginnings.take(before[starts] + places, mode="clip")
    made: npt.NDArray[np.int64] = np.minimum(found, ends) - starts
    return made


def _characters_before(data: Bytes) -> npt.NDArray[np.int64]:
    """Return how many characters begin before each byte, and before the end."""
    before = np.zeros(len(data) + 1, np.int64)
    np.cumsum((data & 0xC0) != 0x80, out=before[1:])
    return before


def replaced(
    data: Bytes, starts: Places, ends: Places, first: CharacterTable, rest: CharacterTable
) -> tuple[Bytes, Mask | None]:
    made, good = data.copy(), np.empty(len(starts), np.bool_)
    for place, (start, end) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
        found = _replaced_text(data[start:end].tobytes().decode(), first, rest)
        good[place] = found is not None
        if found is not None:
            made[start:end] = np.frombuffer(found, np.uint8)
    return made, None if good.all() else good


def _replaced_text(text: str, first: CharacterTable, rest: CharacterTable) -> bytes | None:
    """Return a text with its characters replaced, or None if one of them is special."""
    made, table = [], first
    for character in map(ord, text):
        entry = int(table[character]) if character < len(table) else SPECIAL
        if entry & SPECIAL:
            return None
        made.append(chr(entry & POINT))
        table = rest if first[character] & CASED else first
    return "".join(made).encode()


def called_texts(data: Bytes, starts: Places, ends: Places, function: OnText) -> tuple[Cut, Mask]:
    offsets, good, made = np.zeros(len(starts) + 1, np.int64), np.ones(len(starts), np.bool_), []
    for place, text in enumerate(_array(data, starts, ends).to_pylist()):
        try:
            made.append(function(text).encode())
        except Exception:
            made.append(b"")
            good[place] = False
    np.cumsum([len(each) for each in made], out=offsets[1:])
    return (offsets, b"".join(made)), good


def called_integers(
    data: Bytes, starts: Places, ends: Places, function: OnText
) -> tuple[npt.NDArray[np.int64], Mask]:  # fmt: skip
    return _numbers(data, starts, ends, function, np.dtype(np.int64))


def _numbers(
    data: Bytes, starts: Places, ends: Places, function: OnText, dtype: Any
) -> tuple[npt.NDArray[Any], Mask]:  # fmt: skip
    """Return `function(text)` of each text, and a mask of the texts whose result has a form in `dtype`."""
    made, good = np.zeros(len(starts), dtype), np.ones(len(starts), np.bool_)
    for place, text in enumerate(_array(data, starts, ends).to_pylist()):
        try:
            made[place] = function(text)
        except Exception:
            good[place] = False
    return made, good


def json_values(data: bytes, keys: tuple[bytes, ...], lines: int) -> JsonValues | None:
    return None  # A regular expression over each line takes longer than Python's json, which is C too.


def matches(data: Bytes, starts: Places, ends: Places, automaton: Automaton) -> Matches | None:
    return None  # Arrow's RE2 is faster than a loop of NumPy over the bytes.


class PortableTable:
    """A table that numbers the distinct texts of each call with Arrow, and keeps them in a dict."""

    def __init__(self) -> None:
        self._numbers: dict[bytes, int] = {}

    def __len__(self) -> int:
        return len(self._numbers)

    def number(self, data: Bytes, starts: Places, ends: Places) -> npt.NDArray[np.int32]:
        encoded = _binary(data, starts, ends).dictionary_encode()
        known, texts = self._numbers, encoded.dictionary.to_pylist()
        known.update(zip([text for text in texts if text not in known], count_from(len(known))))
        own = np.fromiter(map(known.__getitem__, texts), np.int32, len(texts))
        return own.take(_values(encoded.indices, np.int32))

    def texts(self) -> Cut:
        offsets = np.zeros(len(self) + 1, np.int64)
        np.cumsum([len(text) for text in self._numbers], out=offsets[1:])
        return offsets, b"".join(self._numbers)


def table() -> PortableTable:
    return PortableTable()


# ---------------------------------------------------------------- hashes ---------------------------------------------


def codes(data: Bytes, starts: Places, ends: Places, out: npt.NDArray[np.uint64]) -> bool:
    if int((ends - starts).max(initial=0)) >= WORD_BYTES:
        return False
    for first in range(0, len(starts), _ROWS_AT_ONCE):
        rows = slice(first, first + _ROWS_AT_ONCE)
        at, begins, lengths = _padded(data, starts[rows], ends[rows])
        found = at[begins] & WORD_MASKS[lengths]
        found |= lengths.astype(np.uint64) << _U(8 * (WORD_BYTES - 1))
        out[rows] = mix(found)
    return True


def hashes(data: Bytes, starts: Places, ends: Places, tag: int) -> npt.NDArray[np.uint64]:
    made = np.empty(len(starts), np.uint64)
    for first in range(0, len(starts), _ROWS_AT_ONCE):
        rows = slice(first, first + _ROWS_AT_ONCE)
        at, begins, lengths = _padded(data, starts[rows], ends[rows])
        sums = _short_sums if int(lengths.max()) <= WORD_BYTES else _long_sums
        found = sums(at, begins, lengths)
        found += lengths.astype(np.uint64) * _U(byte_hash.GOLDEN)
        found += _U(tag)
        made[rows] = mix(found)
    return made


def _padded(data: Bytes, starts: Places, ends: Places) -> tuple[Words, Places, Places]:
    """Return (words, starts, lengths). Word i is the eight bytes from byte i on; text j begins at word `starts[j]`.

    The bytes are copied, with eight zeros at the end. There must be at least one text.
    """
    first, last = int(starts.min()), int(ends.max())
    padded = np.zeros(last - first + WORD_BYTES, np.uint8)
    padded[: last - first] = data[first:last]
    return words_at_bytes(padded), starts - first, ends - starts


def _short_sums(at: Words, starts: Places, lengths: Places) -> Words:
    """Return the sum over the words of each text of at most one word."""
    found = at[starts] & WORD_MASKS[lengths]
    found ^= found >> _U(32)
    found *= _U(byte_hash.place(0))
    return found


def _long_sums(at: Words, starts: Places, lengths: Places) -> Words:
    """Return the sum over the words of each text.

    All texts advance by one word a round, and drop out at their end. The last few are summed one by one.
    """
    sums = np.zeros(len(starts), np.uint64)
    left, begins = lengths, starts
    active: Any = slice(0, len(starts))  # the texts that have not ended: a slice while none has, then their row numbers
    index = 0
    while len(left):
        going = np.flatnonzero(left > 0)
        if len(going) < len(left):
            active = going if isinstance(active, slice) else active[going]
            left, begins = left[going], begins[going]
        if len(left) <= _FEW:
            break
        found = at[begins]
        found &= WORD_MASKS[np.minimum(left, WORD_BYTES)]
        found ^= found >> _U(32)
        found *= _U(byte_hash.place(index))
        sums[active] += found
        index += 1
        left, begins = left - WORD_BYTES, begins + WORD_BYTES
    rows = np.arange(len(starts))[active]
    for row, start, rest in zip(rows.tolist(), begins.tolist(), left.tolist(), strict=True):
        data = at[start : start + rest : WORD_BYTES].copy()
        if rest % WORD_BYTES:
            data[-1] &= WORD_MASKS[rest % WORD_BYTES]
        sums[row] = _U((int(sums[row]) + _sum_of(data, index)) & byte_hash.MASK)
    return sums


def long_sum(data: bytes) -> int:
    """Return the sum over the words of one long text."""
    padded = np.zeros(-(-len(data) // WORD_BYTES) * WORD_BYTES, np.uint8)
    padded[: len(data)] = np.frombuffer(data, np.uint8)
    return _sum_of(padded.view("<u8"), 0)


def _sum_of(found: Words, index: int) -> int:
    """Return the sum over words. The first word has this index in its text. The words are overwritten."""
    total = _U(0)
    for start in range(0, len(found), _WORDS_AT_ONCE):
        part = found[start : start + _WORDS_AT_ONCE]
        part ^= part >> _U(32)
        numbers = np.arange(index + 1, index + 1 + len(part), dtype=np.uint64)
        part *= mix(numbers * _U(byte_hash.GOLDEN)) | _U(1)
        total = part.sum(dtype=np.uint64, initial=total)
        index += len(part)
    return int(total)
