"""The protocols between a task and the files that it writes. The driver's side is `glowray.io.commit.commit`."""

from __future__ import annotations

import os
import shutil
import uuid
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import IO, TYPE_CHECKING, Any, ClassVar, Protocol

from glowray.io.files.compression import CompressedFile, codec_of, decompressed
from glowray.io.files.folders import make_below_job, remove
from glowray.io.filesystem.interface import FileSystem
from glowray.io.filesystem.local import LOCAL
from glowray.io.filesystem.location import Location

if TYPE_CHECKING:
    import pyarrow as pa

    from glowray.functions import Function
    from glowray.rows import Block

ROWS_A_WRITE = 4096

Raw = bytes


Held = tuple[str, str]
"""The name of a type, and the text of a row that holds it."""


@dataclass(frozen=True, slots=True)
class Part:
    """A file that a task wrote under a temporary name, or a temporary folder of files with the final `names`."""

    index: int
    path: str
    rows: int
    bytes: int
    head: Raw = b""
    """The first bytes of the file on disk that a joined file must hold only once: the line of CSV column names."""
    names: tuple[str, ...] | None = None
    """The final names of the files in a folder; None for a file that is named after its number."""
    schema: Any = None
    """The columns that the file names, in the form of its format; None for a format without columns."""
    folder: str = ""
    """The folder in the target that the file goes to: `year=2013`, or "" for the target itself."""
    files: FileSystem = LOCAL
    """The file system of `path`."""
    sequence: int = 0
    """The number of earlier files that its task wrote for the same folder."""
    kinds: tuple[tuple[str, type], ...] = ()
    """The fields that name the folders of the task's files, each with the type of its values."""
    held: Mapping[str, Held] = field(default_factory=dict)
    """The type of each column of a format without types, with the first row that holds it."""
    lone: str | None = None
    """A row that a file of one column cannot hold, shown as text for an error; None if there is none.

    It is None in that column, whose CSV line would be blank. The part writes a line of two empty fields instead.
    """

    @property
    def location(self) -> Location:
        """The location of the file."""
        return Location(self.path, self.files)


class PartWriter(Protocol):
    """Writes the rows of one attempt of one partition. A writer that raises has already removed its files."""

    def write(self, rows: Iterable[Any]) -> None:
        """Write rows. It may be called any number of times."""

    def close(self) -> Part | None:
        """Finish and return the part; None if there are no rows and the format writes no empty file."""

    def abort(self) -> None:
        """Remove the written files. It may be called at any time, and twice."""


class BlockWriter(ABC):
    """A PartWriter that also takes rows as columns."""

    @abstractmethod
    def write_block(self, block: Block) -> None:
        """Write the rows of a block, with the same result as `write(block.rows())`."""


class PartsWriter(ABC):
    """Writes the rows of one attempt of one partition to several files."""

    @abstractmethod
    def parts(self) -> list[Part]:
        """Finish, and return the files. Files of one folder are in the order of their rows."""

    @abstractmethod
    def write(self, rows: Iterable[Any]) -> None:
        """Write rows, as a PartWriter does."""

    @abstractmethod
    def abort(self) -> None:
        """Remove what was written, as a PartWriter does."""


class Sink(Protocol):
    """A file format with its options: a frozen, picklable value."""

    @property
    def extension(self) -> str:
        """The suffix of part files: `.txt.gz`."""

    @property
    def joins(self) -> bool:
        """Whether the rows of all partitions can be joined in one file."""

    @property
    def needs_rows(self) -> bool:
        """Whether readers refuse a file without rows and column names. A commit then leaves out parts without rows."""

    def open(self, folder: str, index: int) -> PartWriter:
        """Return a writer of partition `index`, to a name in `folder` that no other attempt has."""

    def join(self, before: str | None, parts: Sequence[Part], path: str) -> None:
        """Write one file at `path`: the content of the file `before`, then the parts in order."""


class SchemaSink(ABC):
    """A Sink of a format whose files are read as one table, so all files of an output have one schema.

    A task writes a part with the schema of its own rows. If the parts differ, the driver finds the common schema. Tasks
    then rewrite the parts that have another schema.
    """

    @abstractmethod
    def common_schema(self, parts: Sequence[Part], kept: Sequence[Location], *, fixed: bool) -> Any:
        """Return the common schema of all parts and of the existing files `kept`, which are not rewritten if `fixed`.

        Raises an error that names the column if there is none, and the existing file that does not fit.
        """

    @abstractmethod
    def gives_way(self, file: Location) -> bool:
        """Return whether an existing file has no rows and would give readers wrong types.

        A job that appends rows to the folder removes the file.
        """

    @abstractmethod
    def has_schema(self, part: Part, schema: Any) -> bool:
        """Return whether a part already has this schema."""

    @abstractmethod
    def rewrite(self, part: Part, folder: str, schema: Any) -> Part:
        """Write the rows of a part again, in this schema, to a new name in `folder`. Return the new part."""


