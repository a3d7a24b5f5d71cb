"""Lines as columns are the lines that Python's reader gives."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from glowray.io.encoding import Encoding
from glowray.io.lines import read_lines, split_lines
from glowray.io.splits import Piece
from glowray.io.text_blocks import block_of, line_blocks
from glowray.rows import Block

TEXTS = st.text("ab\r\n é\x0b\x85\u2028", max_size=30)


@given(TEXTS)
def test_a_text_in_lines(text: str) -> None:
    assert block_of(text.encode()).rows() == split_lines(text)


@given(texts=TEXTS, bad=st.integers(0, 30), start=st.integers(0, 10))
def test_every_piece_of_a_file(texts: str, bad: int, start: int, tmp_path_factory) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path_factory.mktemp("pieces") / "text"
    data = texts.encode()
    path.write_bytes(data[:bad] + b"\xff" * (bad < 20) + data[bad:])
    for piece in (Piece(str(path)), Piece(str(path), min(start, path.stat().st_size))):
        found = []
        for read in (read_lines, line_blocks):
            rows: list[str] = []
            error = None
            try:
                for morsel in read(piece, Encoding()):
                    rows += morsel.rows() if isinstance(morsel, Block) else morsel
            except UnicodeDecodeError as raised:
                error = str(raised), raised.__notes__
            found.append((rows, error))
        assert found[0] == found[1]
