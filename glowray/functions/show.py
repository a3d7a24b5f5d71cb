"""Show a row as one short line of text, the same in every process."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from glowray.rows.objects.pickling import Beside

LIMIT = 200

_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+(?=>)")
_BRACKETS: dict[type, tuple[str, str]] = {
    list: ("[", "]"),
    tuple: ("(", ")"),
    dict: ("{", "}"),
    set: ("{", "}"),
    frozenset: ("frozenset({", "})"),
}


def shown(value: object, limit: int = LIMIT) -> str:
    """Return `repr(value)`, cut to `limit` characters. Only the shown part of a large row is printed.

    Addresses are left out and sets are sorted, so the text is the same on every worker and in every run.

    >>> shown(("word", 1))
    "('word', 1)"
    >>> shown("x" * 1_000_000, limit=10)
    "'xxxxxxxx…"
    """
    pieces: list[str] = []
    length = 0
    for piece in _pieces(value, limit, ()):
        pieces.append(piece)
        length += len(piece)
        if length > limit:
            break
    return cut("".join(pieces), limit)


def cut(text: str, limit: int = LIMIT) -> str:
    """Return the text. If it has more than `limit` characters, return its beginning and "…"."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _pieces(value: Any, limit: int, outer: tuple[int, ...]) -> Iterator[str]:
    """Yield the parts of a repr. Only exact built-in containers are taken apart: a subclass may have its own repr."""
    kind = type(value)
    if kind in (str, bytes) and len(value) > limit:
        yield repr(value[:limit])[:-1]
        yield " " * limit  # Makes the text too long, so that it is cut.
    elif (kind not in _BRACKETS and not isinstance(value, Beside)) or not value:
        yield _plain(value)
    elif id(value) in outer or len(outer) == 50:
        yield "..."
    else:
        yield from _container(value, limit, (*outer, id(value)))


def _container(value: Any, limit: int, outer: tuple[int, ...]) -> Iterator[str]:
    opening, closing = _BRACKETS[list if isinstance(value, Beside) else type(value)]
    yield opening
    for number, item in enumerate(_items(value, limit, outer)):
        if number:
            yield ", "
        yield from item
    if type(value) is tuple and len(value) == 1:
        yield ","
    yield closing


def _items(value: Any, limit: int, outer: tuple[int, ...]) -> Iterator[Iterable[str]]:
    if type(value) is dict:
        for key, item in value.items():
            yield _pair(key, item, limit, outer)
    elif isinstance(value, set | frozenset):
        yield from ([text] for text in sorted(shown(item, limit) for item in value))
    else:
        for item in value:
            yield _pieces(item, limit, outer)


def _pair(key: Any, item: Any, limit: int, outer: tuple[int, ...]) -> Iterator[str]:
    yield from _pieces(key, limit, outer)
    yield ": "
    yield from _pieces(item, limit, outer)


def _plain(value: object) -> str:
    try:
        return _ADDRESS.sub("", repr(value))
    except Exception as error:  # A failing repr must not hide the failure that the row caused.
        return f"<{type(value).__qualname__}, whose repr raises {type(error).__name__}>"
