"""The base of the stores that pyarrow serves: S3, Google Cloud Storage, Azure and HDFS."""

from __future__ import annotations

import shutil
from abc import abstractmethod
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import IO, Any

import pyarrow as pa
import pyarrow.fs as pafs

from glowray.io.filesystem.file_info import FileInfo
from glowray.io.filesystem.globs import is_visible
from glowray.io.filesystem.interface import COPY_BYTES, Input, Output
from glowray.io.filesystem.stores.ranged_input import RangedInput
from glowray.io.filesystem.stores.remote import RemoteFiles
from glowray.io.filesystem.stores.spooled_output import SpooledOutput

_KINDS: dict[Any, Any] = {pafs.FileType.File: "file", pafs.FileType.Directory: "folder"}


@dataclass(frozen=True)
class ArrowFiles(RemoteFiles):
    """A file system of pyarrow. Each process connects when it first needs it."""

    errors = (OSError, pa.ArrowException)

    @abstractmethod
    def connect(self) -> Any:
        """Return pyarrow's file system."""

    def inner(self, path: str) -> str:
        """Return a path as pyarrow takes it: `bucket/key`."""
        return path.removeprefix(self.root).rstrip("/")

    def outer(self, path: str) -> str:
        """Return pyarrow's path as a URL."""
        return self.root + path

    def info(self, path: str) -> FileInfo | None:
        with self.naming(path):
            found = connected(self).get_file_info(self.inner(path))
        return None if found.type == pafs.FileType.NotFound else self._info(found)

    def list(self, folder: str, *, recursive: bool = True, visible: bool = False) -> Iterator[FileInfo]:
        selector = pafs.FileSelector(self.inner(folder), recursive=recursive, allow_not_found=True)
        with self.naming(folder):
            found = connected(self).get_file_info(selector)
        found.reverse()
        while found:  # A million keys take half a gigabyte, so pyarrow's facts are dropped one by one.
            info = self._info(found.pop())
            if (info.kind == "file" or not recursive) and not (visible and not is_visible(info.path, folder)):
                yield info

    def open_input(self, path: str, seen: FileInfo | None = None) -> Input:
        with self.naming(path):
            file = connected(self).open_input_file(self.inner(path))
            size = file.size()
            changed = None if seen is None else file.metadata().get("Last-Modified")
        if seen is not None:
            now = FileInfo(path, size, mtime_ns=_mtime_ns(changed)) if changed else self.info(path)
            self.check_same(path, seen, now)

        def read_range(start: int, length: int) -> bytes:
            with self.naming(path):
                data: bytes = file.read_at(length, start)
            return data

        return RangedInput(read_range, size, self.describe(path))

    def open_output(self, path: str) -> Output:
        return SpooledOutput(self.upload, path)

    def upload(self, content: IO[bytes], path: str) -> None:
        # pyarrow completes an upload whatever closes its file. No KeyboardInterrupt reaches another thread.
        with self.naming(path), ThreadPoolExecutor(1) as thread:
            thread.submit(self._copy, content, path).result()

    def delete(self, path: str) -> None:
        if self.info(path) is not None:
            with self.naming(path):
                connected(self).delete_file(self.inner(path))

    def delete_folder(self, path: str) -> None:
        if self.info(path) is not None:
            with self.naming(path):
                connected(self).delete_dir(self.inner(path))

    def _copy(self, content: IO[bytes], path: str) -> None:
        with self._output(path) as file:
            shutil.copyfileobj(content, file, COPY_BYTES)

    def _output(self, path: str) -> Any:
        # By default pyarrow would compress a file that is named .gz.
        return connected(self).open_output_stream(self.inner(path), compression=None)

    def _info(self, info: Any) -> FileInfo:
        kind = _KINDS.get(info.type, "other")
        return FileInfo(self.outer(info.path), info.size or 0, kind, info.mtime_ns)


def _mtime_ns(changed: bytes) -> int:
    """Return the time in the headers of S3: b"2026-12-01T13:06:40Z"."""
    return int(datetime.fromisoformat(changed.decode()).timestamp()) * 10**9


@lru_cache(maxsize=64)
def connected(files: ArrowFiles) -> Any:
    """Return pyarrow's file system of this process."""
    return files.connect()
