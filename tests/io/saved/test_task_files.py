"""Test that saved tasks come back exactly, and that no other file is taken for one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from glowray.errors import DamagedFile
from glowray.io.filesystem.location import Location
from glowray.io.saved.task_files import TaskFiles, task_of
from glowray.rows import Block
from tests.effort import examples
from tests.oracle.exact import assert_rows
from tests.rows.hostile import values

KEY = b"k" * 32
FINGERPRINT = "a" * 64


def files_in(folder: Path, fingerprint: str = FINGERPRINT, key: bytes = KEY) -> TaskFiles:
    return TaskFiles.of(Location(str(folder)), fingerprint, key)


@settings(max_examples=examples(50), suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(st.lists(values, max_size=4), max_size=3))
def test_rows_come_back_exactly(tmp_path: Path, rows: list[list[Any]]) -> None:
    files = files_in(tmp_path)
    files.write(17, {"report": 1}, [Block.from_rows(each) for each in rows])
    assert files.read_report(17, len(rows)) == {"report": 1}
    report, blocks = files.read(17, len(rows))
    assert report == {"report": 1}
    for block, wanted in zip(blocks, rows, strict=True):
        assert_rows(list(block.rows()), wanted)


def written(folder: Path) -> Path:
    files_in(folder).write(3, "report", [Block.from_rows([1, 2, 3]), Block.from_rows(["a"])])
    (path,) = folder.rglob("*.saved")
    assert task_of(path.name) == (3, 2)
    return path


def test_every_changed_byte_is_found(tmp_path: Path) -> None:
    path = written(tmp_path)
    data = path.read_bytes()
    for place in range(len(data)):
        path.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        with pytest.raises(DamagedFile):
            files_in(tmp_path).read(3, 2)


def test_every_cut_is_found(tmp_path: Path) -> None:
    path = written(tmp_path)
    data = path.read_bytes()
    for length in range(len(data)):
        path.write_bytes(data[:length])
        with pytest.raises(DamagedFile):
            files_in(tmp_path).read(3, 2)


@pytest.mark.parametrize("other", ["key", "stage", "task", "number of objects"])
def test_another_file_is_not_taken(tmp_path: Path, other: str) -> None:
    path = written(tmp_path)
    files = files_in(tmp_path, key=b"o" * 32 if other == "key" else KEY)
    task, outputs = 3, 2
    if other == "stage":
        files = files_in(tmp_path, "b" * 64)
        (tmp_path / ("b" * 64)).mkdir()
        path.rename(tmp_path / ("b" * 64) / path.name)
    elif other == "task":
        task = 4
        path.rename(path.with_name("task-000004-2.saved"))
    elif other == "number of objects":
        outputs = 1
        path.rename(path.with_name("task-000003-1.saved"))
    with pytest.raises(DamagedFile):
        files.read(task, outputs)


def test_a_failed_write_leaves_nothing(tmp_path: Path) -> None:
    class Refusing:
        def __reduce__(self) -> Any:
            raise OSError("no space left")

    with pytest.raises(OSError, match="no space left"):
        files_in(tmp_path).write(0, "report", [Block.from_rows([1]), Refusing()])
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_the_key_is_not_shown() -> None:
    assert "kkk" not in repr(files_in(Path("/tmp")))
