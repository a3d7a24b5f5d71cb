"""Text files as rows of str, a line each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from glowray.io.compression import codec_of
from glowray.io.encoding import Encoding
from glowray.io.lines import read_bytes, read_lines
from glowray.io.paths import Paths, expand, path_names
from glowray.io.reader import check_partitions, source_label
from glowray.io.splits import SPLIT_BYTES, Partition, plan_splits, weight_of


@dataclass(frozen=True)
class TextReader:
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

    def read_bytes(self, index: int) -> Iterator[bytes]:
        """The same lines as bytes, ends included; a chunk ends with a line, and only a file's last may lack its end.

        It is for encodings in which a byte 0x0A is a line end and nothing else is: `encoding.splittable`.
        """
        for piece in self.partitions[index]:
            yield from read_bytes(piece, self.encoding.signature)


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
