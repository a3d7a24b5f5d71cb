"""The interface of a target: a folder or a file that a job writes, on a disk or in a store."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from glowray.io.commit.place import Place, check_seen
from glowray.io.files.folders import remove_if_empty, remove_temporary
from glowray.io.filesystem.location import Location
from glowray.io.sink import Part, Sink


class Target(ABC):
    """The output of one job. The commit calls the methods in the order in which they stand here.

    A commit ends with `close()`. At any time before, `undo()` and `release()` bring back what was there.
    """

    can_undo: ClassVar[bool]
    """Whether `undo()` works after `finish()`. A run finishes these targets first, because others may still fail."""

    is_one_file: ClassVar[bool]
    """Whether the rows of all parts are in one file."""

    @property
    @abstractmethod
    def label(self) -> str:
        """The path for errors, without credentials."""

    @abstractmethod
    def check(self) -> None:
        """Raise FileExistsError if the mode forbids the present content. Reserve nothing."""

    @abstractmethod
    def begin(self) -> Place:
        """Reserve the target, and return where tasks put their files."""

    @abstractmethod
    def check_seen(self, parts: Sequence[Part]) -> None:
        """Raise GlowrayError if this process does not see a file that a task wrote."""

    @abstractmethod
    def kept(self) -> list[Location]:
        """Return the files that readers see and that stay: none unless the job appends."""

    @abstractmethod
    def stage(self, parts: Sequence[Part], sink: Sink) -> tuple[int, int]:
        """Prepare everything beside the target. Return the number of new files and their bytes."""

    @abstractmethod
    def verify(self) -> None:
        """Raise CommitConflict if another job or program changed the target since `begin()`."""

    @abstractmethod
    def put(self) -> None:
        """Put files in place. Readers do not take them for an output yet, where that can be."""

    @abstractmethod
    def finish(self) -> None:
        """Make the output visible to readers, in one step."""

    @abstractmethod
    def undo(self) -> None:
        """Bring back the content before `begin()`."""

    @abstractmethod
    def close(self) -> None:
        """Remove the replaced files, and release the target."""

    @abstractmethod
    def release(self) -> None:
        """Remove temporary files, and release the target."""


class DiskTarget(Target):
    """A target on a disk. It has a folder for temporary files, the folders that it made, and a lock."""

    can_undo = True

    def __init__(self, path: str, mode: str, temporary: str) -> None:
        self.path = path
        self._mode = mode
        self._temporary = temporary
        self._made: list[str] = []
        self._lock: int | None = None
        self._is_staged = False

    @property
    def label(self) -> str:
        return self.path

    def check_seen(self, parts: Sequence[Part]) -> None:
        check_seen(parts)

    def close(self) -> None:
        """Release the target after a commit. Folders that the job made stay."""
        self._made = []
        self.release()

    def release(self) -> None:
        """Remove temporary files and new empty folders, and release the lock."""
        remove_temporary(self._temporary)
        for folder in reversed(self._made):
            remove_if_empty(folder)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None
