"""The facts that a file system tells of a path."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["file", "folder", "other"]


@dataclass(frozen=True, slots=True)
class FileInfo:
    """The facts about a path that its file system tells.

    Args:
        path: the path, as the methods of the file system take it.
        size: bytes of a file; 0 for a folder. None if the store does not tell before the file is read.
        kind: "other" can be read only once, such as a pipe.
        mtime_ns: the time of the last change in nanoseconds since 1970, None if the store does not tell.
        tag: a text that changes with the file, such as an ETag; None if the store gives none.
        has_ranges: whether the file can be read from any byte. If not, reading begins at byte 0.
    """

    path: str
    size: int | None
    kind: Kind = "file"
    mtime_ns: int | None = None
    has_ranges: bool = True
    tag: str | None = None
