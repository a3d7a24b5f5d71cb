"""The data files of a table: written beside the others, under names that no other job has."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from glowray.io.commit.place import Place
from glowray.io.commit.store_place import StorePlace
from glowray.io.files.folders import remove, remove_empty_folders
from glowray.io.files.job_parts import job_of, new_attempt
from glowray.io.filesystem.location import Location
from glowray.io.sink import Part

EXTENSION = ".parquet"


def table_place(root: Location, job: str) -> Place:
    """Return where the tasks of a job put the data files of a table. Readers see a file when the log names it."""
    kind = DiskTablePlace if root.files.is_local else StorePlace
    return kind(root.files, root.path, job, EXTENSION)


def temporary_folder(root: str, job: str) -> str:
    """Return the folder for files that are not complete. Readers of Delta ignore names that begin with "_"."""
    return os.path.join(root, f"_glowray-{job}")


def remove_files(root: Location, job: str) -> None:
    """Remove everything that the tasks of a job wrote into the folder of a table."""
    if root.files.is_local:
        remove(temporary_folder(root.path, job))
    own = [file.path for file in root.files.list(root.path) if job_of(file.path) == job]
    for path in own:
        root.files.delete(path)
    if root.files.is_local:
        remove_empty_folders(root.path, [os.path.relpath(path, root.path) for path in own])


@dataclass(frozen=True)
class DiskTablePlace(StorePlace):
    """The folder of a table on a disk that all machines see. Complete files are moved to their final names."""

    @contextmanager
    def folder(self) -> Iterator[str]:
        path = temporary_folder(self.root, self.job)
        os.makedirs(path, exist_ok=True)
        yield path

    def deliver(self, parts: Sequence[Part]) -> list[Part]:
        attempt = new_attempt()
        new = [replace(part, path=self._path(part, attempt)) for part in parts]
        for old, part in zip(parts, new, strict=True):
            os.makedirs(os.path.dirname(part.path), exist_ok=True)
            os.replace(old.path, part.path)
        return new

    def fetch(self, part: Part, folder: str) -> Part:
        return part
