"""Byte ranges of a text file, by which the hand-written programs divide a file among processes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

CHUNK = 1 << 20

ByteRange: TypeAlias = tuple[Path, int, int]


def byte_ranges(path: Path, count: int) -> list[ByteRange]:
    """Return `count` ranges of about equal length. A line belongs to the range that holds its first byte."""
    size = path.stat().st_size
    edges = [size * i // count for i in range(count + 1)]
    return [(path, edges[i], edges[i + 1]) for i in range(count)]


def lines_of(part: ByteRange) -> Iterator[list[str]]:
    """Yield the lines of a byte range in lists of about a megabyte.

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
            # Reading one byte less than is left ends inside the last line of the range, not after it.
            lines = (file.read(min(CHUNK, left) - 1) + file.readline()).decode().split("\n")
            if not lines[-1]:
                lines.pop()
            yield lines
