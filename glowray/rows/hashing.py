"""The stable hash of keys in plain Python. It has no seed, and keys that Python calls equal have equal hashes.

`column_hash.py` computes the same hashes for whole columns; a property test compares the two.
`mix` is the finaliser of SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
The hash of text or bytes mixes a sum over its 8-byte words: each word times an odd constant of the word's index.
"""

from __future__ import annotations

from collections.abc import Iterable

MASK = (1 << 64) - 1
GOLDEN = 0x9E3779B97F4A7C15
MIX_1 = 0xBF58476D1CE4E5B9
MIX_2 = 0x94D049BB133111EB

NUMBER = 0x1B873593CC9E2D51
TEXT = 0x38B34AE5A1E38B93
BYTES = 0x52DCE729DA3ED2B7
TUPLE = 0x6C62272E07BB0142
FROZENSET = 0x7FB5D329728EA185
DATACLASS = 0x81DADEF4BC2DD44D
DATE = 0x99BCF6822B23CA35
DATETIME = 0xA0761D6478BD642F
TIME = 0xB492B66FBE98F273
TIMEDELTA = 0xC4CEB9FE1A85EC53
IDENTIFIER = 0xD6E8FEB86659FD93
ENUM = 0xE7037ED1A0B428DB
UUID = 0xF1357AEA2E62A9C5
REGISTERED = 0x8EBC6AF09C88C6E3
NUMPY_TIME = 0x589965CC75374CC3
NONE_HASH = 0x2545F4914F6CDD1D
NAN_HASH = 0x3C6EF372FE94F82B

LONG_TEXT = 512
"""From this number of bytes on, NumPy is faster than a Python loop over the words."""


def mix(word: int) -> int:
    """Spread a word's bits over all 64 bits. Two 64-bit words never mix to the same word."""
    word &= MASK
    word = ((word ^ (word >> 30)) * MIX_1) & MASK
    word = ((word ^ (word >> 27)) * MIX_2) & MASK
    return word ^ (word >> 31)


def number_hash(python_hash: int) -> int:
    """Return the hash of a number from Python's `hash` of it.

    Python's hash of a number is the same in every process, and equal for equal numbers of any type.
    """
    return mix(python_hash + NUMBER)


def count_hash(count: int, tag: int) -> int:
    """Return the hash of an integer that encodes another value, such as a duration in microseconds."""
    return mix(hash(count) + tag)


def bytes_hash(data: bytes, tag: int) -> int:
    """Return the hash of bytes. `tag` keeps text, bytes and identifiers apart."""
    if len(data) >= LONG_TEXT:
        from glowray.rows.column_hash import long_sum

        total = long_sum(data)
    else:
        total = 0
        for index, start in enumerate(range(0, len(data), 8)):
            total += _fold(int.from_bytes(data[start : start + 8], "little")) * place(index)
    return mix(total + len(data) * GOLDEN + tag)


def place(index: int) -> int:
    """Return the odd constant that multiplies the word at an index."""
    while len(_PLACES) <= index:
        _PLACES.append(mix((len(_PLACES) + 1) * GOLDEN) | 1)
    return _PLACES[index]


_PLACES: list[int] = []


def _fold(word: int) -> int:
    return word ^ (word >> 32)


def text_hash(text: str) -> int:
    """Return the hash of text from its UTF-8 bytes."""
    return bytes_hash(text.encode("utf-8", "surrogatepass"), TEXT)


def sequence_hash(hashes: Iterable[int], tag: int = TUPLE) -> int:
    """Return the hash of several hashes. Their order counts."""
    state = tag
    for each in hashes:
        state = mix(state * MIX_1 + each)
    return state


def set_hash(hashes: Iterable[int]) -> int:
    """Return the hash of several hashes. Their order does not count."""
    total = count = 0
    for each in hashes:
        total += mix(each + GOLDEN)
        count += 1
    return mix(total + count * GOLDEN + FROZENSET)


def class_hash(cls: type) -> int:
    """Return the hash of a class from its module and qualified name."""
    return bytes_hash(f"{cls.__module__}.{cls.__qualname__}".encode(), IDENTIFIER)
