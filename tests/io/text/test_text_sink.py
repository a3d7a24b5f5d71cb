"""Test that rows in columns are written as str(row), to the byte, with any compression."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glowray.io import TextSink
from glowray.io.files.compression import CODECS
from glowray.io.text.column_lines import lines_of
from glowray.rows import Block
from glowray.rows.codec.chunk import Chunk
from tests.io.parts import part_of
from tests.rows import hostile

scalars = [st.text("a\n\r\0é\U0001f40d", max_size=8), st.integers(-(2**63), 2**63 - 1), st.booleans(), st.floats()]
of_one_type = st.sampled_from(scalars).flatmap(lambda kind: st.lists(st.one_of(st.none(), kind), max_size=20))


def written(sink: TextSink, *pieces: Any) -> tuple[bytes, int]:
    data, part = part_of(sink, *pieces)
    return data, part.rows


@given(of_one_type, st.integers(0, 20))
def test_columns_are_written_as_rows_are(rows: list[Any], cut: int) -> None:
    block = Block.from_rows(rows)
    wanted = written(TextSink(), rows)
    assert written(TextSink(), block) == wanted
    assert written(TextSink(), block.slice(0, cut), rows[cut:]) == wanted
    assert written(TextSink(), rows[:cut], block.slice(cut, None)) == wanted


@given(hostile.rows)
def test_any_rows(rows: list[Any]) -> None:
    block = Block.from_rows(rows)
    rows = block.rows()  # read the rows once: the text of some objects has their address

    def text(*pieces: Any) -> Any:
        try:
            return written(TextSink(), *pieces)
        except (ValueError, UnicodeError) as error:  # an unpaired surrogate
            return type(error)

    if not block.pickled_values:
        assert text(block) == text(rows)


@pytest.mark.slow
@pytest.mark.parametrize("codec", [None, *CODECS])
def test_compressed_files_do_not_depend_on_how_rows_come(codec: str | None) -> None:
    rows = [f"{n * 7919 % 100_003} " * 9 for n in range(50_000)]
    wanted = written(TextSink(codec), rows)
    assert written(TextSink(codec), Block.from_rows(rows)) == wanted
    assert written(TextSink(codec), rows[:20_001], Block.from_rows(rows[20_001:])) == wanted


def test_lines_come_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("glowray.io.text.column_lines.PIECE_BYTES", 64)
    rows = [f"{n:09}" for n in range(40)]
    lines = lines_of(Chunk.from_rows(rows))
    assert lines is not None
    pieces = [bytes(piece) for piece in lines]
    assert len(pieces) > 5
    assert b"".join(pieces).decode().splitlines() == rows


def test_a_write_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = TextSink().open(str(tmp_path), 0)

    def full(data: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writer._file, "write", full)
    with pytest.raises(OSError, match="No space left") as caught:
        writer.write_block(Block.from_rows(["a"]))
    assert caught.value.filename.startswith(str(tmp_path))
    assert list(tmp_path.iterdir()) == []
