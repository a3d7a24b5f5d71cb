"""Test reading and writing whole files."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glowray.io import BinarySink, Commit, Written
from glowray.io.binary import binary_reader
from tests.effort import examples

NAMES = st.lists(st.sampled_from(["a", "b.bin", "c d", "é", "x/y", "x/z", "part-00000"]), unique=True, max_size=7)


@settings(max_examples=examples(30))
@given(names=NAMES, data=st.data(), n=st.integers(1, 9))
@pytest.mark.parametrize("compression", [None, "gz", "zst"])
def test_files_come_back(
    tmp_path_factory: pytest.TempPathFactory,
    rows_of: Any,
    write: Any,
    compression: str | None,
    names: list[str],
    data: Any,
    n: int,
) -> None:
    out = tmp_path_factory.mktemp("binary") / "out"
    rows = [(name, data.draw(st.binary(max_size=20))) for name in sorted(names)]
    write(out, BinarySink(compression), [rows[:2], rows[2:]])
    reader = binary_reader(out, n)
    assert reader.num_partitions == n
    suffix = f".{compression}" if compression else ""
    found = {str(Path(path).relative_to(out)).removesuffix(suffix): content for path, content in rows_of(reader)}
    assert found == dict(rows)
    write(out, BinarySink(compression), [[("new", b"")]], "overwrite")
    assert [Path(path).name for path, _ in rows_of(binary_reader(out))] == [f"new{suffix}"]
    assert sorted(path.name for path in out.iterdir()) == ["_SUCCESS", f"new{suffix}"]


def test_paths_are_as_given_and_files_can_stay_compressed(
    tmp_path: Path, rows_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    packed = gzip.compress(b"content")
    Path("a.gz").write_bytes(packed)
    assert rows_of(binary_reader("*.gz")) == [("a.gz", b"content")]
    assert rows_of(binary_reader("a.gz", decompress=False)) == [("a.gz", packed)]


def test_a_file_is_read_only_when_it_is_asked_for(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).write_text(name)
    reader = binary_reader(tmp_path, 1)
    (tmp_path / "b").unlink()
    rows = iter(next(reader.read(0)))
    assert next(rows) == (str(tmp_path / "a"), b"a")
    with pytest.raises(FileNotFoundError):
        next(rows)


@pytest.mark.parametrize(
    "name", ["", ".", "..", "/etc/x", "../x", "a/../../x", "a/", "a//b", "_SUCCESS", "a/.b", "x\0"]
)
def test_names_that_leave_the_target_or_would_not_be_read_are_refused(tmp_path: Path, write: Any, name: str) -> None:
    with pytest.raises(ValueError, match=r"is no name of a file inside|would not be read again"):
        write(tmp_path / "out", BinarySink(), [[("fine", b""), (name, b"x")]])
    assert list(tmp_path.iterdir()) == []


def test_one_name_twice_is_refused(tmp_path: Path, write: Any) -> None:
    for parts in ([[("a", b"1"), ("a", b"2")]], [[("a", b"1")], [("a", b"2")]]):
        with pytest.raises(ValueError, match='one file "a"'):
            write(tmp_path / "out", BinarySink(), parts)
    assert list(tmp_path.iterdir()) == []
    assert write(tmp_path / "out", BinarySink(), [[("a", b"1")]]) == Written(1, 1, 1)
    with pytest.raises(FileExistsError, match="is there already"):
        write(tmp_path / "out", BinarySink(), [[("a", b"2")]], "append")
    assert (tmp_path / "out" / "a").read_bytes() == b"1"


@pytest.mark.parametrize("row", ["x", ("a",), ("a", "text"), (b"a", b"b"), ["a", b"b"]])
def test_other_rows_are_refused(tmp_path: Path, write: Any, row: Any) -> None:
    with pytest.raises(TypeError, match="needs rows of"):
        write(tmp_path / "out", BinarySink(), [[row]])


def test_files_are_not_joined(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot be written to a single file"):
        Commit(tmp_path / "out", BinarySink(), single_file=True)
