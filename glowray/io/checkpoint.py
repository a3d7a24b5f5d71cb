"""Checkpoint files: pickled blocks. Each has a signature, which is checked before the block is unpickled."""

from __future__ import annotations

import hashlib
import hmac
import os
import pickle
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from glowray.errors import DamagedFile
from glowray.io.files.paths import File, expand, path_names
from glowray.io.filesystem.location import Location
from glowray.io.reader import FileReader
from glowray.io.sink import FileWriter, Part
from glowray.rows import Block

EXTENSION = ".glowray"
HEADER = struct.Struct("<Q32s")  # the length of the record's data in bytes, and its HMAC-SHA256
END = b"end"


@dataclass(frozen=True)
class CheckpointSink:
    """Writes rows as signed records, a block each. The key is never written to the folder."""

    key: bytes = field(repr=False)

    @property
    def extension(self) -> str:
        return EXTENSION

    @property
    def joins(self) -> bool:
        return False

    @property
    def needs_rows(self) -> bool:
        return False

    def open(self, folder: str, index: int) -> FileWriter:
        return CheckpointWriter(folder, index, CheckpointEncoder(self.key, index))

    def join(self, before: str | None, parts: Sequence[Part], path: str) -> None:
        raise ValueError("a checkpoint is a folder, not a single file")


class CheckpointEncoder:
    """Encodes batches of rows as records. A signature covers the data, the partition and the record's place."""

    def __init__(self, key: bytes, index: int) -> None:
        self.key, self.index, self.place = key, index, 0

    def head(self) -> bytes:
        return b""

    def encode(self, rows: list[Any]) -> bytes:
        return self.record(pickle.dumps(Block.from_rows(rows), protocol=4))

    def record(self, data: bytes) -> bytes:
        """Return the next record: a signed header and the data."""
        signed = HEADER.pack(len(data), signature(self.key, self.index, self.place, data)) + data
        self.place += 1
        return signed


class CheckpointWriter(FileWriter):
    """Ends each file with an END record, so that a reader notices a file that is cut short."""

    def __init__(self, folder: str, index: int, encoder: CheckpointEncoder) -> None:
        super().__init__(folder, index, None, encoder)
        self._records = encoder

    def close(self) -> Part:
        self._file.write(self._records.record(END))
        return super().close()


@dataclass(frozen=True)
class CheckpointReader(FileReader):
    """Reads the rows of a checkpoint, a file a partition. A block is unpickled after its signature is checked."""

    folder: str
    files: tuple[File, ...]
    key: bytes = field(repr=False)

    @property
    def label(self) -> str:
        return f'checkpoint("{self.folder}")'

    @property
    def num_partitions(self) -> int:
        return len(self.files)

    @property
    def estimated_bytes(self) -> int:
        return sum(file.size for file in self.files)

    @property
    def locations(self) -> tuple[Location, ...]:
        return tuple(file.location for file in self.files)

    def read(self, index: int) -> Iterator[list[Any]]:
        path = self.files[index].location
        with path.open() as source, source.buffered() as file:
            left = source.size()
            for place, data in enumerate(iter(lambda: _record(file, left - file.tell(), path), b"")):
                header, body = data[: HEADER.size], data[HEADER.size :]
                _, signed = HEADER.unpack(header)
                if not hmac.compare_digest(signed, signature(self.key, index, place, body)):
                    raise DamagedFile(f"{path} was not written by this user's checkpoint(), or has changed since")
                if body == END:
                    return
                yield from pickle.loads(body).morsels()
        raise DamagedFile(f"{path} is cut short")


def _record(file: BinaryIO, left: int, path: Location) -> bytes:
    """Return the next record, header included, from a file with `left` more bytes; b"" at its end."""
    header = file.read(HEADER.size)
    if not header:
        return b""
    if len(header) == HEADER.size:
        length, _ = HEADER.unpack(header)
        if length <= left - HEADER.size:
            return header + file.read(length)
    raise DamagedFile(f"{path} is cut short")


def checkpoint_reader(
    folder: str | os.PathLike[str], key: bytes, storage_options: Mapping[str, Any] | None = None
) -> CheckpointReader:
    """Return a reader of the part files of a checkpoint, in order of their names."""
    found = expand(folder, storage_options)
    files = tuple(file for file in found if file.location.path.endswith(EXTENSION))
    return CheckpointReader(path_names(folder, storage_options)[0], files, key)


def signature(key: bytes, index: int, place: int, data: bytes) -> bytes:
    """Return the HMAC-SHA256 (RFC 2104) of a record's data, its partition and its place.

    A reader so notices records that were swapped or left out.
    """
    return hmac.digest(key, struct.pack("<QQ", index, place) + hashlib.sha256(data).digest(), "sha256")
