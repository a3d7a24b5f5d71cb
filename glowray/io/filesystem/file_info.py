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

    def is_same_content(self, other: FileInfo) -> bool:
        """Return whether two looks at a file saw the same content, as far as the store tells.

        Sizes must be equal. A strong tag decides alone, because mirrors of a file differ in its time. Otherwise times
        are compared in whole seconds, because headers have no fractions.

        >>> old = FileInfo("a", 3, mtime_ns=10**9)
        >>> old.is_same_content(FileInfo("a", 3, mtime_ns=10**9 + 5)), old.is_same_content(FileInfo("a", 3, mtime_ns=0))
        (True, False)
        """
        if _differ(self.size, other.size) or _differ(self.tag, other.tag):
            return False
        if self.tag is not None and self.tag == other.tag and not self.tag.startswith("W/"):
            return True
        times = (None if info.mtime_ns is None else info.mtime_ns // 10**9 for info in (self, other))
        return not _differ(*times)


def _differ(a: object, b: object) -> bool:
    """Return whether two facts are known and differ."""
    return a is not None and b is not None and a != b
