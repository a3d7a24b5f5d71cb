from typing import Any, TypeAlias

import numpy.typing as npt

Buffer: TypeAlias = bytes | npt.NDArray[Any]

def words(data: Buffer) -> tuple[bytearray, bytearray]:
    """(starts, ends) of what str.split() makes of UTF-8, as int32: at most 2**31 - 1 bytes of it."""

def places(data: Buffer, one: int, other: int) -> bytearray:
    """Where there is one of two bytes, as int64."""
