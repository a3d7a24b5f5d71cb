"""Byte ranges of a text file: how the hand-written programs share a file among processes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

CHUNK = 1 << 20

ByteRange: TypeAlias = tuple[Path, int, int]


def byte_ranges(path: Path, count: int) -> list[ByteRange]:
    """`count` ranges of about the same length; a line belongs to the range its first byte lies in."""
    size = path.stat().st_size
    edges = [size * i // count for i in range(count + 1)]
    return [(path, edges[i], edges[i + 1]) for i in range(count)]


def lines_of(part: ByteRange) -> Iterator[list[str]]:
    """The lines of a byte range, about a megabyte of them at a time.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "few")
    >>> _ = path.write_text("ab\\ncd\\n\\nef")
    >>> [[line for lines in lines_of(part) for line in lines] for part in byte_ranges(path, 3)]
    [['ab'], ['cd'], ['', 'ef']]
    """
    path, start, stop = part
    with path.open("rb") as file:
        if start:
            file.seek(start - 1)
            file.readline()
        while (left := stop - file.tell()) > 0:
            # One byte less than is left: the rest of its line is then this range's, and the next line is not.
            lines = (file.read(min(CHUNK, left) - 1) + file.readline()).decode().split("\n")
            if not lines[-1]:
                lines.pop()
            yield lines
