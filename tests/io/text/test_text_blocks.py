"""Test that lines as columns are the lines that Python's reader gives."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glowray.io.files.encoding import Encoding
from glowray.io.files.lines import read_lines, split_lines
from glowray.io.files.splits import Piece
from glowray.io.filesystem.location import Location
from glowray.io.text.line_blocks import block_of, line_blocks
from glowray.rows import Block

TEXTS = st.text("ab\r\n é\x0b\x85\u2028", max_size=30)


@given(TEXTS)
def test_a_text_in_lines(text: str) -> None:
    assert block_of(text.encode()).rows() == split_lines(text)


NAMES = st.sampled_from(["utf-8", "ascii"])
BAD = st.sampled_from(
    [b"", b"\xff", b"\xc0\x80", b"\xe2\x82", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xf0\x9f\x92\xa1"]
)


@given(
    texts=TEXTS, bad=BAD, place=st.integers(0, 30), start=st.integers(0, 10), name=st.sampled_from(["utf-8", "ascii"])
)
def test_every_piece_of_a_file(
    texts: str, bad: bytes, place: int, start: int, name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("pieces") / "text"
    data = texts.encode()
    path.write_bytes(data[:place] + bad + data[place:])
    for piece in (Piece(Location(str(path))), Piece(Location(str(path)), min(start, path.stat().st_size))):
        found = []
        for read in (read_lines, line_blocks):
            rows: list[str] = []
            error = None
            try:
                for morsel in read(piece, Encoding(name)):
                    rows += morsel.rows() if isinstance(morsel, Block) else morsel
            except UnicodeDecodeError as raised:
                error = str(raised), raised.__notes__
            found.append((rows, error))
        assert found[0] == found[1]
