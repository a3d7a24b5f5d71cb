"""Places for the files of a write's tasks: on a disk that all machines share, or in a store."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from glowray.errors import GlowrayError
from glowray.io.files.folders import remove
from glowray.io.filesystem.location import Location
from glowray.io.sink import Part, Sink


class Place(ABC):
    """A place for the files of a write's tasks. It is pickled with the tasks.

    A task writes files in a folder of its disk, then delivers them. Sinks so write to disks alone.
    """

    @abstractmethod
    @contextmanager
    def folder(self) -> Iterator[str]:
        """Give a folder of this machine in which to write files."""

    @property
    def location(self) -> Location | None:
        """The folder to which the files go, None if there are no files. A folder of the local disk exists already."""
        return None

    @abstractmethod
    def deliver(self, parts: Sequence[Part]) -> list[Part]:
        """Put the files of a task where the driver sees them. Return the parts with their new paths."""

    @abstractmethod
    def fetch(self, part: Part, folder: str) -> Part:
        """Return a delivered part whose file is on this machine: as it is, or copied to `folder`."""

    @abstractmethod
    def remove(self, part: Part) -> None:
        """Remove a delivered file that is not needed."""

    @abstractmethod
    def full_disk(self, label: str) -> str:
        """Return a note for the error of a full disk, in a write to `label`."""

    def write(self, sink: Sink, index: int, rows: Iterable[Any]) -> list[Part]:
        """Write rows as a file of partition `index`. Return the delivered part, none if the format writes no file."""
        with self.folder() as folder:
            writer = sink.open(folder, index)
            writer.write(rows)
            part = writer.close()
            return self.deliver([] if part is None else [part])


@dataclass(frozen=True)
class DiskPlace(Place):
    """A folder that all machines see. Tasks write their files into it, so none is copied afterwards."""

    path: str

    @property
    def location(self) -> Location:
        return Location(self.path)

    @contextmanager
    def folder(self) -> Iterator[str]:
        yield self.path

    def deliver(self, parts: Sequence[Part]) -> list[Part]:
        return list(parts)

    def fetch(self, part: Part, folder: str) -> Part:
        return part

    def remove(self, part: Part) -> None:
        remove(part.path)

    def full_disk(self, label: str) -> str:
        return f'the disk of "{label}" is full: make room there, or write to another'


@dataclass(frozen=True)
class NoPlace(Place):
    """The place of a write whose tasks make no files, because their sink sends rows elsewhere."""

    @contextmanager
    def folder(self) -> Iterator[str]:
        yield ""

    def deliver(self, parts: Sequence[Part]) -> list[Part]:
        return list(parts)

    def fetch(self, part: Part, folder: str) -> Part:
        return part

    def remove(self, part: Part) -> None:
        """Do nothing: there is no file."""

    def full_disk(self, label: str) -> str:
        return f'the disk for temporary files is full, in a write to "{label}"'


def check_seen(parts: Sequence[Part]) -> None:
    """Raise GlowrayError if the driver does not see a file that a task wrote, as on a disk of another machine."""
    for part in parts:
        if not os.path.exists(part.path):
            raise GlowrayError(
                f'"{part.path}", which a task wrote, cannot be seen from here: '
                "write to a folder that every machine of the cluster shares"
            )
