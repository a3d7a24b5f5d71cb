"""The stable hash of keys in plain Python. It has no seed, and keys that Python calls equal have equal hashes.

`column_hash.py` computes the same hashes for whole columns; a property test compares the two.
"""

from __future__ import annotations

from collections.abc import Iterable

from glowray.native.byte_hash import GOLDEN, MIX_1, bytes_hash, mix

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


def number_hash(python_hash: int) -> int:
    """Return the hash of a number from Python's `hash` of it.

    Python's hash of a number is the same in every process, and equal for equal numbers of any type.
    """
    return mix(python_hash + NUMBER)


def count_hash(count: int, tag: int) -> int:
    """Return the hash of an integer that encodes another value, such as a duration in microseconds."""
    return mix(hash(count) + tag)


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
