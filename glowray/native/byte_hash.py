"""The hash of text and bytes, in plain Python: the definition that `Loops.hashes` follows.

A text is cut into words of eight bytes. Each word is multiplied by an odd constant of its place in the text. The hash
is the mixed sum of the products, of the length and of a tag for the type. The finaliser of SplitMix64 mixes (Steele,
Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
"""

from __future__ import annotations

from functools import cache

MASK = (1 << 64) - 1
GOLDEN = 0x9E3779B97F4A7C15
MIX_1 = 0xBF58476D1CE4E5B9
MIX_2 = 0x94D049BB133111EB

LONG_TEXT = 512
"""From this many bytes on NumPy is faster than a Python loop over the words."""


def mix(word: int) -> int:
    """Spread a 64-bit word over all 64 bits, one to one."""
    word &= MASK
    word = ((word ^ (word >> 30)) * MIX_1) & MASK
    word = ((word ^ (word >> 27)) * MIX_2) & MASK
    return word ^ (word >> 31)


def bytes_hash(data: bytes, tag: int) -> int:
    """Return the hash of some bytes. Hashes of text, bytes and identifiers have different tags."""
    if len(data) >= LONG_TEXT:
        from glowray.native.portable import long_sum

        total = long_sum(data)
    else:
        total = 0
        for index, start in enumerate(range(0, len(data), 8)):
            word = int.from_bytes(data[start : start + 8], "little")
            total += (word ^ (word >> 32)) * place(index)
    return mix(total + len(data) * GOLDEN + tag)


@cache
def place(index: int) -> int:
    """Return the odd constant by which the word at an index is multiplied."""
    return mix((index + 1) * GOLDEN) | 1
