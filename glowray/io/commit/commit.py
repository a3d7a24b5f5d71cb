"""The commit: tasks write temporary files, then the driver gives all of them their final names, or none.

1. The driver calls `place = commit.begin()`, which checks and locks the target.
2. A task takes a folder from `place.folder()`, and calls `writer = sink.open(folder, index)`, `writer.write(rows)` and
   `writer.close()`, which returns a Part. It calls `place.deliver(parts)`.
3. The driver calls `commit.commit(parts)` or `commit.abort()`. For several targets it calls `commit.stage(parts)` on
   each, then `commit_together(commits)`.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

from glowray.io.commit.file_target import FileTarget
from glowray.io.commit.folder_target import FolderTarget
from glowray.io.commit.pending import PendingWrite
from glowray.io.commit.place import Place
from glowray.io.commit.store_file_target import StoreFileTarget
from glowray.io.commit.store_folder_target import StoreFolderTarget
from glowray.io.commit.store_target import StoreTarget, make_groups
from glowray.io.commit.target import Target
from glowray.io.files.compression import codec_of, read_codec_of
from glowray.io.files.job_parts import new_job
from glowray.io.filesystem.chosen import chosen, is_url
from glowray.io.filesystem.location import Location
from glowray.io.hive import HiveFolders, check_kinds
from glowray.io.sink import Part, SchemaSink, Sink

MODES = ("error", "overwrite", "append")


@dataclass(frozen=True, slots=True)
class Written:
    """The numbers of files, rows, and bytes on disk that a job wrote."""

    files: int
    rows: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Misfits:
    """Parts whose schema is not the common schema of all files."""

    sink: Sink
    place: Place
    schema: Any
    parts: tuple[Part, ...]

    def rewritten(self, part: Part) -> Part:
        """Write a part again, in the common schema. Runs on a worker or in the driver."""
        assert isinstance(self.sink, SchemaSink), "parts of other formats have no schema"
        with self.place.folder() as folder:
            new = self.sink.rewrite(self.place.fetch(part, folder), folder, self.schema)
            new = replace(new, folder=part.folder, kinds=part.kinds, sequence=part.sequence)
            return self.place.deliver([new])[0]

    def remove(self) -> None:
        """Remove the files of the parts, which were rewritten."""
        for part in self.parts:
            self.place.remove(part)


class Commit:
    """Writes a folder of part files, or one file.

    `mode` says what to do with a target that exists and is not empty. "error" refuses it and "append" adds to it.
    "overwrite" replaces a folder that glowray wrote, or with `single_file` any file. `folders` names the fields whose
    values name folders in the target. `storage_options` open the store of a URL. `written` counts what was staged.
    """

    def __init__(
        self,
        target: str | os.PathLike[str],
        sink: Sink,
        mode: str = "error",
        single_file: bool = False,
        folders: HiveFolders | None = None,
        storage_options: Mapping[str, Any] | None = None,
    ) -> None:
        check_mode(mode)
        location = chosen(target, storage_options)
        self.label = str(location) if is_url(os.fspath(target)) else os.fspath(target)
        """The target as the user wrote it, without credentials."""
        self.folders = HiveFolders("", ()) if folders is None else folders
        if single_file:
            _check_single(str(location), sink, self.folders.fields)
        self.sink = sink
        is_table = bool(self.folders.fields) or isinstance(sink, SchemaSink)
        self._target = _target(location, mode, sink, single_file, self.folders.fields if is_table else None)
        self._state = "new"
        self._place: Place | None = None
        self.written = Written(0, 0, 0)

    def check(self) -> None:
        """Check the target as `begin()` does, and do not take it. In a folder, undo what a dead job left half done.

        Raises FileExistsError if `mode` forbids the content of the target, CommitConflict if another job writes to it.
        """
        self._target.check()

    def begin(self) -> Place:
        """Lock the target and return the place for the files of tasks. The caller must `commit()` or `abort()`.

        Raises the same errors as `check()`.
        """
        self._expect("new")
        self._place = self._target.begin()
        self._state = "begun"
        return self._place

    def commit(self, parts: Iterable[Part | None]) -> Written:
        """Put all parts in place, in the order of their partitions. After an error the target is as it was.

        Parts whose schema is not the common one are rewritten here. Raises CommitConflict if another process changed
        the target since `begin()`.
        """
        try:
            there = [part for part in parts if part is not None]
            misfits = self.misfits(there)
            self.stage(misfits.rewritten(part) if part in misfits.parts else part for part in there)
        except BaseException:
            self.abort()
            raise
        commit_together([self])
        return self.written

    def misfits(self, parts: Sequence[Part]) -> Misfits:
        """Return the common schema of all parts, and the parts that must be rewritten because they have another one.

        Raises an error that names the column if there is no common schema.
        """
        self._expect("begun")
        assert self._place is not None, "begin() has set it"
        check_kinds(parts)
        if not isinstance(self.sink, SchemaSink):
            return Misfits(self.sink, self._place, None, ())
        ordered = self._needed(parts)
        kept = self._target.kept()
        schema = self.sink.common_schema(ordered, kept, fixed=not self._target.is_one_file)
        odd = tuple(part for part in ordered if not self.sink.has_schema(part, schema))
        return Misfits(self.sink, self._place, schema, odd)

    def stage(self, parts: Iterable[Part | None]) -> None:
        """Make everything ready beside the target, which does not change yet.

        The caller must call `commit_together()` or `abort()`. Raises an error if the parts cannot be put in place.
        """
        self._expect("begun")
        ordered = self._needed(part for part in parts if part is not None)
        files, size = self._target.stage(ordered, self.sink)
        self.written = Written(files, sum(part.rows for part in ordered), size)
        self._state = "staged"

    def in_store(self) -> list[StoreTarget]:
        """Return the target if it is in a store."""
        return [self._target] if isinstance(self._target, StoreTarget) else []

    @property
    def name(self) -> str:
        return self._target.label

    @property
    def needs_all_rows(self) -> bool:
        return False

    @property
    def is_final(self) -> bool:
        return not self._target.can_undo

    def verify(self) -> None:
        """Raise CommitConflict if another process changed the target since `begin()`."""
        self._expect("staged")
        self._target.verify()

    def put(self) -> None:
        self._target.put()

    def finish(self) -> None:
        self._target.finish()

    def keep(self) -> None:
        self._state = "done"

    def close(self) -> None:
        self._target.close()

    def abort(self) -> None:
        """Leave the target as it was and remove all temporary files. After a commit do nothing."""
        if self._state in ("begun", "staged"):
            self._state = "done"
            try:
                self._target.undo()
            finally:
                self._target.release()

    def _needed(self, parts: Iterable[Part]) -> list[Part]:
        """Return the parts to put in place, in the order of their partitions.

        If the format needs rows, parts without rows are left out. One of them stays if there is nothing else, and the
        target is a single file or the part names columns.
        """
        ordered = sorted(parts, key=lambda part: part.index)
        self._target.check_seen(ordered)
        full = [part for part in ordered if part.rows]
        if not self.sink.needs_rows:
            return ordered
        if full or self._target.kept():
            return full
        return [part for part in ordered[:1] if part.schema or self._target.is_one_file]

    def _expect(self, state: str) -> None:
        if self._state != state:
            raise RuntimeError(f"this commit is {self._state}, not {state}: each is for one write")


def check_mode(mode: str) -> None:
    """Raise ValueError unless the mode of a write is one of MODES."""
    if mode not in MODES:
        known = ", ".join(f'"{known}"' for known in MODES)
        raise ValueError(f"mode must be one of {known}, not {mode!r}")


def commit_together(writes: Iterable[PendingWrite]) -> list[Any]:
    """Put the staged files of all targets in place, then write every `_SUCCESS`. Return what each write wrote.

    Writes that cannot be undone, such as the transaction of a table, come last. After an error all targets are as they
    were, except for transactions that were committed before it. Raises CommitConflict if another process changed a
    target since its `begin()`.
    """
    given = list(writes)
    ordered = sorted(given, key=lambda write: write.is_final)
    make_groups([target for write in given if isinstance(write, Commit) for target in write.in_store()])
    try:
        for write in ordered:
            write.verify()
        for write in ordered:
            write.put()
        for write in ordered:
            write.finish()
    except BaseException as error:
        _abort_all(ordered, error)
        raise
    for write in ordered:
        write.keep()
    with ExitStack() as closing:  # An error in one leaves none open.
        for write in reversed(ordered):
            closing.callback(write.close)
    return [write.written for write in given]


def _abort_all(writes: Sequence[PendingWrite], error: BaseException) -> None:
    """Abort all writes, the last one first. If one fails, add a note to `error` and abort the others too."""
    with ExitStack() as aborting:
        for write in writes:
            aborting.callback(_abort, write, error)


def _abort(write: PendingWrite, error: BaseException) -> None:
    try:
        write.abort()
    except OSError as failed:
        error.add_note(f'"{write.name}" could not be brought back as it was: {failed}')


def _target(location: Location, mode: str, sink: Sink, single_file: bool, fields: tuple[str, ...] | None) -> Target:
    if location.files.is_local:
        path, job = os.path.realpath(location.path), uuid.uuid4().hex
        return FileTarget(path, mode, job) if single_file else FolderTarget(path, mode, job, fields)
    if not location.files.has_globs:
        raise ValueError(f'"{location}" cannot be written: its server does not list files, so use a folder or a store')
    job = new_job()
    if single_file:
        return StoreFileTarget(location, mode, job, sink.extension)
    return StoreFolderTarget(location, mode, job, sink.extension, fields)


def _check_single(path: str, sink: Sink, fields: tuple[str, ...]) -> None:
    """Raise ValueError if the rows cannot be one file, or if the path's suffix does not match the compression.

    Readers choose the decompression by the suffix.
    """
    if fields:
        raise ValueError("partition_by makes a folder for each value: it cannot be written with single_file=True")
    if not sink.joins:
        raise ValueError(f"{type(sink).__name__.removesuffix('Sink').lower()} rows cannot be written to a single file")
    if read_codec_of(path) == "zip":
        raise ValueError(f'"{path}" would have to be a zip archive, which cannot be written: rename it')
    named, used = codec_of(path), codec_of(sink.extension)
    if named == used:
        return
    if used:
        raise ValueError(f'a single file with compression="{used}" must have a name that ends in .{used}: "{path}"')
    raise ValueError(f'the name "{path}" ends in .{named}, but the file is not compressed as a whole: rename it')
