"""Test that checkpoint() replaces a plan by files, and reads them back only if they are unchanged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import glowray as gr
from glowray.errors import DamagedFile

ROWS: list[Any] = [(1, "a"), (None, {1, 2}), ("é", 2**70), (float("inf"), -0.0)]


def test_the_rows_come_back_and_the_plan_is_gone(engine: Any, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    ran.mkdir()

    def note(row: Any) -> Any:
        (ran / str(len(list(ran.iterdir())))).touch()
        return row

    kept = engine.flow().from_items(ROWS, partitions=1).map(note).checkpoint(tmp_path / "kept")
    assert kept.collect() == ROWS
    assert kept.map(lambda row: row).collect() == ROWS
    assert len(list(ran.iterdir())) == len(ROWS)
    assert "map(note)" not in kept.explain()


def test_partitions_stay(tmp_path: Path) -> None:
    kept = gr.from_range(10, partitions=4).checkpoint(tmp_path / "kept")
    assert kept.num_partitions == 4
    assert kept.map_partitions(lambda rows: [len(list(rows))]).collect() == [2, 3, 2, 3]


def test_no_rows(tmp_path: Path) -> None:
    assert gr.from_items([], partitions=2).checkpoint(tmp_path / "kept").collect() == []


def test_what_is_there_is_not_replaced(tmp_path: Path) -> None:
    gr.from_range(3).checkpoint(tmp_path / "kept")
    with pytest.raises(FileExistsError):
        gr.from_range(3).checkpoint(tmp_path / "kept")


@pytest.mark.parametrize("place", [0, 10, 50, -1])
def test_a_changed_byte_is_seen_before_anything_is_unpickled(tmp_path: Path, place: int) -> None:
    kept = gr.from_items(["some", "rows"], partitions=1).checkpoint(tmp_path / "kept")
    (file,) = (tmp_path / "kept").glob("part-*")
    data = bytearray(file.read_bytes())
    data[place] ^= 1
    file.write_bytes(data)
    with pytest.raises(DamagedFile):
        kept.collect()


def test_a_file_that_was_cut_is_seen(tmp_path: Path) -> None:
    kept = gr.from_items(["some", "rows"], partitions=1).checkpoint(tmp_path / "kept")
    (file,) = (tmp_path / "kept").glob("part-*")
    whole = file.read_bytes()
    for length in (0, 5, 41, len(whole) - 43, len(whole) - 1):
        file.write_bytes(whole[:length])
        with pytest.raises(DamagedFile):
            kept.collect()


def test_files_cannot_change_places(tmp_path: Path) -> None:
    kept = gr.from_items(["a", "b"], partitions=2).checkpoint(tmp_path / "kept")
    one, two = sorted((tmp_path / "kept").glob("part-*"))
    first, second = one.read_bytes(), two.read_bytes()
    one.write_bytes(second)
    two.write_bytes(first)
    with pytest.raises(DamagedFile):
        kept.collect()


def test_a_checkpoint_needs_a_folder_of_its_own(tmp_path: Path) -> None:
    rows = gr.from_items([1])
    rows.checkpoint(tmp_path / "kept")
    with pytest.raises(FileExistsError, match=r'kept" is not empty: a checkpoint needs a folder of its own$'):
        rows.checkpoint(tmp_path / "kept")
