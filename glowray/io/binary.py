"""Whole files as rows of (path, content), and back."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from glowray.arguments import StorageOptions
from glowray.io.files.compression import CompressedFile, codec_of, decompressed
from glowray.io.files.folders import make_below_job, remove
from glowray.io.files.paths import File, Paths, expand, path_names
from glowray.io.files.splits import place, weight_of
from glowray.io.filesystem.location import Location
from glowray.io.reader import PartitionedReader, check_partitions, source_label
from glowray.io.sink import Part, temporary_path

_BLOCK_BYTES = 1 << 20


@dataclass(frozen=True)
class BinaryReader(PartitionedReader):
    """Whole files, a row each, read as they are asked for."""

    label: str
    partitions: tuple[tuple[File, ...], ...]
    decompress: bool
    estimated_bytes: int

    def read(self, index: int) -> Iterator[Iterator[tuple[str, bytes]]]:
        yield ((file.name, self._content(file.location)) for file in self.partitions[index])

    def _content(self, location: Location) -> bytes:
        codec = codec_of(location.plain_path) if self.decompress else None
        if codec:
            return b"".join(decompressed(location, codec, _BLOCK_BYTES))
        return location.read()


def binary_reader(
    paths: Paths,
    partitions: int | None = None,
    *,
    decompress: bool = True,
    storage_options: StorageOptions = None,
) -> BinaryReader:
    """Return a reader of whole files: rows of the path as the user spelt it and the content as bytes.

    >>> [(path, len(content) > 0) for row in binary_reader("/etc/passwd").read(0) for path, content in row]
    [('/etc/passwd', True)]

    Files whose names end in .gz, .bz2, .zst or .xz are decompressed, unless `decompress` is False.
    """
    check_partitions(partitions)
    files = expand(paths, storage_options)
    sizes = [weight_of(file) if decompress else file.size for file in files]
    slices = place(files, sizes, partitions)
    return BinaryReader(source_label("read_binary", path_names(paths, storage_options)), slices, decompress, sum(sizes))


@dataclass(frozen=True)
class BinarySink:
    """Writes each row (name, content) as a file of that name. With `compression` the name gets its suffix."""

    compression: str | None = None

    @property
    def extension(self) -> str:
        return f".{self.compression}" if self.compression else ""

    @property
    def joins(self) -> bool:
        return False

    @property
    def needs_rows(self) -> bool:
        return False

    def open(self, folder: str, index: int) -> BinaryWriter:
        return BinaryWriter(folder, index, self.compression)

    def join(self, before: str | None, parts: Sequence[Part], path: str) -> None:
        raise ValueError("files of their own names cannot be joined into one")


class BinaryWriter:
    """Writes the files of one partition into a temporary folder."""

    def __init__(self, folder: str, index: int, codec: str | None) -> None:
        self._folder = temporary_path(folder, index)
        self._index = index
        self._codec = codec
        self._names: dict[str, None] = {}
        self._size = 0
        os.mkdir(self._folder)

    def write(self, rows: Iterable[Any]) -> None:
        try:
            for row in rows:
                self._write(row)
        except BaseException:
            self.abort()
            raise

    def close(self) -> Part:
        return Part(self._index, self._folder, len(self._names), self._size, names=tuple(self._names))

    def abort(self) -> None:
        remove(self._folder)

    def _write(self, row: Any) -> None:
        name, content = _checked(row)
        if self._codec:
            name = f"{name}.{self._codec}"
        if name in self._names:
            raise ValueError(f'two rows are to be written to the one file "{name}"')
        path = os.path.join(self._folder, name)
        make_below_job(os.path.dirname(path))
        file = CompressedFile(path, self._codec)
        try:
            file.write(content)
            self._size += file.close()
        except BaseException:
            file.discard()
            raise
        self._names[name] = None


def _checked(row: Any) -> tuple[str, bytes]:
    """Return a row as (name, content).

    Raises TypeError or ValueError unless the name is inside the target and readers would not skip it.
    """
    if not isinstance(row, tuple) or len(row) != 2:
        raise TypeError(f"write_binary() needs rows of (name, bytes), not {row!r:.200}")
    name, content = row
    if not isinstance(name, str) or not isinstance(content, bytes):
        raise TypeError(f"write_binary() needs rows of (str, bytes), not ({name!r:.200}, {type(content).__name__})")
    if not name or posixpath.isabs(name) or posixpath.normpath(name) != name or name.startswith("../") or name == "..":
        raise ValueError(f'"{name}" is no name of a file inside the target: map it to one, such as os.path.basename()')
    if any(part.startswith(("_", ".")) for part in name.split("/")) or "\0" in name:
        raise ValueError(f'a file "{name}" would not be read again: a name must not start with "_" or "."')
    return name, content
