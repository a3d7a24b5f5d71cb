from typing import Any, TypeAlias

import numpy.typing as npt

Buffer: TypeAlias = bytes | npt.NDArray[Any]

def words(data: Buffer) -> tuple[bytearray, bytearray]:
    """(starts, ends) of what str.split() makes of UTF-8, as int32: at most 2**31 - 1 bytes of it."""

def places(data: Buffer, one: int, other: int) -> bytearray:
    """Where there is one of two bytes, as int64."""

def fields(data: Buffer, separator: int) -> bytearray | None:
    """Where each line starts, and then for field after field where it ends in each line, as int32.

    None where not all lines have as many fields. The last line has no line feed at its end.
    """

def quotes(data: Buffer, quote: int, separator: int, inside: bool) -> int:
    """How many quotes there are between the first byte and the last; `inside`: a field is open before them.

    -1 where one that opens a field does not follow a separator, a line end or a quote, or one that closes a field is
    not followed by one.
    """

def count(data: Buffer, byte: int) -> int:
    """How many of the bytes are this one."""
