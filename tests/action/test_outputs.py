"""Test that a run puts all its targets and its dead letters in place, or none of them."""

from __future__ import annotations

import errno
import json
import os
import queue
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import glowray as gr
from glowray.errors import CommitConflict, TooManyErrors
from tests.engine.doubles import CountingEngine, Lab

Tree = dict[str, str | None]


def tree(folder: Path) -> Tree:
    """Return the content of every file below a folder, hidden files too, and None for every folder."""
    return {str(p.relative_to(folder)): p.read_text() if p.is_file() else None for p in sorted(folder.rglob("*"))}


def contents(folder: Path) -> Tree:
    """Return `tree`, without the parts that name the job."""
    return {name: text for name, text in tree(folder).items() if not name.endswith("_SUCCESS")}


class Program:
    """A program that writes every kind of target over the files of an earlier run."""

    def __init__(self, lab: Lab, folder: Path) -> None:
        self.lab, self.folder = lab, folder
        self.rows: queue.Queue[Any] = queue.Queue()

    def before(self) -> None:
        rows = gr.Flow(engine="inline").from_items(["old"], partitions=1)
        for name in ("replaced", "appended"):
            rows.write_text(self.folder / name)
        for name in ("file", "letters"):
            rows.write_text(self.folder / name, single_file=True)

    def run(self, sink: Callable[[Any], Any] | None = None) -> list[Any]:
        flow = self.lab.flow(on_error=self.folder / "letters")
        rows = flow.from_items([3, 2, 1, 0], partitions=2).map(lambda n: 6 // n)
        rows.output(self.rows)
        rows.write_text(self.folder / "replaced", mode="overwrite", defer=True)
        rows.write_text(self.folder / "appended", mode="append", defer=True)
        rows.write_json(self.folder / "deep" / "new", defer=True)
        rows.write_text(self.folder / "file", mode="overwrite", single_file=True, defer=True)
        rows.write_text(self.folder / "fresh", single_file=True, defer=True)
        if sink is not None:
            rows.output(sink, on_error="raise")
        return flow.run()

    def sent(self) -> list[Any]:
        """Return the items of the queue."""
        return [self.rows.get_nowait() for _ in range(self.rows.qsize())]


class Failing:
    """A file system that fails once. It lets `passes` renames, replacements and links pass, and fails the next one.

    The removal of temporary folders does not count: if their rename fails, they are removed as they are.
    """

    def __init__(self, patch: pytest.MonkeyPatch, passes: int) -> None:
        self.left, self.has_struck = passes, False
        for name in ("rename", "replace", "link"):
            patch.setattr(os, name, self.limited(getattr(os, name)))

    def limited(self, step: Callable[..., None]) -> Callable[..., None]:
        def limited(*args: Any, **kwargs: Any) -> None:
            self.left -= not str(args[-1]).endswith(".removed")
            if self.left == -1 and not self.has_struck:
                self.has_struck = True
                raise OSError(errno.EIO, "the disk is gone")
            step(*args, **kwargs)

        return limited

    @property
    def has_failed(self) -> bool:
        return self.left < 0


@pytest.mark.slow
def test_a_failure_at_any_step_leaves_everything_as_it_was(tmp_path: Path) -> None:
    steps = 0
    while True:
        program = Program(Lab("inline"), tmp_path / str(steps))
        program.before()
        before = tree(program.folder)
        with pytest.MonkeyPatch.context() as patch:
            failing = Failing(patch, steps)
            try:
                program.run()
            except OSError as error:
                assert failing.has_failed and error.errno == errno.EIO
            else:
                break
        assert tree(program.folder) == before, f"after {steps} steps"
        assert program.sent()[-1:] == [None]
        steps += 1
    assert not failing.has_failed
    assert steps > 15, "each target takes several"
    check_whole(program)


def check_whole(program: Program) -> None:
    there = contents(program.folder)
    letters = there.pop("letters")
    assert letters is not None and letters.count("ZeroDivisionError") == len(letters.splitlines()) == 1
    assert {name: text for name, text in there.items() if text is not None} == {
        "replaced/part-00000.txt": "2\n3\n",
        "replaced/part-00001.txt": "6\n",
        "appended/part-00000.txt": "old\n",
        "appended/part-00001.txt": "2\n3\n",
        "appended/part-00002.txt": "6\n",
        "deep/new/part-00000.json": "2\n3\n",
        "deep/new/part-00001.json": "6\n",
        "file": "2\n3\n6\n",
        "fresh": "2\n3\n6\n",
    }
    assert {name for name in tree(program.folder) if name.endswith("_SUCCESS")} == {
        f"{folder}/_SUCCESS" for folder in ("replaced", "appended", "deep/new")
    }
    assert program.sent() == [2, 3, 6, None]


@pytest.mark.ray
@pytest.mark.parametrize("steps", [0, 4, 8, 12, 14, 15, None])
def test_so_it_is_on_ray(local_ray: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, steps: int | None) -> None:
    program = Program(Lab("ray"), tmp_path)
    program.before()
    before = tree(tmp_path)
    if steps is None:
        program.run()
        check_whole(program)
        return
    Failing(monkeypatch, steps)
    with pytest.raises(OSError, match="the disk is gone"):
        program.run()
    assert tree(tmp_path) == before


def test_a_sink_that_fails_leaves_no_file(engine: Lab, tmp_path: Path) -> None:
    program = Program(engine, tmp_path)
    program.before()
    before = tree(tmp_path)

    def refuse(row: int) -> None:
        raise LookupError(row)

    with pytest.raises(LookupError):
        program.run(refuse)
    assert tree(tmp_path) == before


def test_an_error_of_a_sink_is_the_users_own(engine: Lab) -> None:
    def refuse(word: str, n: int) -> None:
        raise LookupError(word, n)

    flow = engine.flow()
    flow.from_items([("a", 1), ("b", 2)], partitions=1).output(refuse)
    with pytest.raises(LookupError) as caught:
        flow.run()
    assert caught.value.args == ("a", 1)
    assert caught.value.__notes__[0].startswith("in output(") and "test_outputs.py:" in caught.value.__notes__[0]
    assert caught.value.__notes__[1:3] == ["row: ('a', 1)", "partition: 0"]
    assert traceback.extract_tb(caught.value.__traceback__)[-1].name == "refuse"
    assert len(traceback.extract_tb(caught.value.__traceback__)) == 2, "frames of the test and of the function"
    assert caught.value.__cause__ is None and caught.value.__context__ is None


@pytest.mark.parametrize("source", ["items", "channel"])
def test_rows_that_a_sink_refuses_are_bad_rows(engine: Lab, tmp_path: Path, source: str) -> None:
    letters = tmp_path / "letters"
    for policy in ("skip", "collect", letters):
        flow = engine.flow(on_error="skip", max_errors=2)
        numbers = [0, 1, 2, 0]
        rows = flow.from_items(numbers, partitions=2) if source == "items" else flow.from_channel(iter(numbers))
        seen: list[float] = []
        rows.output(lambda n, seen=seen: seen.append(1 / n), name="invert", on_error=policy)
        assert flow.run() == [None]
        assert (seen, flow.skipped) == ([1.0, 0.5], {"invert": 2})
        assert [(error.step, error.row) for error in flow.errors] == [("invert", 0)] * (2 * (policy == "collect"))
    assert [json.loads(line)["step"] for line in letters.read_text().splitlines()] == ["invert"] * 2
    flow = engine.flow(on_error="skip", max_errors=1)
    flow.from_items([0, 0], partitions=1).output(lambda n: 1 / n)
    with pytest.raises(TooManyErrors, match="2 rows failed"):
        flow.run()


def test_an_output_may_ask_for_resources(counting: CountingEngine) -> None:
    flow = gr.Flow(engine=counting, num_cpus=1)
    seen: list[int] = []
    flow.from_items([1, 2], partitions=1).output(seen.append, num_cpus=2, memory=3, name="take")
    flow.run()
    assert seen == [1, 2]
    assert [(task.num_cpus, task.memory) for task in counting.resources] == [(2, 3)]
    with pytest.raises(ValueError, match="num_gpus must not be negative"):
        flow.from_items([1]).output(seen.append, num_gpus=-1)


def test_a_target_that_somebody_changed_keeps_all_from_being_put(engine: Lab, tmp_path: Path) -> None:
    program = Program(engine, tmp_path)
    program.before()
    before = tree(tmp_path)

    def meddle(row: int) -> None:
        (tmp_path / "appended" / "theirs").write_text("mine")

    with pytest.raises(CommitConflict, match="appended"):
        program.run(meddle)
    assert tree(tmp_path) == {**before, "appended/theirs": "mine"}


def test_two_targets_of_one_place_are_refused(engine: Lab, tmp_path: Path) -> None:
    for single_file in (False, True):
        flow = engine.flow()
        rows = flow.from_items(["a", "b"])
        for _ in range(2):
            rows.write_text(tmp_path / "out", single_file=single_file, defer=True)
        with pytest.raises(CommitConflict):
            flow.run()
        assert tree(tmp_path) == {}


def test_letters_of_an_iteration_that_ends_early_are_kept(engine: Lab, tmp_path: Path) -> None:
    flow = engine.flow(on_error=tmp_path / "letters")
    rows = flow.from_range(0, 8, partitions=4).map(lambda n: 1 // n)
    for _ in rows:
        break
    assert flow.skipped == {"map": 1}
    assert len((tmp_path / "letters").read_text().splitlines()) == 1


def test_letters_that_cannot_be_taken_leave_none_taken(engine: Lab, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    rows = engine.flow().from_items([0, 1]).map(lambda n: 1 // n, on_error=tmp_path / "letters")
    both = rows.map(lambda n: 1 // n, on_error=tmp_path / "folder")
    with pytest.raises(FileExistsError, match="is a folder"):
        both.collect()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["folder"]
    assert rows.collect() == [1]


@pytest.mark.parametrize("single_file", [False, True])
@pytest.mark.parametrize("verb", ["write_text", "write_csv", "write_json"])
def test_a_full_disk_is_told_and_nothing_is_left(
    verb: str, single_file: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def open_on_a_full_disk(path: str, mode: str) -> Any:
        if mode == "rb":
            return open(path, mode)
        Path(path).touch(exist_ok=False)
        return open("/dev/full", "wb")

    monkeypatch.setattr("glowray.io.files.compression.open", open_on_a_full_disk, raising=False)
    rows = gr.Flow(engine="inline").from_range(3, partitions=2).map(lambda n: {"n": n})
    with pytest.raises(OSError, match="No space left on device") as full:
        getattr(rows, verb)(tmp_path / "out", single_file=single_file)
    assert full.value.errno == errno.ENOSPC
    assert f'the disk of "{tmp_path / "out"}" is full: make room there, or write to another' in full.value.__notes__
    assert list(tmp_path.iterdir()) == []
