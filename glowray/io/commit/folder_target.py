"""A commit to a folder: all part files become visible, or none. One job at a time writes to a folder."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence

from glowray.errors import CommitConflict
from glowray.io.commit.content import check_fields, check_mode, next_number, visible_names
from glowray.io.commit.place import DiskPlace, Place
from glowray.io.commit.target import DiskTarget
from glowray.io.files.folders import (
    content_of,
    lock_path,
    make_folders,
    owner_is_dead,
    read_if_there,
    remove,
    remove_empty_folders,
    write_owner,
)
from glowray.io.files.manifest import SUCCESS, Manifest, read_manifest
from glowray.io.files.paths import TEMPORARY
from glowray.io.filesystem.location import Location
from glowray.io.sink import Part, SchemaSink, Sink

Moves = list[tuple[str, str]]

_JOURNAL, _OLD, _PARTS = "journal", "old", "parts"


class FolderTarget(DiskTarget):
    """A folder on disk that a job writes into.

    The job holds a lock on the folder itself; the lock ends with the process. Its temporary files are in a subfolder.
    There it writes a journal of all moves before it makes the first. After a crash the next job undoes them.
    """

    is_one_file = False

    def __init__(self, path: str, mode: str, job: str, fields: tuple[str, ...] | None = None) -> None:
        super().__init__(path, mode, os.path.join(path, TEMPORARY + job))
        self._fields = fields
        self._job = job
        self._before: dict[str, tuple[int, int, int]] = {}
        self._new_success = os.path.join(self._temporary, SUCCESS)
        self._kept_success = os.path.join(self._temporary, _OLD + SUCCESS)
        self._old: list[str] = []
        self._moves: Moves = []

    def check(self) -> None:
        self._check_folder()
        lock = lock_path(self.path)
        if lock is None:
            return  # there is no folder
        try:
            self._recover()
            self._check_content()
        finally:
            os.close(lock)

    def begin(self) -> Place:
        self._check_folder()
        try:
            while self._lock is None:
                self._made += make_folders(self.path)
                self._lock = lock_path(self.path)
            self._recover()
            self._check_content()
            self._before = content_of(self.path)
            parts = os.path.join(self._temporary, _PARTS)
            os.makedirs(parts)
            write_owner(self._temporary)
        except BaseException:
            self.release()
            raise
        return DiskPlace(parts)

    def kept(self) -> list[Location]:
        names = visible_names(self._before) if self._mode == "append" else []
        return [Location(os.path.join(self.path, name)) for name in names]

    def stage(self, parts: Sequence[Part], sink: Sink) -> tuple[int, int]:
        """Write the journal of moves and the new `_SUCCESS` to the temporary folder. The content does not change yet.

        Returns the number of new files and their bytes.
        """
        self.verify()
        kept = read_manifest(self.path) if self._mode == "append" else None
        old = self._outdated(kept, parts, sink)
        new = self._final_names(parts, sink)
        moves = [(os.path.join(self.path, name), os.path.join(self._temporary, _OLD, name)) for name in old]
        moves += [(source, os.path.join(self.path, name)) for source, name in new]
        if self._mode == "append" and SUCCESS in self._before:
            shutil.copy2(os.path.join(self.path, SUCCESS), self._kept_success)
        stay = [name for name in (kept.files if kept else ()) if name not in old]
        names = (*stay, *(name for _, name in new))
        Manifest(self._job, names).write(self._new_success)
        _write_journal(os.path.join(self._temporary, _JOURNAL), moves)
        self._old, self._moves, self._is_staged = old, moves, True
        return len(new), sum(part.bytes for part in parts)

    def verify(self) -> None:
        """Raise CommitConflict if another process changed the content since `begin()`."""
        if content_of(self.path) != self._before:
            raise CommitConflict(f'"{self.path}" changed while the job ran: nothing was written')

    def put(self) -> None:
        """Move replaced files out of the folder and the parts into it."""
        for source, destination in self._moves:
            os.makedirs(os.path.dirname(destination), exist_ok=True)
            os.rename(source, destination)

    def finish(self) -> None:
        """Write `_SUCCESS`, which says that the content is complete."""
        os.replace(self._new_success, os.path.join(self.path, SUCCESS))

    def undo(self) -> None:
        """Bring back the content as it was. The files that exist show how far the commit has come."""
        if not self._is_staged:
            return
        success = os.path.join(self.path, SUCCESS)
        if not os.path.exists(self._new_success):
            if os.path.exists(self._kept_success):
                os.replace(self._kept_success, success)
            else:
                os.unlink(success)
        _undo(self._moves, self.path)

    def close(self) -> None:
        remove_empty_folders(self.path, self._old)
        super().close()

    def _check_folder(self) -> None:
        if os.path.lexists(self.path) and not os.path.isdir(self.path):
            raise FileExistsError(f'"{self.path}" is a file: give a folder, or single_file=True')

    def _check_content(self) -> None:
        there = content_of(self.path)
        if self._mode == "append":
            check_fields(self.path, there, self._fields)
        check_mode(self.path, there, self._mode, read_manifest(self.path) if self._mode == "overwrite" else None)

    def _outdated(self, kept: Manifest | None, parts: Sequence[Part], sink: Sink) -> list[str]:
        """Return the files to remove: all files to overwrite; to append, glowray's files without rows that give way."""
        if self._mode == "overwrite":
            return sorted(self._before, key=lambda name: (name != SUCCESS, name))
        if kept is None or not parts or not isinstance(sink, SchemaSink):
            return []
        there = [name for name in kept.files if name in self._before]
        return [name for name in there if sink.gives_way(Location(os.path.join(self.path, name)))]

    def _final_names(self, parts: Sequence[Part], sink: Sink) -> list[tuple[str, str]]:
        """Return (temporary path, final name) for every new file. Appended parts continue the numbers of the folder."""
        number = next_number(self._before) if self._mode == "append" else 0
        named: dict[str, str] = {}
        for part in parts:
            if part.names is None:
                named[os.path.join(part.folder, f"part-{number:05d}{sink.extension}")] = part.path
                number += 1
                continue
            for name in part.names:
                if name in named:
                    raise ValueError(f'two rows are to be written to the one file "{name}"')
                if name in self._before and self._mode == "append":
                    raise FileExistsError(f'"{os.path.join(self.path, name)}" is there already')
                named[name] = os.path.join(part.path, name)
        return [(source, name) for name, source in named.items()]

    def _recover(self) -> None:
        """Undo what jobs that died on this machine moved before their `_SUCCESS`. Remove their temporary files."""
        manifest = read_manifest(self.path)
        for name in sorted(os.listdir(self.path)):
            left = os.path.join(self.path, name)
            if not name.startswith(TEMPORARY) or not owner_is_dead(left):
                continue
            if manifest is None or name != TEMPORARY + manifest.job:
                _undo(json.loads(read_if_there(os.path.join(left, _JOURNAL)) or "[]"), self.path)
            remove(left)


def _write_journal(path: str, moves: Moves) -> None:
    with open(path + ".new", "x", encoding="utf-8") as file:
        json.dump(moves, file)
    os.rename(path + ".new", path)


def _undo(moves: Moves, folder: str) -> None:
    """Reverse the moves that were made, the last first."""
    for source, destination in reversed(moves):
        if os.path.lexists(destination) and not os.path.lexists(source):
            os.makedirs(os.path.dirname(source), exist_ok=True)
            os.rename(destination, source)
        if destination.startswith(folder):  # a move that failed may have made the folder
            remove_empty_folders(folder, [os.path.relpath(destination, folder)])
