"""The protocol of a write between a job and its target: files, a table, a topic or a collection."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from glowray.io.commit.place import Place
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
        """What the action returns for the write."""

    def begin(self) -> Place:
        """Check and reserve the target, and return the place for the files of tasks: NoPlace if there are none."""

    def misfits(self, parts: Sequence[Part]) -> Any:
        """Return the Misfits: the parts that tasks must write again in another schema. None if rows have no schema."""

    def stage(self, parts: Sequence[Part]) -> None:
        """Make everything ready. The target does not change yet."""

    def verify(self) -> None:
        """Raise CommitConflict if another job changed the target since `begin()`."""

    def put(self) -> None:
        """Move the rows to the target. It is not complete yet."""

    def finish(self) -> None:
        """Make the target complete."""

    def keep(self) -> None:
        """Note that the write is committed: `abort()` does nothing from now on."""

    def close(self) -> None:
        """Release the target after a commit, and remove what it no longer needs."""

    def abort(self) -> None:
        """Leave the target as it was. After a commit do nothing."""
