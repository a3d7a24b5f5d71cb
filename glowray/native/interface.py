"""The functions that `compiled` and `portable` both offer: loops over the bytes of texts.

Texts are given as `data, starts, ends`: text i is `data[starts[i]:ends[i]]`. Starts and ends are contiguous arrays,
both int32 or both int64. Returned arrays of places in the data may be int32 or int64.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

Bytes: TypeAlias = npt.NDArray[np.uint8]
Places: TypeAlias = npt.NDArray[np.signedinteger[Any]]
Mask: TypeAlias = npt.NDArray[np.bool_]
CharacterTable: TypeAlias = npt.NDArray[np.uint32]
OnText: TypeAlias = Callable[[str], Any]
Cut: TypeAlias = tuple[npt.NDArray[np.int64], bytes | bytearray | npt.NDArray[Any]]


class JsonValues(NamedTuple):
    """The values of records in JSON lines. The first three arrays have a row for each key and a column for each line.

    Args:
        kinds: uint8, the code of a character. `i` is an int, `d` a float, NaN included, `s` a string, `e` a string
            with escapes, `t` true, `f` false, `n` null, `v` a list or object.
        starts: int32, the first byte of the value in the data. A string's quotes are left out.
        ends: int32, the byte after the value.
        found: uint8, 1 for a record with exactly these keys in this order, 2 for a blank line, else 0. Only lines with
            1 have values.
        bounds: int32, the start of each line, and the end of the last one.
    """

    kinds: npt.NDArray[np.uint8]
    starts: npt.NDArray[np.int32]
    ends: npt.NDArray[np.int32]
    found: npt.NDArray[np.uint8]
    bounds: npt.NDArray[np.int32]


class Automaton(NamedTuple):
    """An automaton over UTF-8 in which the next byte decides the next state. State 0 is the start.

    Args:
        following: 256 next states for each state. 255: there is none. 254: only Python knows.
        accepts: for each state 1 if a match may end there, else 0.
        ranks: for each state, how many of the events lie behind it. An event is the start or end of a group.
        events: how many events there are.
        anchored: whether a match has to begin at the start of a text.
        whole: whether a match has to end at the end of a text.
        before_line_end: whether it may then end before a line feed that ends the text, too.
    """

    following: bytes
    accepts: bytes
    ranks: bytes
    events: int
    anchored: bool
    whole: bool
    before_line_end: bool


class Matches(NamedTuple):
    """The first match in each text. `status`: 0 none, 1 a match, 2 only Python knows.

    `places` has a row for the start of the match, for its end, and for each event, and a column for each text.
    """

    status: npt.NDArray[np.uint8]
    places: npt.NDArray[np.int64]


class TextTable(Protocol):
    """A table that numbers texts from 0 as they first appear. Only one thread at a time may use it."""

    def __len__(self) -> int:
        """Return how many different texts have a number."""

    def number(self, data: Bytes, starts: Places, ends: Places) -> npt.NDArray[np.int32]:
        """Return the number of each text. New texts get the next numbers."""

    def texts(self) -> Cut:
        """Return the numbered texts, by number: (offsets, bytes) as `Loops.cut` does."""


class Loops(Protocol):
    """The functions of `compiled` and of `portable`."""

    @property
    def name(self) -> str:
        """The name that users see: "compiled" or "portable"."""

    def words(self, data: Bytes) -> tuple[Places, Places]:
        """Return the (starts, ends) of the words that str.split() finds in UTF-8."""

    def places(self, data: Bytes, one: int, other: int) -> npt.NDArray[np.int64]:
        """Return the places of all bytes that equal one of two values, ascending."""

    def count(self, data: Bytes, byte: int) -> int:
        """Return how many bytes equal a value."""

    def fields(self, data: Bytes, separator: int, lines: int) -> Places | None:
        """Return the bounds of all fields, or None if the lines differ in their number of fields.

        Row 0 of the bounds has the start of each line. Row i has the end of field i - 1 in each line. The last line has
        no line feed at its end.
        """

    def quotes(self, data: Bytes, quote: int, separator: int, inside: bool) -> int | None:
        """Return the number of quotes between the first byte and the last, or None if one of them is not plain.

        A plain quote that opens a field follows a separator, a line end or a quote. A plain quote that closes a field
        is followed by one of these. `inside` says that a field is open before the first quote.
        """

    def cut(self, data: Bytes, starts: Places, ends: Places) -> Cut:
        """Return (offsets, bytes) of the texts alone: the buffers of an Arrow large_string array.

        The bytes may be longer than the last offset says.
        """

    def find(self, data: Bytes, starts: Places, ends: Places, pattern: bytes, backwards: bool) -> npt.NDArray[np.int64]:
        """Return the offset of the first (or last) pattern in each text, -1 for none. The pattern is not empty."""

    def hashes(self, data: Bytes, starts: Places, ends: Places, tag: int) -> npt.NDArray[np.uint64]:
        """Return `glowray.native.byte_hash.bytes_hash` of each text."""

    def codes(self, data: Bytes, starts: Places, ends: Places, out: npt.NDArray[np.uint64]) -> bool:
        """Write a code of each text to `out` and return True, or return False if a text has eight bytes or more.

        Texts that differ have different codes.
        """

    def integers(self, data: Bytes, starts: Places, ends: Places) -> tuple[npt.NDArray[np.int64], Mask | None]:
        """Return int() of each text, and a mask of the texts that are ints of 64 bits, or None if all are.

        Other texts give 0.
        """

    def floats(self, data: Bytes, starts: Places, ends: Places) -> tuple[npt.NDArray[np.float64], Mask | None]:
        """Return float() of each text, and a mask of the texts that are floats, or None if all are."""

    def counts(self, data: Bytes, starts: Places, ends: Places) -> npt.NDArray[np.int64]:
        """Return the number of characters of each text. The texts are UTF-8."""

    def offsets(
        self, data: Bytes, starts: Places, ends: Places, places: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.int64]:  # fmt: skip
        """Return the offset in text i of the byte at which its character number `places[i]` begins.

        A text without so many characters gives its length in bytes.
        """

    def replaced(
        self, data: Bytes, starts: Places, ends: Places, first: CharacterTable, rest: CharacterTable
    ) -> tuple[Bytes, Mask | None]:
        """Return the data with the characters of the texts replaced, and a mask of the texts without special ones.

        The mask is None if no text has a special character. `glowray.native.character_tables` has the tables: `first`
        for the first character of a word, and `rest` for the others. Texts must not overlap if the two differ.
        """

    def called_texts(self, data: Bytes, starts: Places, ends: Places, function: OnText) -> tuple[Cut, Mask]:
        """Return `function(text)` of each text, and a mask of the texts that gave a str. Others give an empty text."""

    def called_integers(
        self, data: Bytes, starts: Places, ends: Places, function: OnText
    ) -> tuple[npt.NDArray[np.int64], Mask]:  # fmt: skip
        """Return `function(text)` of each text, and a mask of the texts that gave an int of 64 bits, or a bool."""

    def json_values(self, data: bytes, keys: tuple[bytes, ...], lines: int) -> JsonValues | None:
        """Return the values of records in JSON lines, or None if Python's json is faster, as for `portable`.

        The data is UTF-8. A key is its bytes with quotes and without escapes. Lines that nest deeply are not records.
        """

    def matches(self, data: Bytes, starts: Places, ends: Places, automaton: Automaton) -> Matches | None:
        """Return the longest match from the first place of each text that has one.

        Return None if Arrow's RE2 is faster, as for `portable`.
        """

    def table(self) -> TextTable:
        """Return an empty table."""
