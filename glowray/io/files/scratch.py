"""Folders for temporary files on the disk of one machine."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from glowray.io.files.folders import owner_is_dead, remove, write_owner

_PREFIX = "glowray-scratch-"


@contextmanager
def scratch_folder() -> Iterator[str]:
    """Make a folder on this machine's disk, and remove it afterwards."""
    path = make_scratch()
    try:
        yield path
    finally:
        remove(path)


def make_scratch() -> str:
    """Make a folder on this machine's disk, and remove those of processes that were killed."""
    own = f"{_PREFIX}{os.getpid()}-"
    _sweep(tempfile.gettempdir(), own)
    path = tempfile.mkdtemp(prefix=own)
    write_owner(path)
    return path


def _sweep(parent: str, own: str) -> None:
    """Remove the folders whose owner has ended. Names that begin with `own` are those of this process, which lives."""
    with os.scandir(parent) as entries:
        others = [entry for entry in entries if entry.name.startswith(_PREFIX) and not entry.name.startswith(own)]
        found = [entry.path for entry in others if _is_of_this_user(entry)]
    for path in filter(owner_is_dead, found):
        remove(path)


def _is_of_this_user(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.stat(follow_symlinks=False).st_uid == os.getuid()
    except FileNotFoundError:  # Another process removed it.
        return False
