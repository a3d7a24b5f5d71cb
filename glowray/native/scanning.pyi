from typing import Any, TypeAlias

import numpy.typing as npt

Buffer: TypeAlias = bytes | npt.NDArray[Any]

def words(data: Buffer) -> tuple[bytearray, bytearray]:
    """Return int32 (starts, ends) of the words that str.split() finds in UTF-8 of at most 2**31 - 1 bytes."""

def places(data: Buffer, one: int, other: int) -> bytearray:
    """Return the int64 offsets of all bytes that equal `one` or `other`."""

def fields(data: Buffer, separator: int) -> bytearray | None:
    """Return int32 bounds: the start of each line, then for each field its end in each line.

    `b"a,b\\nc,d"` → starts `[0, 4]`, ends of the first field `[1, 5]`, ends of the second `[3, 7]`. Return None if
    lines have different numbers of fields. The last line has no line feed.
    """

def quotes(data: Buffer, quote: int, separator: int, inside: bool) -> int:
    """Return the number of quotes in `data[1:-1]`. `inside` says whether a quoted field is open at their start.

    Return -1 if a quote is misplaced. An opening quote must follow a separator, a line end or a quote. One of these
    must follow a closing quote.
    """

def count(data: Buffer, byte: int) -> int:
    """Return how many bytes equal `byte`."""
