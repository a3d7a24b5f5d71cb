"""The protocol of a write between a job and its target: files, a table, a topic or a collection."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from glowray.io.commit.place import Place
from glowray.io.hive import HiveFolders
from glowray.io.sink import Part


class PendingWrite(Protocol):
    """A write that tasks carry out and the driver makes visible, together with the other writes of a run.

    `begin()` comes first. After the tasks have run, the driver calls `misfits()` and `stage()`. Then
    `commit_together()` calls `verify()`, `put()`, `finish()`, `keep()` and `close()` on all writes of a run. `abort()`
    may come at any time.
    """

    @property
    def name(self) -> str:
        """The target, as errors name it."""

    @property
    def sink(self) -> Any:
        """The object whose `open(folder, index)` gives a task its PartWriter."""

    @property
    def folders(self) -> Any:
        """The HiveFolders: the fields whose values name the folders of files, if there are any."""

    @property
    def needs_all_rows(self) -> bool:
        """Whether no task may write before all tasks have made their rows, because a written row stays."""

    @property
    def is_final(self) -> bool:
        """Whether `finish()` cannot be undone. These writes finish after all others of a run."""

    @property
    def written(self) -> Any:
        """The result of the action for this write."""

    def begin(self) -> Place:
        """Check and reserve the target, and return the place for the files of tasks: NoPlace if there are none."""

    def misfits(self, parts: Sequence[Part]) -> Any:
        """Return the Misfits: the parts that tasks must write again in another schema. None if rows have no schema."""

    def stage(self, parts: Sequence[Part]) -> None:
        """Make everything ready. The target does not change yet."""

    def verify(self) -> None:
        """Raise CommitConflict if another job changed the target since `begin()`."""

    def put(self) -> None:
        """Move the rows to the target. The target is complete only after `finish()`."""

    def finish(self) -> None:
        """Make the target complete."""

    def keep(self) -> None:
        """Note that the write is committed: `abort()` does nothing from now on."""

    def close(self) -> None:
        """Release the target after a commit, and remove what it no longer needs."""

    def abort(self) -> None:
        """Leave the target as it was. After a commit do nothing."""


class SentWrite:
    """The base of writes whose tasks make no files: they send rows to another system. They cannot be undone."""

    needs_all_rows = False
    is_final = True
    folders = HiveFolders("", ())

    def remove(self, parts: Sequence[Part]) -> None:
        """Do nothing: there are no files."""

    def misfits(self, parts: Sequence[Part]) -> None:
        """Return None: rows may have different fields."""

    def verify(self) -> None:
        """Do nothing: others may write to the target at any time."""

    def put(self) -> None:
        """Do nothing: the tasks have sent the rows."""

    def finish(self) -> None:
        """Do nothing: the rows are there."""

    def keep(self) -> None:
        """Do nothing: there is nothing that `abort()` could undo."""

    def close(self) -> None:
        """Do nothing: nothing is reserved."""

    def abort(self) -> None:
        """Do nothing: rows that were sent cannot be taken back."""
