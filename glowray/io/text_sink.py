"""Writing text files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from glowray.io.sink import BlockWriter, FileWriter, Part, join_lines

if TYPE_CHECKING:
    from glowray.rows import Block


@dataclass(frozen=True)
class TextSink:
    """Rows as `str(row)`, UTF-8, each followed by a newline.

    A row that holds a newline makes more than one line, as it does when it is printed: reading gives those lines.
    """

    compression: str | None = None

    @property
    def extension(self) -> str:
        return ".txt" + (f".{self.compression}" if self.compression else "")

    @property
    def joins(self) -> bool:
        return True

    @property
    def needs_rows(self) -> bool:
        return False

    def open(self, folder: str, index: int) -> TextWriter:
        return TextWriter(folder, index, self.compression, TextEncoder())

    def join(self, before: str | None, parts: Sequence[Part], path: str) -> None:
        join_lines(before, parts, path)


class TextWriter(FileWriter, BlockWriter):
    """Writes rows as lines; those that are columns of text without making a str of any."""

    def write_block(self, block: Block) -> None:
        from glowray.io.text_lines import lines_of

        for chunk in block.chunks:
            lines = lines_of(chunk)
            if lines is None:
                self.write(chunk.rows())
            else:
                self.write_encoded(lines, len(chunk))


class TextEncoder:
    """Rows to lines."""

    def head(self) -> bytes:
        return b""

    def encode(self, rows: list[Any]) -> bytes:
        lines = rows if set(map(type, rows)) == {str} else list(map(str, rows))
        try:
            return ("\n".join(lines) + "\n").encode()
        except UnicodeEncodeError:
            bad = next(line for line in lines if _has_surrogate(line))
            raise ValueError(f"the row {bad[:200]!r} has no UTF-8 form: it holds half of a surrogate pair") from None


def _has_surrogate(line: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in line)
