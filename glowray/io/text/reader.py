"""Text files as rows: each line is a str."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from glowray.arguments import StorageOptions
from glowray.io.files.encoding import Encoding, encoding_of_files, is_utf8_text
from glowray.io.files.lines import read_lines
from glowray.io.files.paths import File, Paths, expand, path_names
from glowray.io.files.splits import SPLIT_BYTES, Partition, is_splittable, plan_splits, weight_of
from glowray.io.filesystem.location import Location
from glowray.io.reader import ColumnReader, FileReader, PartitionedReader, check_partitions, source_label

if TYPE_CHECKING:
    from glowray.rows import Block
    from glowray.rows.types.shape import Shape


@dataclass(frozen=True)
class TextReader(ColumnReader, PartitionedReader):
    """Reads the lines of files, without their ends."""

    label: str
    partitions: tuple[Partition, ...]
    encoding: Encoding
    estimated_bytes: int

    def read(self, index: int) -> Iterator[list[str]]:
        for piece in self.partitions[index]:
            yield from read_lines(piece, self.encoding)

    row_type = str

    @property
    def shape(self) -> Shape | None:
        """The shape of the blocks of `read_blocks`, or None unless the encoding is UTF-8 with strict errors."""
        from glowray.io.text.line_blocks import TEXT

        return TEXT if self.encoding.is_utf8 else None

    def read_blocks(self, index: int) -> Iterator[Block | list[str]]:
        """Yield the lines of partition `index` as columns; as lists for other encodings than UTF-8."""
        from glowray.io.text.line_blocks import line_blocks

        if not self.encoding.is_utf8:
            yield from self.read(index)
            return
        for piece in self.partitions[index]:
            yield from line_blocks(piece, self.encoding)


@dataclass(frozen=True)
class PathTextReader(ColumnReader, FileReader):
    """Reads the lines of files as (path, line). `names` maps each location to the path as the user spelt it."""

    lines: TextReader
    names: Mapping[Location, str]

    @property
    def label(self) -> str:
        return self.lines.label

    @property
    def num_partitions(self) -> int:
        return self.lines.num_partitions

    @property
    def locations(self) -> Collection[Location]:
        return self.lines.locations

    @property
    def estimated_bytes(self) -> int:
        return self.lines.estimated_bytes

    def read(self, index: int) -> Iterator[list[tuple[str, str]]]:
        for piece in self.lines.partitions[index]:
            name = self.names[piece.location]
            for lines in read_lines(piece, self.lines.encoding):
                yield [(name, line) for line in lines]

    @property
    def shape(self) -> Shape | None:
        """The shape of the blocks of `read_blocks`, or None if lines or paths may not be UTF-8."""
        from glowray.io.text.line_blocks import PATH_AND_TEXT

        return PATH_AND_TEXT if self._is_utf8 else None

    @property
    def _is_utf8(self) -> bool:
        return self.lines.encoding.is_utf8 and all(map(is_utf8_text, self.names.values()))

    def read_blocks(self, index: int) -> Iterator[Block | list[tuple[str, str]]]:
        """Yield the rows of partition `index` as columns; as lists before bytes that cannot be decoded."""
        from glowray.io.text.line_blocks import line_blocks, with_path

        if not self._is_utf8:
            yield from self.read(index)
            return
        for piece in self.lines.partitions[index]:
            name = self.names[piece.location]
            for block in line_blocks(piece, self.lines.encoding):
                yield [(name, line) for line in block] if isinstance(block, list) else with_path(name, block)


def text_reader(
    paths: Paths,
    partitions: int | None = None,
    encoding: str = "utf-8",
    errors: str = "strict",
    *,
    storage_options: StorageOptions = None,
    split_bytes: int = SPLIT_BYTES,
) -> TextReader:
    r"""Return a reader of text files: a row is a line.

    >>> reader = text_reader("/etc/passwd")
    >>> next(iter(next(reader.read(0))))
    'root:x:0:0:root:/root:/bin/bash'

    A line ends at "\n" or "\r\n" only, and both are removed. Files whose names end in .zip, .gz, .bz2, .zst or .xz are
    decompressed. `partitions` gives exactly that many slices of about equal bytes; without it a slice has about
    `split_bytes`.

    Raises:
        FileNotFoundError: a path matches nothing.
        ValueError: `partitions` is less than 1.
        LookupError: the encoding or the error handler is unknown.
    """
    check_partitions(partitions)
    how = encoding_of_files(encoding, errors)
    label = source_label("read_text", path_names(paths, storage_options))
    return _reader_of(expand(paths, storage_options), label, partitions, how, split_bytes)


def _reader_of(
    files: Sequence[File], label: str, partitions: int | None, encoding: Encoding, split_bytes: int = SPLIT_BYTES
) -> TextReader:
    plain = encoding.splittable
    splits = plan_splits(files, partitions, lambda file: plain and is_splittable(file), split_bytes)
    return TextReader(label, splits, encoding, sum(map(weight_of, files)))


def path_text_reader(
    paths: Paths,
    partitions: int | None = None,
    encoding: str = "utf-8",
    errors: str = "strict",
    *,
    storage_options: StorageOptions = None,
) -> PathTextReader:
    """Return a reader of the lines of text files as (path, line), with the paths as the user spelt them.

    >>> next(iter(next(path_text_reader("/etc/passwd").read(0))))
    ('/etc/passwd', 'root:x:0:0:root:/root:/bin/bash')
    """
    check_partitions(partitions)
    how = encoding_of_files(encoding, errors)
    given = [paths] if isinstance(paths, (str, os.PathLike)) else list(paths)
    files = expand(given, storage_options)
    label = source_label("read_text", path_names(given, storage_options))
    return PathTextReader(_reader_of(files, label, partitions, how), {file.location: file.name for file in files})
