"""Test that temporary files are removed only if the process that owns them has surely ended."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from glowray.io.files.folders import (
    OWNERLESS_SECONDS,
    make_below_job,
    owner_is_dead,
    remove_temporary,
    write_owner,
)
from glowray.io.files.paths import TEMPORARY

HOST, BOOT, NAMESPACE, PID, STARTED = range(5)


def change(folder: Path, **fields: str) -> None:
    """Change fields in the note about a folder's owner."""
    words = (folder / "owner").read_text().split(" ")
    for name, word in fields.items():
        words[globals()[name]] = word
    (folder / "owner").write_text(" ".join(words))


def test_this_process_lives(tmp_path: Path) -> None:
    write_owner(str(tmp_path))
    assert not owner_is_dead(str(tmp_path))


@pytest.mark.process
def test_a_process_that_has_ended_is_dead(tmp_path: Path) -> None:
    code = f"from glowray.io.files.folders import write_owner; write_owner({str(tmp_path)!r})"
    subprocess.run([sys.executable, "-c", code], check=True)
    assert owner_is_dead(str(tmp_path))


@pytest.mark.parametrize(
    ("fields", "dead"),
    [
        ({"STARTED": "1"}, True),  # its pid now belongs to another process: this one
        ({"BOOT": "another"}, True),  # the machine was restarted
        ({"HOST": "another"}, False),
        ({"HOST": "another", "STARTED": "1"}, False),
        ({"NAMESPACE": "pid:[1]", "STARTED": "1"}, False),  # a container, whose processes are not visible here
    ],
)
def test_what_is_not_surely_dead_is_left_alone(tmp_path: Path, fields: dict[str, str], dead: bool) -> None:
    write_owner(str(tmp_path))
    change(tmp_path, **fields)
    assert owner_is_dead(str(tmp_path)) == dead


@pytest.mark.parametrize("note", ["", "vm 12", "a b c d"])
def test_a_note_that_is_damaged_says_nothing(tmp_path: Path, note: str) -> None:
    (tmp_path / "owner").write_text(note)
    assert not owner_is_dead(str(tmp_path))


def test_without_a_note_nobody_is_dead(tmp_path: Path) -> None:
    assert not owner_is_dead(str(tmp_path))


def test_an_old_folder_without_a_note_is_dead(tmp_path: Path) -> None:
    long_ago = time.time() - OWNERLESS_SECONDS - 60
    os.utime(tmp_path, (long_ago, long_ago))
    assert owner_is_dead(str(tmp_path))


def test_a_task_makes_no_folder_of_a_job_that_has_ended(tmp_path: Path) -> None:
    job = tmp_path / f"{TEMPORARY}out-1"
    (job / "parts").mkdir(parents=True)
    make_below_job(str(job / "parts" / "year=2013" / "month=1"))
    assert (job / "parts" / "year=2013" / "month=1").is_dir()
    remove_temporary(str(job))
    with pytest.raises(FileNotFoundError, match="the job of this task has ended"):
        make_below_job(str(job / "parts" / "year=2013" / "month=2"))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_gone_while_it_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that is killed meanwhile leaves a folder that the next job removes, whoever owns it."""
    job = tmp_path / f"{TEMPORARY}out-1"
    job.mkdir()
    write_owner(str(job))
    monkeypatch.setattr("glowray.io.files.folders.remove", lambda path: None)
    remove_temporary(str(job))
    (left,) = tmp_path.iterdir()
    assert left.name == f"{TEMPORARY}out-1.removed" and owner_is_dead(str(left))
    remove_temporary(str(job))


def test_a_folder_that_cannot_be_renamed_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(source: str, destination: str) -> None:
        raise OSError(errno.EIO, "the disk refuses")

    job = tmp_path / f"{TEMPORARY}out-1"
    (job / "parts").mkdir(parents=True)
    monkeypatch.setattr(os, "rename", refuse)
    remove_temporary(str(job))
    assert not job.exists()
