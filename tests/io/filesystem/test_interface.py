"""Test that every file system keeps the promises of the interface."""

from __future__ import annotations

import os
import pickle
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from glowray.io.filesystem.chosen import chosen
from glowray.io.filesystem.interface import FileSystem, Input
from glowray.io.filesystem.local import LOCAL
from tests.stores import S3Bucket, s3, s3_endpoint

__all__ = ["s3", "s3_endpoint"]


@dataclass(frozen=True)
class Root:
    files: FileSystem
    path: str

    def at(self, name: str) -> str:
        return f"{self.path}/{name}"

    def put(self, name: str, content: bytes) -> str:
        with self.files.open_output(self.at(name)) as file:
            file.write(content)
        return self.at(name)

    def names(self, **how: bool) -> list[str]:
        return sorted(info.path.removeprefix(self.path + "/") for info in self.files.list(self.path, **how))


@pytest.fixture(params=["local", "s3", "memory"])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Root]:
    if request.param == "local":
        yield Root(LOCAL, str(tmp_path))
    elif request.param == "s3":
        bucket: S3Bucket = request.getfixturevalue("s3")
        place = chosen(f"{bucket.url}/a folder", bucket.options)
        yield Root(place.files, place.path)
    else:
        place = chosen(f"memory://{uuid.uuid4().hex}")
        yield Root(place.files, place.path)
        place.files.delete_folder(place.path)


def test_a_file_is_written_and_read(root: Root) -> None:
    path = root.put("deep/er/a b.bin", b"0123456789")
    info = root.files.info(path)
    assert info is not None and (info.path, info.size, info.kind) == (path, 10, "file")
    with root.files.open_input(path) as file:
        assert isinstance(file, Input) and file.size() == 10
        assert (file.read(3), file.tell(), file.seek(8), file.read(), file.read(4)) == (b"012", 3, 8, b"89", b"")
        assert (file.seek(-2, os.SEEK_END), bytes(file.read(1)), file.seek(-1, os.SEEK_CUR)) == (8, b"8", 8)
    with root.files.open_input(path) as file, file.buffered() as buffered:
        assert buffered.read() == b"0123456789"


@pytest.mark.parametrize("suffix", ["gz", "bz2", "zst", "lz4"])
def test_content_is_never_compressed_by_the_name(root: Root, suffix: str) -> None:
    with root.files.open_input(root.put(f"a.{suffix}", b"plain")) as file:
        assert file.read() == b"plain"


def test_a_file_is_seen_only_when_it_is_closed(root: Root) -> None:
    output = root.files.open_output(root.at("a"))
    output.write(b"half")
    assert root.files.info(root.at("a")) is None and output.tell() == 4
    output.close()
    output.close()
    assert output.closed and root.files.info(root.at("a")) is not None


def test_an_aborted_file_leaves_nothing(root: Root) -> None:
    with pytest.raises(ZeroDivisionError), root.files.open_output(root.at("a/b")) as output:
        output.write(b"half")
        raise ZeroDivisionError
    output.close()
    assert root.names() == []


def test_a_file_replaces_another(root: Root) -> None:
    root.put("a", b"old")
    with root.files.open_input(root.put("a", b"new")) as file:
        assert file.read() == b"new"


def test_what_is_not_there(root: Root) -> None:
    assert root.files.info(root.at("none")) is None
    assert list(root.files.list(root.at("none"))) == []
    with pytest.raises(FileNotFoundError, match="none"):
        root.files.open_input(root.at("none"))
    root.files.delete(root.at("none"))
    root.files.delete_folder(root.at("none"))


def test_folders(root: Root) -> None:
    for name in ("a", "b/c", "b/d/e", "_old/f", "b/.g"):
        root.put(name, b"x")
    assert root.names() == ["_old/f", "a", "b/.g", "b/c", "b/d/e"]
    assert root.names(visible=True) == ["a", "b/c", "b/d/e"]
    assert root.names(recursive=False) == ["_old", "a", "b"]
    kinds = {info.path: info.kind for info in root.files.list(root.path, recursive=False)}
    assert (kinds[root.at("a")], kinds[root.at("b")]) == ("file", "folder")
    folder = root.files.info(root.at("b"))
    assert folder is not None and folder.kind == "folder"
    root.files.delete_folder(root.at("b"))
    root.files.delete(root.at("a"))
    assert root.names() == ["_old/f"]


def test_create_makes_a_file_once(root: Root) -> None:
    root.files.create(root.at("once"), b"first")
    with pytest.raises(FileExistsError, match="once"):
        root.files.create(root.at("once"), b"second")
    assert root.files.creates_once
    with root.files.open_input(root.at("once")) as file:
        assert file.read() == b"first"


def test_rename_is_there_where_the_store_has_it(root: Root) -> None:
    root.put("old/a", b"x")
    if root.files.renames:
        root.files.rename(root.at("old"), root.at("new"))
        assert root.names() == ["new/a"]
    else:
        with pytest.raises(OSError, match="cannot be renamed"):
            root.files.rename(root.at("old"), root.at("new"))


def test_a_file_system_travels(root: Root) -> None:
    path = root.put("a", b"x")
    files = pickle.loads(pickle.dumps(root.files))
    assert files == root.files and hash(files) == hash(root.files)
    assert files.info(path).size == 1
