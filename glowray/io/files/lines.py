"""Lines of a piece of a file. A line belongs to the piece that holds its first byte.

A line ends at "\\n" or "\\r\\n" only. The last line of a file may lack its end.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from functools import cached_property

from glowray.errors import GlowrayError
from glowray.io.files.compression import decompressed, read_codec_of
from glowray.io.files.encoding import Encoding
from glowray.io.files.splits import Piece
from glowray.io.filesystem.interface import Input
from glowray.io.filesystem.location import Location

CHUNK_BYTES = 1 << 20

COUNTED_BYTES = 64 << 20
"""How much of a file is read to number the lines of rows that are dropped."""

_SEEK_BYTES = 1 << 16


def read_lines(piece: Piece, encoding: Encoding, size: int = CHUNK_BYTES) -> Iterator[list[str]]:
    """Yield the lines of a piece, decoded and without their ends, in lists of about `size` bytes of the file.

    Bytes that cannot be decoded raise UnicodeDecodeError, with file and line in a note, after the lines before them.
    """
    return map(split_lines, read_texts(piece, encoding, size))


def read_texts(piece: Piece, encoding: Encoding, size: int = CHUNK_BYTES) -> Iterator[str]:
    """Yield what `read_lines` yields, as texts of whole lines with their ends."""
    return _placed(_decoded(piece, encoding, size), piece, encoding)


def read_characters(piece: Piece, encoding: Encoding, size: int = CHUNK_BYTES) -> Iterator[str]:
    """Yield the same text cut anywhere, so that a long line is never whole in memory."""
    return _placed(_characters(read_blocks(piece, size), encoding), piece, encoding)


def _placed(texts: Iterator[str], piece: Piece, encoding: Encoding) -> Iterator[str]:
    """Yield texts. A UnicodeDecodeError has the file and line in a note."""
    seen = 0
    try:
        for text in texts:
            yield text
            seen += text.count("\n")
    except UnicodeDecodeError as error:
        error.add_note(
            f'"{piece.location}", line {line_number(piece, seen)} is not {encoding.name.removesuffix("-sig")}: '
            'name its encoding=, or read it with errors="replace"'
        )
        raise


def split_lines(text: str) -> list[str]:
    r"""Return the lines of a text, which end at "\n" or "\r\n" only.

    >>> split_lines("a\r\nb\rc\n\nd")
    ['a', 'b\rc', '', 'd']
    """
    if "\r" in text:
        text = text.replace("\r\n", "\n")
    lines = text.split("\n")
    if not lines[-1]:
        lines.pop()
    return lines


def read_bytes(piece: Piece, signature: bytes = b"", size: int = CHUNK_BYTES) -> Iterator[bytes]:
    """Yield the lines of a piece as bytes with their ends: chunks of whole lines of about `size` bytes.

    A longer line is one chunk. Only the last chunk of a file may lack its line end. `signature` is dropped at the
    start of the file.
    """
    chunks = _whole_lines(read_blocks(piece, size))
    if signature and piece.start == 0:
        for first in chunks:
            if first := first.removeprefix(signature):
                yield first
            break
    yield from chunks


def line_number(piece: Piece, seen: int) -> int:
    """Return the number in the file, from 1, of the line after the first `seen` lines of a piece; for errors."""
    return seen + 1 + _lines_before(piece)


class LineNames:
    """Names lines of a piece in errors, as `"a.csv", line 7`.

    To number a line, all bytes before it are read. An error that ends the job is worth that. A name that is not `exact`
    counts from the start of the piece if the piece starts after `COUNTED_BYTES`.
    """

    def __init__(self, piece: Piece, *, exact: bool) -> None:
        self._piece = piece
        self._counts = exact or piece.start <= COUNTED_BYTES

    def name(self, seen: int) -> str:
        """Return the name of the line that follows the first `seen` lines of the piece."""
        if self._counts:
            return f'"{self._piece.location}", line {seen + 1 + self._before}'
        return f'"{self._piece.location}", line {seen + 1} after byte {self._piece.start}'

    @cached_property
    def _before(self) -> int:
        return _lines_before(self._piece)


def _lines_before(piece: Piece) -> int:
    """Return the number of lines of the file that begin before the first line of a piece."""
    return 1 + _newlines(piece.location, piece.start - 1) if piece.start else 0


def _newlines(location: Location, stop: int) -> int:
    """Return the number of line ends in the first `stop` bytes of a file."""
    count = 0
    with location.open() as file:
        file.will_read(0, stop)
        while stop > 0 and (block := file.read(min(CHUNK_BYTES, stop))):
            count += block.count(b"\n")
            stop -= len(block)
    return count


def read_blocks(piece: Piece, size: int) -> Iterator[bytes]:
    """Yield the bytes of all lines that begin in the piece, in blocks that may end inside a line."""
    codec = read_codec_of(piece.location.plain_path)
    if codec:
        yield from decompressed(piece.location, codec, size)
        return
    with piece.location.open() as file:
        needed = max(piece.start, piece.stop or 0)
        if needed and file.size() < needed:
            raise GlowrayError(
                f'"{piece.location}" became shorter while the job ran: read it again once it is complete'
            )
        file.will_read(max(0, piece.start - 1), None if piece.stop is None else piece.stop + _SEEK_BYTES)
        if _seek_line(file, piece):
            yield from _to_line_end(file, piece.stop, size)


def _seek_line(file: Input, piece: Piece) -> bool:
    """Seek to the start of the first line that begins in the piece. Return whether there is one."""
    if piece.start == 0:
        return True
    position = piece.start - 1
    file.seek(position)
    while block := file.read(_SEEK_BYTES):
        found = block.find(b"\n")
        if found >= 0:
            position = file.seek(position + found + 1)
            return piece.stop is None or position < piece.stop
        position += len(block)
        if piece.stop is not None and position >= piece.stop:
            return False
    return False


def _to_line_end(file: Input, stop: int | None, size: int) -> Iterator[bytes]:
    """Yield the bytes from the current offset to `stop`, and on to the end of the line that `stop` cuts."""
    position, block = file.tell(), b"\n"
    while stop is None or position < stop:
        block = file.read(size if stop is None else min(size, stop - position))
        if not block:
            return
        position += len(block)
        yield block
    while not block.endswith(b"\n"):
        rest = file.read(_SEEK_BYTES)
        if not rest:
            return
        block = rest[: rest.find(b"\n") + 1] or rest
        yield block


def _whole_lines(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the bytes of blocks in chunks that end at line ends. The last chunk may lack one.

    The pieces of a long line are joined only when its end has come.
    """
    begun: list[bytes] = []
    for block in blocks:
        cut = block.rfind(b"\n") + 1
        if not cut:
            begun.append(block)
            continue
        begun.append(block[:cut])
        yield b"".join(begun) if len(begun) > 1 else begun[0]
        begun = [block[cut:]] if cut < len(block) else []
    if begun:
        yield b"".join(begun)


