"""Text files as rows of str, a line each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from glowray.io.compression import codec_of
from glowray.io.encoding import Encoding
from glowray.io.lines import read_lines
from glowray.io.paths import Paths, expand, path_names
from glowray.io.reader import ColumnReader, check_partitions, source_label
from glowray.io.splits import SPLIT_BYTES, Partition, plan_splits, weight_of

if TYPE_CHECKING:
    from glowray.rows import Block
    from glowray.rows.shape import Shape


@dataclass(frozen=True)
class TextReader(ColumnReader):
    """Lines of files, without their ends."""

    label: str
    partitions: tuple[Partition, ...]
    encoding: Encoding
    estimated_bytes: int

    @property
    def num_partitions(self) -> int:
        return len(self.partitions)

    def read(self, index: int) -> Iterator[list[str]]:
        for piece in self.partitions[index]:
            yield from read_lines(piece, self.encoding)

    row_type = str

    @property
    def shape(self) -> Shape | None:
        """The shape of the rows where `read_blocks` gives them as columns."""
        from glowray.io.text_blocks import TEXT

        return TEXT if self.encoding.is_utf8 else None

    def read_blocks(self, index: int) -> Iterator[Block | list[str]]:
        """The same lines as columns; lists where bytes are not what the encoding says."""
        from glowray.io.text_blocks import line_blocks

        for piece in self.partitions[index]:
            yield from line_blocks(piece, self.encoding)


def text_reader(
    paths: Paths,
    partitions: int | None = None,
    encoding: str = "utf-8",
    errors: str = "strict",
    *,
    split_bytes: int = SPLIT_BYTES,
) -> TextReader:
    r"""The lines of text files.

    >>> reader = text_reader("/etc/passwd")
    >>> next(iter(next(reader.read(0))))
    'root:x:0:0:root:/root:/bin/bash'

    A line ends at "\n" or "\r\n" only, and both are removed. Files whose name ends in .gz, .bz2, .zst or .xz are
    decompressed. `partitions` cuts into exactly that many slices of about even bytes; without it, slices are of about
    `split_bytes`. Raises FileNotFoundError for a path that matches nothing, ValueError for bad `partitions`,
    LookupError for an unknown encoding or error handler.
    """
    check_partitions(partitions)
    how = Encoding(encoding, errors)
    files = expand(paths)
    plain = how.splittable
    splits = plan_splits(files, partitions, lambda file: plain and codec_of(file.path) is None, split_bytes)
    return TextReader(source_label("read_text", path_names(paths)), splits, how, sum(map(weight_of, files)))
