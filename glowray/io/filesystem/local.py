"""The files of this machine, and of folders that it shares. No other module uses `os` for data files."""

from __future__ import annotations

import contextlib
import glob
import io
import os
import shutil
import stat
import uuid
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from glowray.io.filesystem.file_info import FileInfo, Kind
from glowray.io.filesystem.globs import DEEP
from glowray.io.filesystem.interface import FileSystem, Input, Output


@dataclass(frozen=True, slots=True)
class LocalFiles(FileSystem):
    """The local file system."""

    @property
    def renames(self) -> bool:
        return True

    @property
    def creates_once(self) -> bool:
        return True

    @property
    def is_local(self) -> bool:
        return True

    def info(self, path: str) -> FileInfo | None:
        try:
            return _info(path, os.stat(path))
        except (FileNotFoundError, NotADirectoryError):
            return None

    def list(self, folder: str, *, recursive: bool = True, visible: bool = False) -> Iterator[FileInfo]:
        if os.path.isdir(folder):
            yield from _below(folder, recursive, visible, frozenset())

    def glob(self, pattern: str) -> Iterator[FileInfo]:
        for match in glob.iglob(pattern, recursive=True):
            info = self.info(match)
            if info is not None and info.kind == "file":
                yield info
            elif info is not None and info.kind == "folder" and DEEP not in pattern.split("/"):
                yield from self.list(match, visible=True)

    def absolute(self, path: str) -> str:
        return os.path.abspath(path)

    def arrow_input(self, path: str, seen: FileInfo | None = None) -> contextlib.AbstractContextManager[str]:
        return contextlib.nullcontext(path)

    def open_input(self, path: str, seen: FileInfo | None = None) -> Input:
        return LocalInput(path, "rb")

    def open_output(self, path: str) -> Output:
        return _LocalOutput(path)

    def create(self, path: str, data: bytes) -> None:
        hidden = _hidden_beside(path)
        try:
            with open(hidden, "xb") as file:
                file.write(data)
            os.link(hidden, path)
        except OSError as error:
            if isinstance(error, FileExistsError) or os.path.lexists(path):
                raise FileExistsError(f'"{path}" is there already') from None
            _create_without_links(path, data)
        finally:
            _unlink(hidden)

    def delete(self, path: str) -> None:
        _unlink(path)

    def delete_folder(self, path: str) -> None:
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(path)

    def rename(self, old: str, new: str) -> None:
        os.makedirs(os.path.dirname(new) or ".", exist_ok=True)
        os.replace(old, new)


LOCAL = LocalFiles()


class LocalInput(io.FileIO, Input):
    """A local file that is open for reading."""

    def size(self) -> int:
        return os.fstat(self.fileno()).st_size


class _LocalOutput(Output):
    """Writes a hidden file beside the path, and renames it at the end."""

    def __init__(self, path: str) -> None:
        self._path, self._hidden = path, _hidden_beside(path)
        self._file = open(self._hidden, "xb")  # noqa: SIM115  (open until close() or abort())

    def write(self, data: Any, /) -> int:
        return self._file.write(data)

    def tell(self) -> int:
        return self._file.tell()

    def close(self) -> None:
        if self._file.closed:
            return
        try:
            self._file.close()
            os.replace(self._hidden, self._path)
        except BaseException:
            _unlink(self._hidden)
            raise

    def abort(self) -> None:
        if self._file.closed:
            return
        with contextlib.suppress(OSError):  # Bytes that cannot be written are not wanted.
            self._file.close()
        _unlink(self._hidden)

    @property
    def closed(self) -> bool:
        return self._file.closed


def unseen(paths: Collection[str]) -> list[str]:
    """Return the paths that do not exist on this machine."""
    return [path for path in paths if not os.path.exists(path)]


def _hidden_beside(path: str) -> str:
    """Return a new name in the folder of a path, which readers skip. The folder is made if it is missing."""
    folder, name = os.path.split(path)
    os.makedirs(folder or ".", exist_ok=True)
    return os.path.join(folder, f".{name[:200]}-{uuid.uuid4().hex}")


def _create_without_links(path: str, data: bytes) -> None:
    """Create a file where the disk has no hard links."""
    try:
        with open(path, "xb") as file:
            file.write(data)
    except FileExistsError:
        raise FileExistsError(f'"{path}" is there already') from None


def _unlink(path: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)


def _below(folder: str, recursive: bool, visible: bool, above: frozenset[tuple[int, int]]) -> Iterator[FileInfo]:
    """Yield the files below a folder. Links to folders are followed, except links back to a folder above."""
    status = os.stat(folder)
    here = (status.st_dev, status.st_ino)
    if here in above:
        return
    with os.scandir(folder) as entries:
        for entry in entries:
            if visible and entry.name.startswith(("_", ".")):
                continue
            if recursive and entry.is_dir():
                yield from _below(entry.path, recursive, visible, above | {here})
            elif (info := _entry(entry)) is not None:
                yield info


def _entry(entry: os.DirEntry[str]) -> FileInfo | None:
    """Return the kind, size and time of an entry; None for a broken link or a file that is gone."""
    try:
        info = _info(entry.path, entry.stat())
    except FileNotFoundError:
        return None
    return None if info.kind == "other" else info


def _info(path: str, status: os.stat_result) -> FileInfo:
    if stat.S_ISDIR(status.st_mode):
        return FileInfo(path, 0, "folder", status.st_mtime_ns)
    kind: Kind = "file" if stat.S_ISREG(status.st_mode) else "other"
    return FileInfo(path, status.st_size, kind, status.st_mtime_ns)
