"""Test that a job commits all of its files or none, and touches no other file."""

from __future__ import annotations

import errno
import fcntl
import gzip
import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glowray.errors import CommitConflict, GlowrayError
from glowray.io import Commit, Sink, TextSink, Written
from glowray.io.text.reader import text_reader
from tests.effort import examples


def write(
    target: Path,
    parts: Sequence[Sequence[Any]],
    mode: str = "error",
    single_file: bool = False,
    sink: Sink | None = None,
) -> Written:
    sink = sink or TextSink()
    commit = Commit(target, sink, mode, single_file)
    commit.check()
    folder = commit.begin().path
    done = []
    for index, rows in reversed(list(enumerate(parts))):  # tasks end in any order
        writer = sink.open(folder, index)
        writer.write(iter(rows))
        done.append(writer.close())
    return commit.commit(done)


def tree(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder, hidden files too."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def lines(path: Path) -> list[str]:
    reader = text_reader(path)
    return [line for index in range(reader.num_partitions) for rows in reader.read(index) for line in rows]


LINES = st.lists(st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\r\n")), max_size=4)


@pytest.mark.slow
@settings(max_examples=examples(20))  # a compressor is slow to start
@given(parts=st.lists(LINES, min_size=1, max_size=8))
@pytest.mark.parametrize("compression", [None, "gz", "bz2", "zst", "xz"])
@pytest.mark.parametrize("single_file", [False, True])
def test_what_is_written_reads_back(
    tmp_path_factory: pytest.TempPathFactory, single_file: bool, compression: str | None, parts: list[list[str]]
) -> None:
    sink = TextSink(compression)
    folder = tmp_path_factory.mktemp("out")
    target = folder / (f"out{sink.extension}" if single_file else "out")
    rows = [row for part in parts for row in part]
    for mode, expected in [("error", rows), ("append", rows + rows), ("overwrite", rows)]:
        written = write(target, parts, mode, single_file, sink)
        assert lines(target) == expected
        assert written.rows == len(rows)
        assert written.files == (1 if single_file else len(parts))
        if mode != "append" and not single_file:
            assert written.bytes == sum(len(data) for name, data in tree(target).items() if name != "_SUCCESS")
    assert [name for name in os.listdir(folder) if name != target.name] == []


def test_parts_are_named_by_number_and_appending_goes_on(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "er"
    assert write(out, [["a"], [], ["b", 1]]) == Written(3, 3, 6)
    assert write(out, [["c"]], "append") == Written(1, 1, 2)
    content = tree(out)
    manifest = json.loads(content.pop("_SUCCESS"))
    names = [f"part-{n:05d}.txt" for n in range(4)]
    assert content == dict(zip(names, [b"a\n", b"", b"b\n1\n", b"c\n"], strict=True))
    assert manifest["files"] == names


def test_compressed_files_do_not_depend_on_the_time(tmp_path: Path) -> None:
    for name in "ab":
        write(tmp_path / name, [["x"] * 100], sink=TextSink("gz"))
    data = (tmp_path / "a" / "part-00000.txt.gz").read_bytes()
    assert data == (tmp_path / "b" / "part-00000.txt.gz").read_bytes()
    assert gzip.decompress(data) == b"x\n" * 100


def test_mode_error_refuses_what_is_there_before_anything_is_written(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    before = tree(tmp_path)
    for single_file, target in [(False, tmp_path), (False, tmp_path / "notes.txt"), (True, tmp_path / "notes.txt")]:
        for step in ("check", "begin"):
            with pytest.raises(FileExistsError, match=str(target)):
                getattr(Commit(target, TextSink(), single_file=single_file), step)()
    with pytest.raises(FileExistsError, match="is a folder"):
        Commit(tmp_path, TextSink(), "overwrite", single_file=True).check()
    assert tree(tmp_path) == before
    assert os.listdir(tmp_path) == ["notes.txt"]


def test_an_empty_folder_or_file_is_free(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    write(tmp_path / "out", [["a"]])
    (tmp_path / "file").touch()
    write(tmp_path / "file", [["a"]], single_file=True)
    assert lines(tmp_path / "out") == lines(tmp_path / "file") == ["a"]


def test_overwrite_replaces_only_what_glowray_wrote(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write(out, [["a"], ["b"], ["c"]])
    write(out, [["d"]], "overwrite")
    assert set(tree(out)) == {"_SUCCESS", "part-00000.txt"}
    assert lines(out) == ["d"]

    (out / "notes.md").write_text("mine")
    with pytest.raises(FileExistsError, match=r"notes\.md"):
        write(out, [["e"]], "overwrite")
    (out / "notes.md").unlink()
    (out / "_SUCCESS").write_text("")
    with pytest.raises(FileExistsError, match="was not written by glowray"):
        write(out, [["e"]], "overwrite")
    assert lines(out) == ["d"]


def test_abort_leaves_the_target_as_it_was(tmp_path: Path) -> None:
    write(tmp_path / "old", [["a"]])
    before = tree(tmp_path)
    cases = [
        ("old", "overwrite", False),
        ("old", "append", False),
        ("new/deep", "error", False),
        ("f/x", "error", True),
    ]
    for name, mode, single_file in cases:
        commit = Commit(tmp_path / name, TextSink(), mode, single_file)
        writer = TextSink().open(commit.begin().path, 0)
        writer.write(["b"])
        writer.close()
        commit.abort()
        commit.abort()
        assert tree(tmp_path) == before
        assert os.listdir(tmp_path) == ["old"]


@pytest.mark.parametrize("single_file", [False, True])
@pytest.mark.parametrize("mode", ["error", "append", "overwrite"])
def test_of_two_jobs_one_wins(tmp_path: Path, mode: str, single_file: bool) -> None:
    target = tmp_path / "out"
    if mode != "error":
        write(target, [["old"]], single_file=single_file)
    sink = TextSink()
    one, two = (Commit(target, sink, mode, single_file) for _ in range(2))
    conflicts = 0
    committed = []
    begun = []
    for name, commit in [("one", one), ("two", two)]:
        try:
            writer = sink.open(commit.begin().path, 0)
        except CommitConflict:
            conflicts += 1
            continue
        writer.write([name])
        begun.append((name, commit, writer.close()))
    for name, commit, part in begun:
        try:
            commit.commit([part])
            committed.append(name)
        except CommitConflict:
            conflicts += 1
    assert conflicts == 1
    assert committed == ["one"]
    assert lines(target) == (["old", "one"] if mode == "append" else ["one"])
    assert [name for name in os.listdir(tmp_path) if name != "out"] == []


@pytest.mark.parametrize("single_file", [False, True])
@pytest.mark.parametrize("mode", ["error", "overwrite", "append"])
def test_a_target_that_changed_meanwhile_is_not_touched(tmp_path: Path, mode: str, single_file: bool) -> None:
    target = tmp_path / "out"
    write(target, [["old"]], single_file=single_file)
    if mode == "error":
        for file in [target] if single_file else list(target.iterdir()):
            file.unlink()
    commit = Commit(target, TextSink(), mode, single_file)
    writer = TextSink().open(commit.begin().path, 0)
    changed = target if single_file else target / "theirs.txt"
    changed.unlink(missing_ok=True)
    changed.write_text("somebody else's\n")
    with pytest.raises(CommitConflict):
        commit.commit([writer.close()])
    assert changed.read_text() == "somebody else's\n"
    assert list(tmp_path.rglob("_temporary-*")) == []
    if mode != "error" and not single_file:
        assert (target / "part-00000.txt").read_text() == "old\n"


@pytest.fixture
def full_disk() -> Iterator[None]:
    """Limit the size of files to 64 KB. Writes then fail as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("compression", [None, "gz", "bz2", "zst", "xz"])
def test_a_full_disk_leaves_nothing_half_written(tmp_path: Path, full_disk: None, compression: str | None) -> None:
    write(tmp_path / "old", [["a"]])
    before = tree(tmp_path)
    noise = [os.urandom(500).hex() for _ in range(300)]
    sink = TextSink(compression)
    for target, mode in [("old", "overwrite"), ("new", "error")]:
        commit = Commit(tmp_path / target, sink, mode)
        folder = commit.begin().path
        writer = sink.open(folder, 0)
        with pytest.raises(OSError, match="too large") as caught:
            writer.write(noise)
            writer.close()
        assert caught.value.filename.startswith(folder)
        assert os.listdir(folder) == []
        commit.abort()
    assert tree(tmp_path) == before


def test_a_full_disk_while_joining(tmp_path: Path, full_disk: None) -> None:
    target = tmp_path / "one.txt"
    write(target, [["old"]], single_file=True)
    with pytest.raises(OSError, match="too large"):
        write(target, [["x" * 40_000], ["y" * 40_000]], "overwrite", single_file=True)
    assert tree(tmp_path) == {"one.txt": b"old\n"}


FAILING_RENAME = """
import os, sys
from glowray.io import Commit, TextSink

target, mode, allowed, die = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4] == "die"
commit = Commit(target, TextSink(), mode)
folder = commit.begin().path
parts = []
for index in range(3):
    writer = TextSink().open(folder, index)
    writer.write([f"new {index}"])
    parts.append(writer.close())

def failing(move):
    def moved(source, destination):
        global allowed
        if destination.endswith(".removed"):
            return move(source, destination)  # the clean-up after the commit
        if allowed == 0:
            if die:
                os.kill(os.getpid(), 9)
            allowed -= 1
            raise OSError(28, "No space left on device")
        allowed -= 1
        move(source, destination)
    return moved

os.rename, os.replace = failing(os.rename), failing(os.replace)
commit.commit(parts)
"""


@pytest.mark.process
@pytest.mark.parametrize("how", ["die", "fail"])
@pytest.mark.parametrize("mode", ["overwrite", "append", "error"])
@pytest.mark.parametrize("after", range(10))
def test_a_commit_that_ends_anywhere_is_whole_or_undone(tmp_path: Path, how: str, mode: str, after: int) -> None:
    out = tmp_path / "out"
    old, new = (["old 0", "old 1"] if mode != "error" else []), ["new 0", "new 1", "new 2"]
    if old:
        write(out, [[row] for row in old])
    command = [sys.executable, "-c", FAILING_RENAME, str(out), mode, str(after), how]
    ended = subprocess.run(command, cwd=Path(__file__).parents[3], capture_output=True, check=False)

    whole = {"overwrite": new, "append": old + new, "error": new}[mode]
    if ended.returncode == 0:
        assert lines(out) == whole
    else:
        assert ended.returncode == (-9 if how == "die" else 1), ended.stderr.decode()
        assert how == "die" or list(tmp_path.rglob("_temporary-*")) == []
        if how == "fail" and not old:
            assert not out.exists()
    # The next job finds the folder as it was before the failed job.
    write(out, [["next"]], "append")
    assert lines(out) in ([*old, "next"], [*whole, "next"])
    assert (lines(out) == [*whole, "next"]) == (ended.returncode == 0)
    assert list(tmp_path.rglob("_temporary-*")) == []
    write(out, [["last"]], "overwrite")
    assert lines(out) == ["last"]


def test_a_dead_job_leaves_the_place_free(tmp_path: Path) -> None:
    script = """
import os, sys
from glowray.io import Commit, TextSink
for target, single_file in [("folder", False), ("file", True)]:
    commit = Commit(os.path.join(sys.argv[1], target), TextSink(), single_file=single_file)
    TextSink().open(commit.begin().path, 0)
os._exit(1)
"""
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], cwd=Path(__file__).parents[3], check=False)
    assert len(list(tmp_path.rglob("_temporary-*"))) == 2
    for target, single_file in [("folder", False), ("file", True)]:
        write(tmp_path / target, [["a"]], single_file=single_file)
        assert lines(tmp_path / target) == ["a"]
    assert list(tmp_path.rglob("_temporary-*")) == []


def test_a_part_that_cannot_be_seen_is_explained(tmp_path: Path) -> None:
    commit = Commit(tmp_path / "out", TextSink())
    writer = TextSink().open(commit.begin().path, 0)
    part = writer.close()
    os.unlink(part.path)
    with pytest.raises(GlowrayError, match="every machine of the cluster shares"):
        commit.commit([part])
    assert not (tmp_path / "out").exists()


def test_an_attempt_that_failed_or_ran_twice_counts_once(tmp_path: Path) -> None:
    commit = Commit(tmp_path / "out", TextSink())
    folder = commit.begin().path

    def failing() -> Iterator[str]:
        yield from ["a"] * 10_000
        raise KeyError("user's")

    with pytest.raises(KeyError):
        TextSink().open(folder, 0).write(failing())
    assert os.listdir(folder) == []
    parts = []
    for _ in range(2):
        writer = TextSink().open(folder, 0)
        writer.write(["a"])
        parts.append(writer.close())
    commit.commit(parts[:1])
    assert set(tree(tmp_path / "out")) == {"_SUCCESS", "part-00000.txt"}


def test_appending_to_a_file_without_a_final_line_end_starts_a_line(tmp_path: Path) -> None:
    (tmp_path / "log.txt").write_text("a\nb")
    write(tmp_path / "log.txt", [["c"]], "append", single_file=True)
    assert lines(tmp_path / "log.txt") == ["a", "b", "c"]


def test_wrong_use_is_found_at_once(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="mode must be one of"):
        Commit(tmp_path, TextSink(), "replace")
    with pytest.raises(ValueError, match=r"must have a name that ends in \.gz"):
        Commit(tmp_path / "a.txt", TextSink("gz"), single_file=True)
    with pytest.raises(ValueError, match=r"ends in \.bz2, but the file is not compressed"):
        Commit(tmp_path / "a.txt.bz2", TextSink(), single_file=True)
    with pytest.raises(ValueError, match="cannot be written"):
        Commit("http://127.0.0.1:9/out", TextSink())


def test_text_rows_are_str_of_the_row(tmp_path: Path) -> None:
    rows = ["a", 1, None, ("x", 2.0), b"b", "", "two\nlines"]
    write(tmp_path / "out", [rows])
    assert lines(tmp_path / "out") == ["a", "1", "None", "('x', 2.0)", "b'b'", "", "two", "lines"]
    with pytest.raises(ValueError, match=r"'\\ud800' has no UTF-8 form"):
        write(tmp_path / "bad", [["fine", "\ud800"]])


@pytest.mark.parametrize("single_file", [False, True])
def test_a_file_system_without_locks_still_finds_conflicts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, single_file: bool
) -> None:
    def no_locks(descriptor: int, operation: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", no_locks)
    commits = [Commit(tmp_path / "out", TextSink(), single_file=single_file) for _ in range(2)]
    parts = []
    for name, commit in zip(["one", "two"], commits, strict=True):
        writer = TextSink().open(commit.begin().path, 0)
        writer.write([name])
        parts.append(writer.close())
    commits[0].commit(parts[:1])
    with pytest.raises(CommitConflict):
        commits[1].commit(parts[1:])
    assert lines(tmp_path / "out") == ["one"]
    assert list(tmp_path.rglob("_temporary-*")) == []
