"""The interface of file systems. Readers, writers and the commit use files through it alone."""

from __future__ import annotations

import io
import shutil
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from types import TracebackType
from typing import IO, Any

from glowray.io.filesystem.file_info import FileInfo
from glowray.io.filesystem.globs import matching_files

COPY_BYTES = 8 << 20


class Input(io.RawIOBase):
    """A file that is open for reading. A read returns fewer bytes than asked for only at the end of the file.

    It can be seeked, wrapped by `io.BufferedReader`, and given to pyarrow.
    """

    @abstractmethod
    def size(self) -> int:
        """Return the size of the file in bytes."""

    def will_read(self, start: int = 0, stop: int | None = None) -> None:
        """Say that the bytes [start, stop) are read next, in order. A store then gives them in few requests."""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readall(self) -> bytes:
        return self.read() or b""

    def readinto(self, buffer: Any, /) -> int:
        view = memoryview(buffer).cast("B")
        data = self.read(len(view)) or b""
        view[: len(data)] = data
        return len(data)

    def buffered(self) -> io.BufferedReader:
        """Return a reader of this file, which is read in order."""
        self.will_read()
        return io.BufferedReader(self)


class Output(ABC):
    """A file that is open for writing. Readers see it whole after `close()`, and never before.

    A `with` block closes the file, or aborts it after an exception. pyarrow can write to it.
    """

    @abstractmethod
    def write(self, data: Any, /) -> int:
        """Append bytes, or another object with the buffer protocol. Return how many bytes were written."""

    @abstractmethod
    def tell(self) -> int:
        """Return how many bytes were written."""

    @abstractmethod
    def close(self) -> None:
        """Make the file visible under its path. It replaces a file that is there. A second call does nothing."""

    @abstractmethod
    def abort(self) -> None:
        """Drop everything that was written. After `close()` it does nothing."""

    @property
    @abstractmethod
    def closed(self) -> bool:
        """Whether `close()` or `abort()` was called."""

    def flush(self) -> None:
        """Do nothing. pyarrow calls it."""
        return

    def writable(self) -> bool:
        """Return True. pyarrow asks for it."""
        return True

    def __enter__(self) -> Output:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if error is None:
            self.close()
        else:
            self.abort()


class FileSystem(ABC):
    """A file system. It is a frozen value that can be pickled. It holds credentials, which it never shows.

    A path is the whole URL, such as `s3://bucket/folder/a.csv`, without credentials; of the local disk it is a plain
    path. `/` separates its parts. Errors show a path by `describe`.

    Methods raise FileNotFoundError for a path that does not exist, PermissionError for one that the store refuses, and
    OSError if the store fails. The error names the path. It has no cause, because the text of a library's error may
    hold credentials.
    """

    @property
    def renames(self) -> bool:
        """Whether `rename` moves a file or a folder in one step that is whole or not done."""
        return False

    @property
    def creates_once(self) -> bool:
        """Whether, of two processes that `create` one path at once, one gets FileExistsError."""
        return False

    def refuses_second(self, path: str) -> bool:
        """Return whether the store keeps the promise of `creates_once`. `path` is a small file that is there.

        A store may ignore the condition of a request, or not know it.
        """
        return self.creates_once

    @property
    def is_local(self) -> bool:
        """Whether files are on disks of this machine, which other machines may not see."""
        return False

    @property
    def is_in_process(self) -> bool:
        """Whether only this process sees the files."""
        return False

    @property
    def has_globs(self) -> bool:
        """Whether `*`, `?` and `[…]` in a path are patterns. If not, folders cannot be listed either."""
        return True

    @abstractmethod
    def info(self, path: str) -> FileInfo | None:
        """Return kind, size and time of the file or folder at a path, or None. A prefix of keys is a folder."""

    def why_missing(self, path: str) -> str:
        """Return a reason why nothing is at a path, as the end of a sentence: `: there is no bucket "b"`; or ""."""
        return ""

    @abstractmethod
    def list(self, folder: str, *, recursive: bool = True, visible: bool = False) -> Iterator[FileInfo]:
        """Yield the files below a folder, in any order. Their paths begin with `folder` and "/".

        Args:
            folder: a path. Nothing is yielded if it does not exist or is a file.
            recursive: whether to yield the files of all subfolders too. If not, the subfolders themselves are yielded.
            visible: whether to leave out names that begin with "_" or ".", and all that is below folders so named.
        """

    def glob(self, pattern: str) -> Iterator[FileInfo]:
        """Yield the files that a pattern matches, in any order. Unless it holds `**`, those below matched folders too.

        Below a folder names that begin with "_" or "." are left out.
        """
        return matching_files(pattern, lambda folder, recursive: self.list(folder, recursive=recursive))

    @abstractmethod
    def open_input(self, path: str, seen: FileInfo | None = None) -> Input:
        """Open a file for reading from any byte.

        Raises GlowrayError if the content is not the one whose facts are `seen`. Local disks do not look at `seen`.
        """

    @abstractmethod
    def open_output(self, path: str) -> Output:
        """Begin a file. Folders that are missing are made where the store has folders."""

    def upload(self, content: IO[bytes], path: str) -> None:
        """Write a file with the rest of another, which is open on this machine."""
        with self.open_output(path) as file:
            shutil.copyfileobj(content, file, COPY_BYTES)

    def abort_uploads(self, folder: str, is_wanted: Callable[[str], bool]) -> None:
        """Drop the uploads below a folder that were begun and never completed, if `is_wanted(path)` is true.

        Stores that forget such uploads, or that cost nothing for them, do nothing.
        """
        return

    @abstractmethod
    def create(self, path: str, data: bytes) -> None:
        """Write a small file in one step. Raises FileExistsError if the path exists.

        If `creates_once` is False, another process may create the path at the same moment, and the last one wins.
        """

    @abstractmethod
    def delete(self, path: str) -> None:
        """Delete a file. Nothing happens if it does not exist."""

    @abstractmethod
    def delete_folder(self, path: str) -> None:
        """Delete a folder with everything below it. Nothing happens if it does not exist."""

    @abstractmethod
    def rename(self, old: str, new: str) -> None:
        """Move a file or folder, which replaces a file that is there. Raises OSError unless `renames` is True."""

    def absolute(self, path: str) -> str:
        """Return the path that means the same file in another process."""
        return path

    def arrow_input(self, path: str, seen: FileInfo | None = None) -> AbstractContextManager[Any]:
        """Return a `with` block that gives what pyarrow's readers open: a file, or a path of the local disk."""
        return self.open_input(path, seen)

    def describe(self, path: str) -> str:
        """Return a path for errors and labels, without credentials."""
        return path
