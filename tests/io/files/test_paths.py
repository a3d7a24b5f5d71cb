"""Test the meaning of paths."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from glowray.io.files.paths import expand


def make(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)


def names(folder: Path, *paths: str | Path) -> list[str]:
    return [os.path.relpath(file.location.path, folder) for file in expand(list(paths))]


def test_a_folder_is_all_that_is_below_it_but_hidden_names(tmp_path: Path) -> None:
    make(tmp_path, "b.txt", "a/z.txt", "a/b/c", ".hidden", "_SUCCESS", "_temporary-1/x", "a/.git/x", "a-1")
    assert names(tmp_path, tmp_path) == ["a/b/c", "a/z.txt", "a-1", "b.txt"]


def test_parts_come_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    make(tmp_path, "part-99999.txt", "part-100000.txt", "part-00002.txt", "_SUCCESS")
    expected = ["part-00002.txt", "part-99999.txt", "part-100000.txt"]
    assert names(tmp_path, tmp_path) == expected
    assert names(tmp_path, tmp_path / "*") == expected


def test_globs(tmp_path: Path) -> None:
    make(tmp_path, "b.py", "__init__.py", "d/a.py", "d/e/b.py", "d/notes.txt", "d/_x.txt")
    assert names(tmp_path, f"{tmp_path}/*.py") == ["__init__.py", "b.py"]
    assert names(tmp_path, tmp_path / "**" / "*.py") == ["__init__.py", "b.py", "d/a.py", "d/e/b.py"]
    assert names(tmp_path, f"{tmp_path}/d*") == ["d/a.py", "d/e/b.py", "d/notes.txt"]
    assert names(tmp_path, f"{tmp_path}/d/[an]*") == ["d/a.py", "d/notes.txt"]
    assert names(tmp_path, f"{tmp_path}/d/**") == ["d/_x.txt", "d/a.py", "d/e/b.py", "d/notes.txt"]


def test_a_name_that_exists_is_no_glob(tmp_path: Path) -> None:
    make(tmp_path, "a[1].txt", "a1.txt")
    assert names(tmp_path, tmp_path / "a[1].txt") == ["a[1].txt"]


def test_a_list_keeps_its_order_and_what_it_names_twice(tmp_path: Path) -> None:
    make(tmp_path, "a", "b")
    assert names(tmp_path, tmp_path / "b", str(tmp_path / "*"), tmp_path / "b") == ["b", "a", "b", "b"]


def test_home_and_file_urls_and_relative_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, "a")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert names(tmp_path, "~/a", f"file://{tmp_path}/a", "a") == ["a", "a", "a"]
    assert [file.name for file in expand("a")] == ["a"]


@pytest.mark.parametrize("pattern", ["none.txt", "*.none", "none/**", ""])
def test_a_path_that_matches_nothing_is_named(tmp_path: Path, pattern: str) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        expand(f"{tmp_path}/{pattern}" if pattern else "")
    assert pattern in str(caught.value)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="holds no files"):
        expand(tmp_path)
    with pytest.raises(ValueError, match="empty"):
        expand([])
    with pytest.raises(ValueError, match="names no bucket"):
        expand("s3:///key")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ValueError, match="not a regular file"):
        expand(tmp_path / "pipe")
    with pytest.raises(FileNotFoundError):
        (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
        expand(tmp_path / "dangling")


def test_a_folder_that_links_to_itself_ends(tmp_path: Path) -> None:
    make(tmp_path, "a/x", "other/y")
    (tmp_path / "a" / "loop").symlink_to(tmp_path / "a")
    (tmp_path / "a" / "link").symlink_to(tmp_path / "other")
    assert names(tmp_path, tmp_path / "a") == ["a/link/y", "a/x"]


def test_a_folder_that_a_job_left_without_rows_has_none(tmp_path: Path) -> None:
    make(tmp_path, "_SUCCESS")
    assert expand(tmp_path) == []
