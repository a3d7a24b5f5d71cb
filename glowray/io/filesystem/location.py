"""A file system and a path in it, as one value."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from glowray.io.filesystem.file_info import FileInfo
from glowray.io.filesystem.interface import FileSystem, Input
from glowray.io.filesystem.local import LOCAL


@dataclass(frozen=True, slots=True)
class Location:
    """The place of a file. `str()` gives the path as errors and labels show it, without credentials.

    If `seen` has the facts of a file when it was listed, opening it later raises GlowrayError if it has changed since.
    The tasks of a job then never read two contents of one file.

    >>> str(Location("/etc/passwd"))
    '/etc/passwd'
    """

    path: str
    files: FileSystem = LOCAL
    seen: FileInfo | None = None

    def __str__(self) -> str:
        return self.files.describe(self.path)

    def __repr__(self) -> str:
        return f"<{self}>"

    def open(self) -> Input:
        """Open the file for reading."""
        return self.files.open_input(self.path, self.seen)

    def open_arrow(self) -> AbstractContextManager[Any]:
        """Return a `with` block that gives what pyarrow's readers open."""
        return self.files.arrow_input(self.path, self.seen)

    def info(self) -> FileInfo | None:
        """Return the kind, size and time of the file or folder; None if there is none."""
        return self.files.info(self.path)

    def read(self) -> bytes:
        """Return the content of a file."""
        with self.open() as file:
            return file.read() or b""

    @property
    def plain_path(self) -> str:
        """The path whose suffix tells the format: without the query of a URL."""
        return self.path if self.files.has_globs else self.path.partition("?")[0]

    def at(self, path: str) -> Location:
        """Return another path in the same file system."""
        return Location(path, self.files)
