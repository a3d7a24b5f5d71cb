"""Test that blocks come back unchanged from an unnamed file, which leaves nothing behind."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glowray.io.spill import SpillFile
from glowray.rows import Block
from tests.oracle.exact import assert_rows
from tests.rows import hostile


@pytest.mark.slow
@given(st.lists(hostile.rows, max_size=4))
def test_blocks_come_back(several: list[list[Any]]) -> None:
    with SpillFile() as file:
        blocks = [Block.from_rows(rows) for rows in several]
        places = [file.write(block) for block in blocks]
        for place, block in reversed(list(zip(places, blocks, strict=True))):
            assert_rows(file.read(place).rows(), block.rows())


def test_a_slice_takes_its_own_space_only() -> None:
    block = Block.from_rows([f"{n:010}" for n in range(10_000)])
    with SpillFile() as file:
        place = file.write(block.slice(5000, 5010))
        assert file.nbytes < 4096
        assert file.read(place).rows() == block.rows()[5000:5010]


def test_no_file_is_seen_and_none_is_made_for_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with SpillFile() as file:
        assert file._file is None
        file.write(Block.from_rows(["a"]))
        assert file._file is not None
        assert os.fstat(file._file.fileno()).st_mode & 0o077 == 0
        assert list(tmp_path.iterdir()) == []
    assert file._file.closed