class TypedSink(ABC):
    """A Sink of a format that stores the types of values."""

    @abstractmethod
    def keeping(self, types: pa.Schema) -> Sink:
        """Return the sink for rows whose columns have these types in their source. The files keep the types."""


@dataclass(frozen=True)
class LineSink:
    """The part of a Sink that all formats of lines share: compression, suffix, and joining files."""

    compression: str | None = None
    suffix: ClassVar[str]
    """The suffix of files that are not compressed."""

    @property
    def extension(self) -> str:
        return self.suffix + (f".{self.compression}" if self.compression else "")

    @property
    def joins(self) -> bool:
        return True

    def join(self, before: str | None, parts: Sequence[Part], path: str) -> None:
        join_lines(before, parts, path)


class CallingSink(ABC):
    """A Sink that calls functions of the user's."""

    @property
    @abstractmethod
    def functions(self) -> tuple[Function, ...]:
        """Return the functions that the writer calls."""


class Encoder(Protocol):
    """Encodes rows as bytes of a file."""

    def encode(self, rows: list[Any]) -> bytes: ...

    def head(self) -> bytes:
        """Return the first bytes of the file. Called once, after the first rows are encoded or at the end."""


class FileWriter:
    """Writes one file of encoded rows."""

    def __init__(self, folder: str, index: int, codec: str | None, encoder: Encoder, extension: str = "") -> None:
        self._path = temporary_path(folder, index) + extension
        self._index = index
        self._encoder = encoder
        self._file = CompressedFile(self._path, codec)
        self._rows = 0
        self._head_bytes: int | None = None

    def write(self, rows: Iterable[Any]) -> None:
        rest = iter(rows)
        try:
            while batch := list(islice(rest, ROWS_A_WRITE)):
                data = self._encoder.encode(batch)
                self._begin()
                self._file.write(data)
                self._rows += len(batch)
        except BaseException as error:
            self._failed(error)
            raise

    def write_encoded(self, pieces: Iterable[Any], rows: int) -> None:
        """Write `rows` rows, which are encoded in the buffers `pieces`."""
        try:
            self._begin()
            for data in pieces:
                self._file.write(data)
            self._rows += rows
        except BaseException as error:
            self._failed(error)
            raise

    def close(self) -> Part:
        try:
            self._begin()
            size = self._file.close()
            with open(self._path, "rb") as file:
                head = file.read(self._head_bytes)
        except BaseException as error:
            self._failed(error)
            raise
        return Part(self._index, self._path, self._rows, size, head)

    def abort(self) -> None:
        self._file.discard()
        remove(self._path)

    def _failed(self, error: BaseException) -> None:
        self.abort()
        if isinstance(error, OSError) and error.filename is None:
            error.filename = self._path  # The error of a full disk names no file.

    def _begin(self) -> None:
        if self._head_bytes is None:
            head = self._encoder.head()
            self._head_bytes = 0
            if head:
                self._file.write(head)
                self._head_bytes = self._file.end_member()


def temporary_path(folder: str, index: int) -> str:
    """Make `folder` if it is missing, and return a new path in it. No later attempt writes to the same path.

    Raises FileNotFoundError if the job has ended.
    """
    make_below_job(folder)
    return os.path.join(folder, f"{index:05d}-{uuid.uuid4().hex}")


def join_lines(before: str | None, parts: Sequence[Part], path: str) -> None:
    """Join files of lines, compressed or not. Only the head of the first file is kept.

    Raises ValueError if the heads differ.
    """
    full = [part for part in parts if part.rows] or list(parts[:1])
    head = next((part.head for part in full if part.head), b"")
    with open(path, "xb") as target:
        begun = before is not None and _copy_before(before, head, target)
        for part in full:
            if part.head != head:
                raise ValueError(f"partition {part.index} has other columns than those before: name all in columns=")
            with open(part.path, "rb") as source:
                source.seek(len(head) if begun else 0)
                shutil.copyfileobj(source, target, 1 << 20)
            begun = True


def _copy_before(before: str, head: bytes, target: IO[bytes]) -> bool:
    """Copy the file that rows are appended to, and end its last line. Return False if it is empty."""
    codec = codec_of(before)
    with open(before, "rb") as source:
        begin = source.read(len(head) or 1)
        if not begin or (codec and not any(decompressed(Location(before), codec, 1))):
            return False
        if head and begin != head:
            raise ValueError(f'the columns of "{before}" are not those of the rows to append')
        target.write(begin)
        shutil.copyfileobj(source, target, 1 << 20)
        source.seek(-1, os.SEEK_END)
        if codec is None and source.read() != b"\n":
            target.write(b"\n")
    return True
