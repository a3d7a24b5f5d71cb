"""Tables of characters for str.lower and its kin: made from what Python's own methods do with each character alone.

An entry is the character that stands for another, with two bits. CASED: the other is a letter with upper and lower
case, so that a word goes on behind it. SPECIAL: only the method knows what becomes of the character. It becomes
several, needs another number of bytes in UTF-8, or depends on its neighbours, as a capital sigma does.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np

from glowray.native.interface import Bytes, CharacterTable

POINT = 0x1FFFFF
CASED, SPECIAL = 1 << 29, 1 << 30

_SIZES = ((0x80, 0x80), (0xE2, 0x2000), (0xF0, 0x10000), (0x100, 0x20000))
"""(bound of the bytes in the data, number of characters that a table for it has). No letter is beyond the last."""

_SIGMA = 0x3A3
_BLOCK = 0x200


def tables_for(method: str, data: Bytes) -> tuple[CharacterTable, CharacterTable]:
    """Return (table of first characters of a word, table of the others) of a method of str, for the bytes of texts.

    >>> first, rest = tables_for("title", np.frombuffer(b"ab", np.uint8))
    >>> chr(first[ord("a")] & POINT), chr(rest[ord("A")] & POINT)
    ('A', 'a')
    """
    greatest = int(data.max()) if len(data) else 0
    return _tables(method, next(size for bound, size in _SIZES if greatest < bound))


@lru_cache(maxsize=64)
def _tables(method: str, size: int) -> tuple[CharacterTable, CharacterTable]:
    if method == "capitalize":
        first, rest = _table("title", size) | np.uint32(CASED), _table("lower", size)
    elif method == "title":
        first, rest = _table("title", size) | _cased(size), _table("lower", size)
    else:
        first = rest = _table(method, size)
    return first, rest


def _table(method: str, size: int) -> CharacterTable:
    """Return a table from each character to the method's result for that character alone."""
    table = np.arange(size, dtype=np.uint32)
    for start, texts, made in _results(method, "", size):
        table[start : start + len(texts)] = [_entry(text, found) for text, found in zip(texts, made, strict=True)]
    if size > _SIGMA and method in ("lower", "swapcase"):
        table[_SIGMA] = SPECIAL
    return table


def _entry(text: str, made: str) -> int:
    is_alike = len(made) == 1 and _width(made) == _width(text)
    return ord(made) if is_alike else SPECIAL


def _width(character: str) -> int:
    return len(character.encode(errors="surrogatepass"))


def _cased(size: int) -> CharacterTable:
    """Return CASED for each character behind which str.title makes letters small, and 0 for the others."""
    cased = np.zeros(size, np.uint32)
    for start, texts, made in _results("title", "A", size):
        cased[start : start + len(texts)] = [CASED * found.endswith("a") for found in made]
    return cased


def _results(method: str, tail: str, size: int) -> Iterator[tuple[int, list[str], list[str]]]:
    """Yield (first character, texts, what the method makes of each) for blocks of characters that it changes.

    A text is a character and the tail. Line feeds part the texts, so one call does a whole block.
    """
    for start in range(0, size, _BLOCK):
        texts = [chr(point) + tail for point in range(start, min(size, start + _BLOCK))]
        whole = "\n".join(texts)
        made = getattr(str, method)(whole)
        if not start:
            yield start, texts, [getattr(str, method)(text) for text in texts]
        elif made != whole:
            yield start, texts, made.split("\n")
