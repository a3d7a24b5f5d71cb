"""Values of JSON: what json.loads returns, with ints of any number of digits and a limit to nesting."""

from __future__ import annotations

import json
import sys
from decimal import Decimal
from typing import Any

_PIECE = 4096
"""The number of characters of a line whose brackets are counted at once."""


class TooDeepError(ValueError):
    """A value nested so deep that json reads it and pickle cannot write it."""


def shallow_value(line: str, limit: int) -> Any:
    """Return the value of a line; raise TooDeepError if it has `limit` levels."""
    value = value_of(line)
    check_levels(value, line, limit)
    return value


def check_levels(value: Any, text: str, limit: int) -> None:
    """Raise TooDeepError if a value, read from a text, has `limit` levels."""
    if len(text) > limit and _may_have_levels(text, limit) and _has_levels(value, limit):
        raise TooDeepError


def _may_have_levels(line: str, limit: int) -> bool:
    """Return False if a line certainly nests fewer than `limit` levels. Counting brackets is faster than a walk."""
    depth = 0
    for start in range(0, len(line), _PIECE):
        piece = line[start : start + _PIECE]
        opened = piece.count("[") + piece.count("{")
        if depth + opened >= limit:
            return True
        depth += opened - piece.count("]") - piece.count("}")
    return False


def _has_levels(value: Any, limit: int) -> bool:
    """Return whether lists and dicts are nested at least `limit` levels deep.

    >>> _has_levels([{"a": []}], 3), _has_levels([{"a": []}], 4)
    (True, False)
    """
    level = [value]
    for _ in range(limit):
        level = [each for each in level if type(each) is dict or type(each) is list]
        if not level:
            return False
        level = [item for each in level for item in (each.values() if type(each) is dict else each)]
    return True


def most_levels() -> int:
    """Return the number of levels that a value must not have."""
    return sys.getrecursionlimit() * 3 // 10


def value_of(line: str) -> Any:
    """Return what json.loads returns, and ints of any number of digits."""
    try:
        value, end = _decoder.raw_decode(line)
        return value if end == len(line) else _decoder.decode(line)
    except ValueError:  # The line begins with a blank, has an int of over 4,300 digits, or is no JSON.
        return _decoder_of_big.decode(line)


def value_at(text: str, start: int) -> tuple[Any, int]:
    """Return the value that begins at an offset of a text, and the offset of its end. Raises JSONDecodeError.

    >>> value_at('[1, {"a": 2}]', 4)
    ({'a': 2}, 12)
    """
    try:
        return _decoder.raw_decode(text, start)
    except json.JSONDecodeError:
        raise
    except ValueError:
        return _decoder_of_big.raw_decode(text, start)


def _big_int(digits: str) -> int:
    """Return an int of any number of digits. int() of a str refuses more than 4,300; Decimal is exact."""
    return int(Decimal(digits))


_decoder = json.JSONDecoder()
_decoder_of_big = json.JSONDecoder(parse_int=_big_int)
