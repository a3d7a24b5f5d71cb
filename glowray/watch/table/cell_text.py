"""Texts of one line that every terminal can print, and their cutting to a width in terminal cells."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile


@dataclass(frozen=True)
class Signs:
    """The characters that a table is drawn with, and the encoding that they and the cells are printed in."""

    encoding: str
    more: str
    absent: str
    frame: str
    """Nine corners and crossings row by row, then the horizontal and the vertical line."""


def signs_for(encoding: str | None) -> Signs:
    """Return the signs for an encoding, plain ASCII if it has no lines.

    >>> signs_for("utf-8").more, signs_for("ascii").more
    ('…', '...')
    """
    encoding = encoding or "utf-8"
    try:
        "…·┌┬┐├┼┤└┴┘─│".encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return Signs(encoding, "...", "-", "+++++++++-|")
    return Signs(encoding, "…", "·", "┌┬┐├┼┤└┴┘─│")


def stdout_signs() -> Signs:
    """Return the signs that standard output can print."""
    return signs_for(sys.stdout.encoding)


def printable(text: str, encoding: str = "utf-8") -> str:
    r"""Escape characters that move the cursor, are invisible, or are not in the encoding.

    >>> printable("a\x1b[1m\n"), printable("é", "ascii")
    ('a\\x1b[1m\\n', '\\xe9')
    """
    if not text.isprintable():
        text = "".join(letter if letter.isprintable() else _escaped(letter) for letter in text)
    return text.encode(encoding, "backslashreplace").decode(encoding)


def _escaped(letter: str) -> str:
    return letter.encode("unicode_escape", "surrogatepass").decode("ascii")


def cut_end(text: str, width: int, more: str = "…") -> str:
    """Return the text, or its beginning and `more`, in at most `width` terminal cells.

    >>> cut_end("abcdef", 4), cut_end("日本語", 4)
    ('abc…', '日…')
    """
    from rich.cells import cell_len, set_cell_size

    if cell_len(text) <= width:
        return text
    room = width - len(more)
    return (set_cell_size(text, room).rstrip() if room > 0 else "") + more[:width]


def cut_middle(text: str, width: int, more: str = "…") -> str:
    """Return the text, or its beginning, `more` and its end, in at most `width` terminal cells.

    >>> cut_middle("/data/logs/part-00017", 11)
    '/data…00017'
    """
    from rich.cells import cell_len, set_cell_size

    room = width - len(more)
    if cell_len(text) <= width or room < 4:
        return cut_end(text, width, more)
    tail = room // 2
    start = max(0, len(text) - tail)
    while cell_len(text[start:]) > tail:
        start += 1
    return set_cell_size(text, room - tail).rstrip() + more + text[start:]


def cut_common(texts: Sequence[str], width: int, more: str = "…") -> list[str]:
    """Cut the beginning that all long texts share, but for a few characters, and then their ends.

    >>> cut_common(["logs/17/part-1.jsonl", "logs/17/part-2.jsonl", "x"], 8)
    ['…t-1.js…', '…t-2.js…', 'x']
    """
    from rich.cells import cell_len

    long = [text for text in texts if cell_len(text) > width]
    context = max(0, width // 2 - len(more) - 1)
    start = max(0, _shared_beginning(long) - context)
    return [cut_end(more + text[start:] if start and text in long else text, width, more) for text in texts]


def _shared_beginning(texts: Sequence[str]) -> int:
    """Return how many characters all texts begin with: as many as the least and the greatest text share."""
    if not texts:
        return 0
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(min(texts), max(texts), strict=False)))


def cut_all(texts: Sequence[str], width: int, more: str = "…") -> list[str]:
    """Cut the texts of a column, in the way that keeps most of different texts different: ends first, then middles.

    >>> cut_all(["Oslo", "Trondheim"], 5), cut_all(["part-0001", "part-0002"], 7)
    (['Oslo', 'Tron…'], ['par…001', 'par…002'])
    """
    ends = [cut_end(text, width, more) for text in texts]
    if ends == texts or len(set(ends)) == len(set(texts)):
        return ends
    middles = [cut_middle(text, width, more) for text in texts]
    return max(ends, middles, cut_common(texts, width, more), key=lambda cut: len(set(cut)))
