"""Text files written from rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from glowray.io.sink import BlockWriter, FileWriter, LineSink

if TYPE_CHECKING:
    from glowray.rows import Block


@dataclass(frozen=True)
class TextSink(LineSink):
    """Writes each row as `str(row)` and a newline, in UTF-8.

    A row that holds a newline makes several lines, as when it is printed, and reads back as these lines.
    """

    suffix = ".txt"

    @property
    def needs_rows(self) -> bool:
        return False

    def open(self, folder: str, index: int) -> TextWriter:
        return TextWriter(folder, index, self.compression, TextEncoder())


class TextWriter(FileWriter, BlockWriter):
    """Writes rows as lines. Columns of simple kinds are written without a str for each row."""

    def write_block(self, block: Block) -> None:
        from glowray.io.text.column_lines import lines_of

        for chunk in block.chunks:
            lines = lines_of(chunk)
            if lines is None:
                self.write(chunk.rows())
            else:
                self.write_encoded(lines, len(chunk))


class TextEncoder:
    """Encodes rows as lines."""

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
