"""File systems of fsspec: memory://, and the stores that neither pyarrow nor this package serves."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from threading import Lock
from typing import IO, Any

from glowray.extras import check_extra
from glowray.io.filesystem.file_info import FileInfo
from glowray.io.filesystem.globs import is_visible
from glowray.io.filesystem.interface import COPY_BYTES, Input, Output
from glowray.io.filesystem.options import HiddenOptions
from glowray.io.filesystem.stores.ranged_input import RangedInput
from glowray.io.filesystem.stores.remote import RemoteFiles
from glowray.io.filesystem.stores.spooled_output import SpooledOutput

_creating = Lock()


@dataclass(frozen=True)
class FsspecFiles(RemoteFiles):
    """A file system of fsspec, with fsspec's options."""

    errors = (Exception,)  # The libraries behind fsspec have classes of their own.

    @classmethod
    def of(cls, url: str, options: Mapping[str, Any]) -> tuple[FsspecFiles, str]:
        """Return the file system of a URL, and the path in it. Login data in the URL become options.

        Raises ValueError for a scheme that fsspec does not know, ImportError if its package is missing.
        """
        scheme, _, rest = url.partition("://")
        kind = _class_of(scheme)
        found = {**kind._get_kwargs_from_urls(url), **options}
        place, slash, path = rest.partition("/")
        own = place.rpartition("@")[2]
        return cls(f"{scheme}://", HiddenOptions(found)), f"{scheme}://{own}{slash}{path}"

    def inner(self, path: str) -> str:
        """Return a path as fsspec's file system takes it."""
        found: str = _class_of(self.scheme)._strip_protocol(path)
        return found

    @property
    def scheme(self) -> str:
        """The part of a URL before `://`."""
        return self.root.removesuffix("://")

    def info(self, path: str) -> FileInfo | None:
        try:
            with self.naming(path):
                found = fresh(self).info(self.inner(path))
        except FileNotFoundError:
            return None
        return self._info(path.rstrip("/"), found)

    def list(self, folder: str, *, recursive: bool = True, visible: bool = False) -> Iterator[FileInfo]:
        inner = self.inner(folder)
        outer = self.root if folder == self.root else folder.rstrip("/") + "/"
        depth = None if recursive else 1
        try:
            with self.naming(folder):
                found = fresh(self).find(inner, maxdepth=depth, withdirs=not recursive, detail=True)
        except FileNotFoundError:
            return
        for name, each in found.items():
            path = outer + name[len(inner) :].lstrip("/")
            if name not in (inner, "") and not (visible and not is_visible(path, outer)):
                yield self._info(path, each)

    def open_input(self, path: str, seen: FileInfo | None = None) -> Input:
        files, inner = connected(self) if seen is None else fresh(self), self.inner(path)
        with self.naming(path):
            found = files.info(inner)
        self.check_same(path, seen, self._info(path, found))
        size = found["size"]

        def read_range(start: int, length: int) -> bytes:
            with self.naming(path):
                return bytes(files.cat_file(inner, start=start, end=start + length))

        return RangedInput(read_range, size, self.describe(path))

    def open_output(self, path: str) -> Output:
        return SpooledOutput(self.upload, path)

    def upload(self, content: IO[bytes], path: str) -> None:
        with self.naming(path):
            self._upload(self.inner(path), content)

    def delete(self, path: str) -> None:
        try:
            with self.naming(path):
                connected(self).rm_file(self.inner(path))
        except FileNotFoundError:
            return

    def delete_folder(self, path: str) -> None:
        if self.info(path) is not None:
            with self.naming(path):
                connected(self).rm(self.inner(path), recursive=True)

    def _upload(self, inner: str, content: IO[bytes]) -> None:
        file = connected(self).open(inner, "wb")
        try:
            shutil.copyfileobj(content, file, COPY_BYTES)
        except BaseException:
            file.discard()
            raise
        file.close()

    def _info(self, path: str, found: Mapping[str, Any]) -> FileInfo:
        is_folder = found["type"] == "directory"
        changed = found.get("mtime", found.get("created"))
        moment = changed.timestamp() if isinstance(changed, datetime) else changed
        mtime_ns = int(moment * 1e9) if isinstance(moment, (int, float)) else None
        return FileInfo(path, 0 if is_folder else found["size"], "folder" if is_folder else "file", mtime_ns)


@dataclass(frozen=True)
class MemoryFiles(FsspecFiles):
    """fsspec's files in the memory of this process."""

    @property
    def creates_once(self) -> bool:
        return True

    @property
    def is_in_process(self) -> bool:
        return True

    def create(self, path: str, data: bytes) -> None:
        with _creating:
            super().create(path, data)

    def _upload(self, inner: str, content: IO[bytes]) -> None:
        connected(self).pipe_file(inner, content.read())


@lru_cache(maxsize=64)
def connected(files: FsspecFiles) -> Any:
    """Return fsspec's file system of this process."""
    return _class_of(files.scheme)(**files.options.values)


def fresh(files: FsspecFiles) -> Any:
    """Return fsspec's file system without the listings that it remembers: a commit must see what others wrote."""
    found = connected(files)
    found.invalidate_cache()
    return found


def _class_of(scheme: str) -> Any:
    check_extra("fsspec", f"{scheme}://")
    import fsspec
    from fsspec.registry import known_implementations

    try:
        return fsspec.get_filesystem_class(scheme)
    except ImportError:
        hint = known_implementations[scheme].get("err", "")
        raise ImportError(f"{scheme}:// needs a package that is not installed: {hint}") from None
    except ValueError:
        raise ValueError(f"no file system is known for {scheme}://") from None