def _decoded(piece: Piece, encoding: Encoding, size: int) -> Iterator[str]:
    """Yield the text of a piece in whole lines. A UnicodeDecodeError comes after the lines before its line."""
    if not encoding.splittable:
        yield from _decoded_in_order(read_blocks(piece, size), encoding)
        return
    for chunk in read_bytes(piece, encoding.signature, size):
        bad = None
        try:
            text = encoding.decode(chunk)
        except UnicodeDecodeError as error:
            bad = chunk.rfind(b"\n", 0, error.start) + 1
        if bad is not None:
            if bad:
                yield encoding.decode(chunk[:bad])
            text = encoding.decode(chunk[bad : chunk.find(b"\n", bad) + 1 or len(chunk)])  # raises for this line
        yield text


def _decoded_in_order(blocks: Iterable[bytes], encoding: Encoding) -> Iterator[str]:
    """Yield whole lines of an encoding that is decoded from the start of a file, for example UTF-16."""
    begun: list[str] = []
    for text in _characters(blocks, encoding):
        cut = text.rfind("\n") + 1
        if not cut:
            begun.append(text)
            continue
        yield "".join((*begun, text[:cut]))
        begun = [text[cut:]] if cut < len(text) else []
    if any(begun):
        yield "".join(begun)


def _characters(blocks: Iterable[bytes], encoding: Encoding) -> Iterator[str]:
    """Yield the text of blocks that may end inside a character. An error comes after the text before it."""
    decoder = codecs.getincrementaldecoder(encoding.name)(encoding.errors)
    for block in blocks:
        before = decoder.getstate()
        try:
            text = decoder.decode(block)
        except UnicodeDecodeError as error:
            decoder.setstate(before)
            good = error.start - (len(error.object) - len(block))
            if good > 0:
                yield decoder.decode(block[:good])
            raise
        yield text
    yield decoder.decode(b"", final=True)
