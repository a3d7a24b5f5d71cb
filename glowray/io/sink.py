"""The seam between a task and the files it writes; the driver's side of it is `glowray.io.commit`."""

from __future__ import annotations

import os
import shutil
import uuid
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import IO, TYPE_CHECKING, Any, Protocol

from glowray.io.compression import CompressedFile, codec_of, decompressed
from glowray.io.folders import remove

if TYPE_CHECKING:
    import pyarrow as pa

    from glowray.functions import Function
    from glowray.rows import Block

ROWS_A_WRITE = 4096

Raw = bytes


@dataclass(frozen=True, slots=True)
class Part:
    """A file that a task wrote under a temporary name, or a folder of files with the `names` they are to have."""

    index: int
    path: str
    rows: int
    bytes: int
    head: Raw = b""
    """How the file begins, as it is on disk, where a single file must begin so only once (the names of CSV columns)."""
    names: tuple[str, ...] | None = None
    """None for a file that is to be called after its number."""
    schema: Any = None
    """The columns that the file names, as the format knows them; None for a format whose files name none."""
    folder: str = ""
    """The folder in the target that the file goes to: `year=2013`, or "" for the target itself."""
    kinds: tuple[tuple[str, type], ...] = ()
    """The fields that name the folders of the task's files, each with the type of its values."""
    lone: str | None = None
    """A row that a file of one column could not hold: it is written so that only `rewrite` can read it."""


class PartWriter(Protocol):
    """Writes the rows of one attempt of one partition. After an error there is nothing left to close."""

    def write(self, rows: Iterable[Any]) -> None:
        """Write rows; may be called any number of times."""

    def close(self) -> Part | None:
        """Finish; None when the format has no file without rows."""

    def abort(self) -> None:
        """Remove what was written; may be called at any time, also twice."""


class BlockWriter(ABC):
    """A PartWriter that takes rows as columns too."""

    @abstractmethod
    def write_block(self, block: Block) -> None:
        """Write the rows of a block, as `write` would write them one by one."""


class PartsWriter(ABC):
    """Writes the rows of one attempt of one partition to several files."""

    @abstractmethod
    def parts(self) -> list[Part]:
        """Finish, and return the files. Those of one folder are in the order of their rows."""

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
        """What part files are called after their number: `.txt.gz`."""

    @property
    def joins(self) -> bool:
        """Whether the rows of all partitions can be one file."""

    @property
    def needs_rows(self) -> bool:
        """Whether readers refuse a file without rows, unless it names columns: a folder then gets no such file."""

    def open(self, folder: str, index: int) -> PartWriter:
        """Begin to write partition `index` under a name in `folder` that no other attempt has."""

    def join(self, before: str | None, parts: Sequence[Part], path: str) -> None:
        """Write one file: what is in the file `before`, then the parts in order."""


class SchemaSink(ABC):
    """A Sink of a format whose files are read as one table: all of an output have one schema.

    A task writes the schema of its own rows. If those of a job differ, the driver finds the common one, and tasks write
    the parts that have another once more.
    """

    @abstractmethod
    def common_schema(self, parts: Sequence[Part], kept: Sequence[str], *, fixed: bool) -> Any:
        """Return the schema of all parts, and of the files `kept`, which are there and stay as they are if `fixed`.

        Raises what is wrong, with the column, and the file if it is one that is there.
        """

    @abstractmethod
    def gives_way(self, path: str) -> bool:
        """Return whether a file that is there has no rows, and readers take wrong types from it.

        A job that adds rows to the folder removes the file.
        """

    @abstractmethod
    def has_schema(self, part: Part, schema: Any) -> bool:
        """Return whether a part can stay as it is."""

    @abstractmethod
    def rewrite(self, part: Part, folder: str, schema: Any) -> Part:
        """Write the rows of a part once more, in that schema, under a new name in `folder`."""


class TypedSink(ABC):
    """A Sink of a format that has types of its own for the values of rows."""

    @abstractmethod
    def keeping(self, types: pa.Schema) -> Sink:
        """Return the sink for rows whose columns have these types where they come from: they keep them."""


class CallingSink(ABC):
    """A Sink that calls functions of the user's."""

    @property
    @abstractmethod
    def functions(self) -> tuple[Function, ...]:
        """Return the functions that the writer calls."""


class Encoder(Protocol):
    """Turns rows into bytes of a file."""

    def encode(self, rows: list[Any]) -> bytes: ...

    def head(self) -> bytes:
        """How the file begins; asked for once, after the first rows were encoded or at the end of none."""


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
        """Write rows that are encoded already, in buffers."""
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
            error.filename = self._path  # a full disk does not say where

    def _begin(self) -> None:
        if self._head_bytes is None:
            head = self._encoder.head()
            self._head_bytes = 0
            if head:
                self._file.write(head)
                self._head_bytes = self._file.end_member()


def temporary_path(folder: str, index: int) -> str:
    """A new name in `folder`, which is made if need be: an attempt that comes later never writes over this one."""
    os.makedirs(folder, exist_ok=True)
    return os.path.join(folder, f"{index:05d}-{uuid.uuid4().hex}")


def join_lines(before: str | None, parts: Sequence[Part], path: str) -> None:
    """Join files of lines, compressed or not; of heads that are all the same only the first is kept.

    Raises ValueError when heads differ.
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
    """Copy what is to be appended to, up to a line end; whether it was not empty."""
    codec = codec_of(before)
    with open(before, "rb") as source:
        begin = source.read(len(head) or 1)
        if not begin or (codec and not any(decompressed(before, codec, 1))):
            return False
        if head and begin != head:
            raise ValueError(f'the columns of "{before}" are not those of the rows to append')
        target.write(begin)
        shutil.copyfileobj(source, target, 1 << 20)
        source.seek(-1, os.SEEK_END)
        if codec is None and source.read() != b"\n":
            target.write(b"\n")
    return True
