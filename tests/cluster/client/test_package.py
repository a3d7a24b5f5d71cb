"""Test which files of a script's folder a job gets, and the errors about folders that cannot be sent."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from glowray.cluster.client import package
from glowray.errors import ClusterError

NOBODY = 65534


@contextmanager
def temporary_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Make `folder` the folder for temporary files."""
    with monkeypatch.context() as patch:
        patch.setenv("TMPDIR", str(folder))
        patch.setattr(tempfile, "tempdir", None)
        yield


@contextmanager
def nobody(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Run a block as a user who cannot read every file."""
    if os.geteuid():
        yield
        return
    with temporary_folder(Path("/tmp"), monkeypatch):
        os.seteuid(NOBODY)
        try:
            yield
        finally:
            os.seteuid(0)


@pytest.fixture
def folder() -> Iterator[Path]:
    """Return the folder of a script, which other users can enter. A socket's path must be short, so the folder's is."""
    made = Path(tempfile.mkdtemp(prefix="p-", dir="/tmp"))
    made.chmod(0o755)
    (made / "job.py").write_text("print(1)\n")
    yield made
    for entry in made.iterdir():
        if not entry.is_symlink():
            entry.chmod(0o755)  # even the owner cannot delete a folder that cannot be listed
    shutil.rmtree(made)


def contents(folder: Path) -> dict[str, bytes]:
    """Return what a job gets of `folder`: the content of each file by its name."""
    with package.packed(folder) as path, zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def names(folder: Path) -> set[str]:
    return set(contents(folder)) - {"job.py"}


@pytest.mark.parametrize("place", [".", "tmp", "a/b"])
def test_temporary_files_inside_the_folder(folder: Path, place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / place).mkdir(parents=True, exist_ok=True)
    with temporary_folder(folder / place, monkeypatch):
        assert Path(tempfile.gettempdir()).is_relative_to(folder)
        assert {name for name in contents(folder) if not name.endswith("/")} == {"job.py"}
        assert not list((folder / place).glob("glowray-*"))


def test_the_same_folder_makes_the_same_package(folder: Path) -> None:
    (folder / "b").mkdir()
    (folder / "b" / "x").write_text("x")
    with package.packed(folder) as first, package.packed(folder) as second:
        assert first.read_bytes() == second.read_bytes()


def test_files_folders_links_and_modes(folder: Path) -> None:
    (folder / "data" / "deep").mkdir(parents=True)
    (folder / "data" / "deep" / "a.txt").write_text("a")
    (folder / "empty").mkdir()
    (folder / "copy").symlink_to("data")
    (folder / "one").symlink_to("job.py")
    (folder / "tool").write_text("t")
    (folder / "tool").chmod(0o755)
    found = contents(folder)
    assert found == {
        "job.py": b"print(1)\n",
        "one": b"print(1)\n",
        "data/deep/a.txt": b"a",
        "copy/deep/a.txt": b"a",
        "empty/": b"",
        "tool": b"t",
    }
    with package.packed(folder) as path, zipfile.ZipFile(path) as archive:
        assert archive.getinfo("tool").external_attr >> 16 & 0o777 == 0o755


def special(folder: Path, kind: str) -> None:
    """Make an entry that has no content to send."""
    path = folder / "special"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(path))
    else:
        path.symlink_to({"dangling link": "nothing", "loop": "special", "device": "/dev/zero", "above": "."}[kind])


@pytest.mark.parametrize("kind", ["pipe", "socket", "dangling link", "loop", "device", "above"])
def test_entries_without_content_stay_here(folder: Path, kind: str) -> None:
    special(folder, kind)
    assert names(folder) == set()


def test_links_between_folders_end(folder: Path) -> None:
    for one, other in ("ab", "ba"):
        (folder / one).mkdir()
        (folder / one / "other").symlink_to(folder / other)
        (folder / one / "file").write_text(one)
    assert names(folder) == {"a/file", "a/other/file", "b/file", "b/other/file"}


@pytest.mark.parametrize(
    ("file", "patterns", "left"),
    [
        (".gitignore", "*.log\n", {"keep/a.txt", "keep/b"}),
        (".rayignore", "keep/\n", {"x.log"}),
        (".rayignore", "keep/*\n!keep/b\n", {"x.log", "keep/b"}),
        ("keep/.gitignore", "b\n", {"x.log", "keep/a.txt", "keep/.gitignore"}),
    ],
)
def test_ignored_files_stay_here(folder: Path, file: str, patterns: str, left: set[str]) -> None:
    for name in (".venv/lib.py", "__pycache__/job.pyc", "keep/a.txt", "keep/b", "x.log"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(name)
    (folder / file).write_text(patterns)
    assert names(folder) - {".gitignore", ".rayignore"} == left


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_unreadable_entries_are_named_unless_ignored(folder: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = folder / "secret"
    if kind == "file":
        entry.write_text("s")
    else:
        entry.mkdir()
    entry.chmod(0)
    with (
        nobody(monkeypatch),
        pytest.raises(ClusterError, match=rf"{entry} cannot be read \(Permission denied\).*\.rayignore"),
    ):
        contents(folder)
    for pattern in ("secret", "secret/") if kind == "folder" else ("secret",):
        (folder / ".rayignore").write_text(pattern)
        with nobody(monkeypatch):
            assert names(folder) == {".rayignore"}


def test_a_file_that_changes_after_it_was_listed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("grown", "shrunk", "gone", "piped", "gone_folder/x"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("1234")
    listed = package.list_entries(folder)
    (folder / "grown").write_text("123456")
    (folder / "shrunk").write_text("12")
    (folder / "gone").unlink()
    shutil.rmtree(folder / "gone_folder")
    (folder / "piped").unlink()
    os.mkfifo(folder / "piped")
    monkeypatch.setattr(package, "list_entries", lambda folder: listed)
    assert contents(folder) == {"job.py": b"print(1)\n", "grown": b"1234", "shrunk": b"12", "piped": b""}


def test_a_folder_with_too_many_bytes(folder: Path) -> None:
    for name, size in (("video/a", 300 << 20), ("video/b", 200 << 20), ("table.csv", 100 << 20)):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).touch()
        os.truncate(folder / name, size)
    with pytest.raises(ClusterError) as caught:
        contents(folder)
    told = str(caught.value)
    assert "at most 512.0 MiB" in told and f"{folder} holds 600.0 MiB" in told
    assert "most of it in video (500.0 MiB), table.csv (100.0 MiB), job.py" in told and ".rayignore" in told
    (folder / ".gitignore").write_text("video\n")
    assert len(package.list_entries(folder)) == 3


def test_a_folder_with_too_many_files(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package, "MOST_FILES", 2)
    for name in "ab":
        (folder / name).write_text(name)
    with pytest.raises(ClusterError, match=f"at most 2 files, but {folder} holds more than 2 files"):
        contents(folder)


def test_a_name_that_is_no_text(folder: Path) -> None:
    (folder / os.fsdecode(b"\xff.txt")).write_text("x")
    with pytest.raises(ClusterError, match="is not UTF-8"):
        contents(folder)
