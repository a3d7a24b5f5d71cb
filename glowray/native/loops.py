"""All compiled loops by name. Without a C compiler at build time every name is None.

A caller then does the same work with NumPy and Arrow. That is several times slower and gives the same results.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from glowray.native import numbering
    from glowray.native.scanning import Buffer

__all__ = [
    "Table",
    "codes",
    "count",
    "cut",
    "fields",
    "find",
    "floats",
    "hashes",
    "integers",
    "places",
    "quotes",
    "words",
]

Table: type[numbering.Table] | None
words: Callable[[Buffer], tuple[bytearray, bytearray]] | None
places: Callable[[Buffer, int, int], bytearray] | None
count: Callable[[Buffer, int], int] | None
quotes: Callable[[Buffer, int, int, bool], int] | None
fields: Callable[[Buffer, int], bytearray | None] | None
cut: Callable[[Buffer, Buffer, Buffer], tuple[bytearray, bytearray]] | None
find: Callable[[Buffer, Buffer, Buffer, bytes, bool, Buffer], None] | None
hashes: Callable[[Buffer, Buffer, Buffer, int, Buffer], None] | None
codes: Callable[[Buffer, Buffer, Buffer, Buffer], bool] | None
integers: Callable[[Buffer, Buffer, Buffer, Buffer, Buffer], bool] | None
floats: Callable[[Buffer, Buffer, Buffer, Buffer, Buffer], bool] | None

try:
    from glowray.native.cutting import cut
    from glowray.native.finding import find
    from glowray.native.hashing import codes, hashes
    from glowray.native.numbering import Table
    from glowray.native.parsing import floats, integers
    from glowray.native.scanning import count, fields, places, quotes, words
except ImportError:
    Table = count = words = places = quotes = fields = cut = find = hashes = codes = integers = floats = None
