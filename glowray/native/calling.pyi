from collections.abc import Callable
from typing import Any

from glowray.native.scanning import Buffer

def texts(
    data: Buffer, starts: Buffer, ends: Buffer, function: Callable[[str], Any], out: Buffer, good: Buffer
) -> bytes:
    """Return the UTF-8 bytes of `function(text)` of all texts, and write the end of each result to `out` (int64).

    Write to `good` whether a text gave a str. A text for which the function raised gives an empty result.
    """

def integers(
    data: Buffer, starts: Buffer, ends: Buffer, function: Callable[[str], Any], out: Buffer, good: Buffer
) -> bool:
    """Write `function(text)` of each text to `out` (int64), and to `good` whether it was an int of 64 bits.

    Return whether all were.
    """

def floats(
    data: Buffer, starts: Buffer, ends: Buffer, function: Callable[[str], Any], out: Buffer, good: Buffer
) -> bool:
    """Write `function(text)` of each text to `out` (float64), and to `good` whether it was a float.

    Return whether all were.
    """
