"""Lines of text as Arrow columns, which are made of a file's bytes without a str for each line."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from glowray.io.files.encoding import Encoding, is_utf8
from glowray.io.files.lines import read_bytes, read_lines
from glowray.io.files.splits import Piece
from glowray.rows import Block
from glowray.rows.codec.chunk import Chunk
from glowray.rows.codec.lazy_chunk import MadeChunk
from glowray.rows.texts.texts import Lines
from glowray.rows.types.scalar_kinds import scalar_kind
from glowray.rows.types.shape import Fields, Scalar


def _text() -> Scalar:
    kind = scalar_kind(str, [""])
    assert kind is not None
    return Scalar(kind)


TEXT = _text()
PATH_AND_TEXT = Fields("tuple", (), (TEXT, TEXT))


def line_blocks(piece: Piece, encoding: Encoding) -> Iterator[Block | list[str]]:
    """Yield the lines of a piece of a UTF-8 file as blocks. Other bytes raise the error of `read_lines`."""
    seen = 0
    for data in read_bytes(piece, encoding.signature):
        if not data.isascii() and (encoding.is_ascii or not is_utf8(data)):
            yield from _from(read_lines(piece, encoding), seen)  # raises for the line that cannot be decoded
            return
        block = block_of(data)
        seen += len(block)
        yield block


def block_of(data: bytes) -> Block:
    r"""Return whole lines as a block of str, without their ends (\n or \r\n).

    >>> block_of(b"a\r\nb\rc\n\nd").rows()
    ['a', 'b\rc', '', 'd']
    """
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n")
    lines = Lines(data)
    return Block((MadeChunk(TEXT, lines, len(lines), _columns),))


def with_path(path: str, lines: Block) -> Block:
    """Return a block of lines as a block of (path, line).

    >>> with_path("a", block_of(b"x\\ny\\n")).rows()
    [('a', 'x'), ('a', 'y')]
    """
    chunks = []
    for chunk in lines.chunks:
        paths = pa.repeat(pa.scalar(path, pa.large_string()), chunk.count)
        chunks.append(Chunk(PATH_AND_TEXT, [paths, *chunk.columns], chunk.count))
    return Block(tuple(chunks))


def _columns(lines: Lines) -> list[Any]:
    return [lines.array]


def _from(morsels: Iterator[list[str]], start: int) -> Iterator[list[str]]:
    """Yield the rows of morsels without the first `start` rows."""
    for rows in morsels:
        if start < len(rows):
            yield list(itertools.islice(rows, start, None))
        start = max(0, start - len(rows))
