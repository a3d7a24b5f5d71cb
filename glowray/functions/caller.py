"""Find the user's line that called into glowray, and spell a line in a message."""

from __future__ import annotations

import os
import re
import sys
from types import FrameType

from glowray.boundary import is_framework

_NOTEBOOK_CELL = re.compile(r"[\\/]ipykernel_\d+[\\/]\d+\.py$")
_NUMBERED_CELL = re.compile(r"<ipython-input-(\d+)-\w+>$")


def user_site() -> tuple[str, int]:
    """Return (file, line) of the innermost frame that is not glowray's or Ray's: the user's call into glowray.

    Doctests, `python -c` and the prompt have files such as `<stdin>`. A thread that runs only glowray has `<unknown>`.
    """
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if not is_framework(frame.f_code):
            return frame.f_code.co_filename, frame.f_lineno
        frame = frame.f_back
    return "<unknown>", 0


def short_site(filename: str, lineno: int) -> str:
    """Return a place as plans and messages show it: the file's name and the line.

    >>> short_site("/home/ada/jobs/word_count.py", 12)
    'word_count.py:12'
    >>> short_site("/var/run/ipykernel_71/1839201.py", 2), short_site("<ipython-input-3-1f2e>", 2)
    ('cell line 2', 'cell 3 line 2')
    >>> short_site("<stdin>", 1), short_site("<doctest notes.md[4]>", 1)
    ('<stdin>:1', '<doctest notes.md[4]>:1')
    """
    name = filename if filename.startswith("<") else os.path.basename(filename)
    return _cell(filename, lineno) or f"{name}:{lineno}"


def full_site(filename: str, lineno: int) -> str:
    """Return a place with its full path, which terminals and editors turn into a link. Cells are as in `short_site`."""
    return _cell(filename, lineno) or f"{filename}:{lineno}"


def _cell(filename: str, lineno: int) -> str | None:
    if numbered := _NUMBERED_CELL.match(filename):
        return f"cell {numbered[1]} line {lineno}"
    return f"cell line {lineno}" if _NOTEBOOK_CELL.search(filename) else None
