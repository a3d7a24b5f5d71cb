"""The place of a task's files in a store: written on the node's disk, then uploaded under their final names."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from glowray.io.commit.place import Place
from glowray.io.files.job_parts import new_attempt, part_name
from glowray.io.files.scratch import scratch_folder
from glowray.io.filesystem.interface import FileSystem
from glowray.io.filesystem.local import LOCAL
from glowray.io.filesystem.location import Location
from glowray.io.sink import Part

_COPY_BYTES = 1 << 20
_REQUESTS = 16
"""The number of requests that are open at once. Each waits for the store most of its time."""


@dataclass(frozen=True)
class StorePlace(Place):
    """The folder `root` of a store. Every attempt of a task gives its files other names.

    Files are uploaded when the task's rows are all written. So a failing function leaves nothing in the store, and an
    upload is short.
    """

    files: FileSystem
    root: str
    job: str
    extension: str
    first: int = 0
    """The number of the part of partition 0."""

    @property
    def location(self) -> Location:
        return Location(self.root, self.files)

    @contextmanager
    def folder(self) -> Iterator[str]:
        with scratch_folder() as folder:
            yield folder

    def deliver(self, parts: Sequence[Part]) -> list[Part]:
        attempt = new_attempt()
        new = [replace(part, path=self._path(part, attempt), files=self.files) for part in parts]
        pairs = [pair for old, part in zip(parts, new, strict=True) for pair in _files(old.path, part)]
        at_once(lambda pair: upload(self.files, *pair), pairs)
        return new

    def fetch(self, part: Part, folder: str) -> Part:
        path = os.path.join(folder, "fetched-" + os.path.basename(part.path))
        download(self.files, part.path, path)
        return replace(part, path=path, files=LOCAL)

    def remove(self, part: Part) -> None:
        """Do nothing. The commit removes the files that it does not list."""

    def full_disk(self, label: str) -> str:
        return "the disk for temporary files is full: make room there, or set TMPDIR to a folder of another"

    def _path(self, part: Part, attempt: str) -> str:
        number, extension = self.first + part.index, self.extension if part.names is None else ""
        name = part_name(number, self.job, attempt, part.sequence, extension)
        return "/".join(filter(None, [self.root, part.folder, name]))


def at_once(call: Callable[[Any], None], items: Iterable[Any]) -> None:
    """Call a function with each item, several at once if there are more. Raise the first error."""
    found = list(items)
    if len(found) < 2:
        for item in found:
            call(item)
        return
    with ThreadPoolExecutor(_REQUESTS) as pool:
        list(pool.map(call, found))


def upload(files: FileSystem, source: str, path: str) -> None:
    """Write a file of this machine's disk to a store."""
    with open(source, "rb") as file:
        files.upload(file, path)


def download(files: FileSystem, path: str, target: str) -> None:
    """Write a file of a store to this machine's disk."""
    with files.open_input(path) as source, open(target, "xb") as file:
        shutil.copyfileobj(source.buffered(), file, _COPY_BYTES)


def _files(old: str, part: Part) -> Iterator[tuple[str, str]]:
    """Yield each file of a part on disk, and its path in the store."""
    if part.names is None:
        yield old, part.path
    for name in part.names or ():
        yield os.path.join(old, name), f"{part.path}/{name}"
